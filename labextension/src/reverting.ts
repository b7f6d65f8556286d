/** Undoes and redoes a run: the server takes variables and files back, the page its cells. */
import type { ISharedNotebook, NotebookChange } from '@jupyter/ydoc';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { PlacedCell, Reverted, RevertOrder, RevertPreview } from './api';
import type { Dialogue } from './dialogue';
import { KEY } from './protocol';
import * as read from './reading';
import type { TurnView } from './run-model';

/** What an undo, or a redo, of this run will do; null when it cannot be done. */
export async function previewRevert(
  dialogue: Dialogue,
  turn: TurnView
): Promise<RevertPreview | null> {
  let seen: RevertPreview | null = null;
  await dialogue.attempt(async () => {
    seen = await dialogue.api.previewRevert(turn.run, order(dialogue, turn, { confirmed: false }));
  });
  return seen;
}

/** Do it; null when it could not be done. */
export async function revert(
  dialogue: Dialogue,
  turn: TurnView,
  wish: { shown: string; overwrite: boolean }
): Promise<Reverted | null> {
  let done: Reverted | null = null;
  await dialogue.attempt(async () => {
    done = await dialogue.api.revert(turn.run, order(dialogue, turn, { confirmed: true, ...wish }));
    const model = dialogue.notebook.context.model.sharedModel;
    const { chain } = read.record(model.getMetadata(KEY));
    takeOut(model, new Set(done.remove));
    putIn(model, done.cells);
    const ids = done.undone ? done.remove : done.cells.map(({ cell }) => read.text(cell.id));
    const [gone, there] = done.undone ? [done.metadata.chain, chain] : [chain, done.metadata.chain];
    keepEnd(model, new Set(ids), { gone, there });
  });
  return done;
}

function order(
  dialogue: Dialogue,
  turn: TurnView,
  wish: { confirmed: boolean; overwrite?: boolean; shown?: string }
): RevertOrder {
  const { context, sessionContext } = dialogue.notebook;
  return {
    ...dialogue.parts(),
    path: context.localPath,
    kernel: sessionContext.session?.kernel?.id ?? '',
    task: turn.task,
    overwrite: false,
    shown: '',
    ...wish
  };
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

/**
 * Name the end of the chain that the notebook has with these cells in it, or without them: also when
 * Ctrl+Z brings them again or takes them out.
 */
function keepEnd(
  model: ISharedNotebook,
  ids: ReadonlySet<string>,
  chains: { gone: unknown; there: unknown }
): void {
  let before: boolean | null = null;
  const look = (change?: NotebookChange) => {
    if (change && !change.cellsChange) {
      return;
    }
    const now = model.cells.some(cell => ids.has(cell.getId()));
    if (now !== before) {
      before = now;
      const { chain: _chain, ...rest } = read.record(model.getMetadata(KEY));
      const chain = now ? chains.there : chains.gone;
      const whole = { ...rest, ...(chain ? { chain } : {}) } as PartialJSONObject;
      model.transact(() => model.setMetadata(KEY, whole), false);
    }
  };
  look();
  model.changed.connect((_, change) => look(change));
}
