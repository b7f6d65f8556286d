/** Tells the server what the notebook's file holds: that it need not keep for those who come later. */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Connection } from './connection';
import type { Projecting } from './projecting';
import type { Projector } from './projector';

export class Saves {
  constructor(
    private readonly _connection: Connection,
    private readonly _projector: Projector,
    private readonly _projecting: Projecting
  ) {}

  /** The saving of the notebook has got so far. It holds the frames of before it began. */
  take(path: string, state: DocumentRegistry.SaveState): void {
    if (state === 'started') {
      const seen = Object.entries(this._connection.seen(path));
      this._seen = Object.fromEntries(seen.filter(([run]) => this._projector.isSettled(run)));
    } else if (state === 'completed' && this._projecting.leads) {
      this._connection.tell({ type: 'saved', path, seen: this._seen });
    }
  }

  private _seen: Readonly<Record<string, number>> = {};
}
