/** The tasks that were sent before, walked through with the up and down keys. Pure. */

export class TaskHistory {
  /** `tasks` are the tasks that were sent, the last one at the end. */
  constructor(tasks: readonly string[]) {
    this._tasks = tasks.filter((task, index) => task && task !== tasks[index + 1]);
    this._place = this._tasks.length;
  }

  /** The task before; null when there is none. What is being written is kept for the way back. */
  back(written: string): string | null {
    if (this._place === 0) {
      return null;
    }
    if (this._place === this._tasks.length) {
      this._written = written;
    }
    this._place -= 1;
    return this._tasks[this._place];
  }

  /** The task after, at last what was being written; null when that is there already. */
  forth(): string | null {
    if (this._place === this._tasks.length) {
      return null;
    }
    this._place += 1;
    return this._place === this._tasks.length ? this._written : this._tasks[this._place];
  }

  /** Whether what stands in the composer comes from here. */
  get isWalking(): boolean {
    return this._place < this._tasks.length;
  }

  private readonly _tasks: readonly string[];
  private _place: number;
  private _written = '';
}
