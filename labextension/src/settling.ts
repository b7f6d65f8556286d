/**
 * Records of cells that wait until the last outputs have come.
 *
 * The record of an execution may overtake its outputs: they come on two sockets. It is applied when
 * the execution's end has come too, or after a while in which nothing came: then the rest was dropped.
 */
import type { IDisposable } from '@lumino/disposable';
import type { CellFrame } from './protocol';

const LONGEST = 1000;

export class Settling implements IDisposable {
  /** `apply` is given each record once. */
  constructor(private readonly _apply: (frame: CellFrame) => void) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether a record of this run waits. */
  has(run: string): boolean {
    return [...this._waiting.values()].some(({ frame }) => frame.run === run);
  }

  /** Whether a record of this cell waits. */
  waits(id: string): boolean {
    return this._waiting.has(id);
  }

  /** Apply this record, in place of one that waits for the same cell; at once when it is `ready`. */
  add(frame: CellFrame, ready: boolean): void {
    const { id } = frame.cell;
    clearTimeout(this._waiting.get(id)?.timer);
    this._waiting.set(id, { frame, timer: this._later(id) });
    if (ready) {
      this.ready(id);
    }
  }

  /** Outputs of this cell go on coming. */
  touch(id: string): void {
    const waiting = this._waiting.get(id);
    if (waiting) {
      clearTimeout(waiting.timer);
      waiting.timer = this._later(id);
    }
  }

  /** The outputs of this cell have come. */
  ready(id: string): void {
    const waiting = this._waiting.get(id);
    if (waiting) {
      clearTimeout(waiting.timer);
      this._waiting.delete(id);
      this._apply(waiting.frame);
    }
  }

  /** This cell is gone. */
  drop(id: string): void {
    clearTimeout(this._waiting.get(id)?.timer);
    this._waiting.delete(id);
  }

  dispose(): void {
    this._isDisposed = true;
    this._waiting.forEach(({ timer }) => clearTimeout(timer));
    this._waiting.clear();
  }

  private _later(id: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.ready(id), LONGEST);
  }

  private readonly _waiting = new Map<
    string,
    { frame: CellFrame; timer: ReturnType<typeof setTimeout> }
  >();
  private _isDisposed = false;
}
