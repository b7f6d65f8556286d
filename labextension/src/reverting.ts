/**
 * Undoes and redoes runs of one notebook: the server takes variables and files back, the page its cells.
 * Knows what is asked about now, and what a redo would bring back.
 */
import type { ISharedNotebook } from '@jupyter/ydoc';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api, PlacedCell, Reverted, RevertOrder, RevertPreview, UndoneRun } from './api';
import { keepEnd } from './chain-ends';
import { notebookParts } from './parts';
import { KEY } from './protocol';
import * as read from './reading';
import type { INotebookRuns } from './tokens';

/** A run that is to be undone or redone; from a step on, or, with 0, all of it. */
export interface RevertTarget {
  readonly run: string;
  readonly task: string;
  readonly step: number;
  readonly redo: boolean;
}

/** What is said of it before it is done. */
export interface RevertCard extends RevertTarget {
  readonly seen: RevertPreview;
}

const NONE: UndoneRun = { run: '', task: '' };

/** Which cells went or came, and the metadata that the notebook has then. */
export type RevertedCells = Pick<Reverted, 'undone' | 'remove' | 'cells' | 'metadata'>;

type Attempt = (act: () => Promise<void>) => Promise<boolean>;

export class Reverting {
  constructor(
    private readonly _runs: INotebookRuns,
    private readonly _api: Api,
    private readonly _attempt: Attempt
  ) {
    this._runs.reverts.done.connect(() => void this.look());
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What is asked about now; null when nothing is. */
  get card(): RevertCard | null {
    return this._card;
  }

  get busy(): boolean {
    return this._busy;
  }

  /** The run that a redo would bring back; its id is empty if there is none. */
  get undone(): UndoneRun {
    return this._undone;
  }

  /** What was done last, and to which run. */
  get said(): { readonly run: string; readonly lines: readonly string[] } {
    return this._said;
  }

  /** See what a redo would bring back; where nobody can tell, there is none. */
  async look(): Promise<void> {
    const undone = await this._api
      .undone(this._runs.notebook.context.localPath)
      .catch((): UndoneRun => NONE);
    this._undone = undone;
    this._changed.emit();
  }

  /** Say what an undo or a redo would do. */
  async preview(target: RevertTarget): Promise<void> {
    await this._doing(async () => {
      const seen = await this._api.previewRevert(target.run, this._order(target, {}));
      this._card = { ...target, seen };
    });
  }

  /** Do what the card says. */
  async confirm(overwrite: boolean): Promise<void> {
    const card = this._card;
    if (!card) {
      return;
    }
    this._card = null; // why it was not done is said; what there is to do by then is another card
    await this._doing(async () => {
      const wish = { confirmed: true, overwrite, shown: card.seen.shown };
      const done = await this._api.revert(card.run, this._order(card, wish));
      applyReverted(this._runs, done);
      this._said = { run: card.run, lines: done.said };
    });
    await this.look();
  }

  /** Leave all as it is. */
  dismiss(): void {
    this._card = null;
    this._changed.emit();
  }

  private async _doing(act: () => Promise<void>): Promise<void> {
    this._busy = true;
    this._changed.emit();
    await this._attempt(act);
    this._busy = false;
    this._changed.emit();
  }

  private _order(target: RevertTarget, wish: Partial<RevertOrder>): RevertOrder {
    const { context, sessionContext } = this._runs.notebook;
    return {
      ...notebookParts(this._runs.notebook),
      path: context.localPath,
      kernel: sessionContext.session?.kernel?.id ?? '',
      task: target.task,
      step: target.step,
      redo: target.redo,
      confirmed: false,
      overwrite: false,
      shown: '',
      ...wish
    };
  }

  private readonly _changed = new Signal<this, void>(this);
  private _card: RevertCard | null = null;
  private _busy = false;
  private _undone = NONE;
  private _said: { run: string; lines: readonly string[] } = { run: '', lines: [] };
}

/** Take the cells out that go, and put those in that come again; Ctrl+Z takes that back. */
export function applyReverted(
  runs: INotebookRuns,
  { undone, remove, cells, metadata }: RevertedCells
): void {
  const model = runs.notebook.context.model.sharedModel;
  const { chain } = read.record(model.getMetadata(KEY));
  takeOut(model, new Set(remove));
  putIn(model, cells);
  const ids = undone ? remove : cells.map(({ cell }) => read.text(cell.id));
  const [gone, there] = undone ? [metadata.chain, chain] : [chain, metadata.chain];
  keepEnd(model, new Set(ids), { gone, there });
}

/** Take these cells out, as one step that Ctrl+Z takes back. */
function takeOut(model: ISharedNotebook, ids: ReadonlySet<string>): void {
  model.transact(() => {
    for (let place = model.cells.length - 1; place >= 0; place--) {
      if (ids.has(model.cells[place].getId())) {
        model.deleteCell(place);
      }
    }
  });
}

/** Put these cells where they were, unless they are there. */
function putIn(model: ISharedNotebook, cells: readonly PlacedCell[]): void {
  const ids = model.cells.map(each => each.getId()); // the model's own follow after the transaction
  model.transact(() => {
    for (const { after, cell } of cells) {
      const id = read.text(cell.id);
      if (!ids.includes(id)) {
        const above = ids.indexOf(after);
        const place = above >= 0 ? above + 1 : after ? ids.length : 0;
        model.insertCell(place, cell);
        ids.splice(place, 0, id);
      }
    }
  });
}
