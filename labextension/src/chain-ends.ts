/**
 * The ends of a notebook's chains, when cells that an undo took out come again, or go again.
 * Knows no digest: what an end says is made in Python.
 */
import type { ISharedNotebook, NotebookChange } from '@jupyter/ydoc';
import { JSONExt, PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';
import { KEY } from './protocol';
import * as read from './reading';

const NOTES = 'undone';

type Chains = Readonly<Record<string, unknown>>;

/** What the notebook says of its chains with some cells in it, and without them. */
export interface ChainsOfBoth {
  readonly gone: unknown;
  readonly there: unknown;
}

/**
 * Name the end of the chain that the notebook has with these cells in it, or without them: also when
 * Ctrl+Z brings them again or takes them out.
 */
export function keepEnd(model: ISharedNotebook, ids: ReadonlySet<string>, chains: ChainsOfBoth): void {
  let before: boolean | null = null;
  const look = (change?: NotebookChange) => {
    if (change && !change.cellsChange) {
      return;
    }
    const now = model.cells.some(cell => ids.has(cell.getId()));
    if (now !== before) {
      before = now;
      const [from, to] = now ? [chains.gone, chains.there] : [chains.there, chains.gone];
      const { chain: known, ...rest } = read.record(model.getMetadata(KEY));
      const chain = movedChains(read.record(known), read.record(from), read.record(to));
      const whole = { ...rest, ...(Object.keys(chain).length ? { chain } : {}) };
      model.transact(() => model.setMetadata(KEY, whole as PartialJSONObject), false);
    }
  };
  look();
  model.changed.connect((_, change) => look(change));
}

/**
 * The chains, of which those that are as in `from` become as in `to`: an end that a later run named
 * stays, and so do notes of other undos.
 */
export function movedChains(now: Chains, from: Chains, to: Chains): PartialJSONObject {
  const names = [...Object.keys(from), ...Object.keys(to)].filter(name => name !== NOTES);
  const moved: Record<string, unknown> = { ...now };
  for (const name of new Set(names)) {
    if (equal(now[name], from[name])) {
      moved[name] = to[name];
    }
  }
  const [old, gone, come] = [now, from, to].map(chains => read.list(chains[NOTES]));
  const stay = old.filter(each => !has(gone, each) || has(come, each));
  const notes = [...stay, ...come.filter(each => !has(stay, each))];
  moved[NOTES] = notes.length ? notes : undefined;
  const kept = Object.entries(moved).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as PartialJSONObject;
}

function has(notes: readonly unknown[], note: unknown): boolean {
  return notes.some(each => equal(each, note));
}

function equal(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual((one ?? null) as PartialJSONValue, (other ?? null) as PartialJSONValue);
}
