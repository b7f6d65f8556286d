/** Whether this page can give the person's word; the server says so when the page claims to be theirs. */
import { type ISignal, Signal } from '@lumino/signaling';

export class Standing {
  /** Why this page cannot answer until it is loaded again; empty while it can. */
  get trouble(): string {
    return this._trouble;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The server told it. */
  tell(trouble: string): void {
    if (trouble !== this._trouble) {
      this._trouble = trouble;
      this._changed.emit();
    }
  }

  private _trouble = '';
  private readonly _changed = new Signal<this, void>(this);
}
