/**
 * Tasks that wait in the page behind a run that a cell of the person's began: the server takes none
 * meanwhile, for it goes on from the notebook as it is when a task arrives.
 */
import { isGoingOn } from './conversations';
import type { TurnView } from './run-model';

interface Waiting {
  readonly task: string;
  readonly settle: (goesOn: boolean) => void;
}

export class BehindMagic {
  /** `going` gives the magic's run that goes on now, if one does; `tell` is for what waits. */
  constructor(
    private readonly _going: () => TurnView | null,
    private readonly _tell: () => void
  ) {}

  /** What waits, in order. */
  get tasks(): readonly string[] {
    return this._waiting.map(({ task }) => task);
  }

  /** Whether a task may be sent: true once no magic's run goes on, false when it was called off. */
  turn(task: string): Promise<boolean> {
    const going = this._going();
    if (!going) {
      return Promise.resolve(true);
    }
    this._run = going.run;
    return new Promise(settle => {
      this._waiting = [...this._waiting, { task, settle }];
      this._tell();
    });
  }

  /** What is known of the runs has changed. Behind one that the person ended nothing goes on. */
  look(now: readonly TurnView[]): void {
    const behind = now.find(({ run }) => run === this._run);
    if (this._waiting.length > 0 && !(behind && isGoingOn(behind))) {
      this._settle(behind !== undefined && behind.state !== 'interrupted');
    }
  }

  /** What waits is not sent. */
  callOff(): void {
    this._settle(false);
  }

  private _settle(goesOn: boolean): void {
    const waiting = this._waiting;
    this._waiting = [];
    waiting.forEach(({ settle }) => settle(goesOn));
  }

  private _waiting: readonly Waiting[] = [];
  /** Of the magic that the newest of them waits behind. */
  private _run = '';
}
