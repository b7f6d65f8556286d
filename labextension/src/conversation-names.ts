/** The names that the person gave to conversations, kept with their JupyterLab, not in notebooks. */
import type { IStateDB } from '@jupyterlab/statedb';
import * as read from './reading';
import { PLUGIN } from './tokens';

export type Names = Readonly<Record<string, string>>;

export class ConversationNames {
  constructor(private readonly _store: IStateDB | null) {}

  /** The names in one notebook, by the id of the conversation. */
  async of(path: string): Promise<Names> {
    const kept = read.record(await this._store?.fetch(key(path)));
    const named = Object.entries(kept).map(([id, name]) => [id, read.text(name)] as const);
    return Object.fromEntries(named.filter(([, name]) => name));
  }

  /** Name a conversation; an empty name takes its name away. Returns all names. */
  async set(path: string, id: string, name: string): Promise<Names> {
    const names = { ...(await this.of(path)), [id]: name };
    await this._store?.save(key(path), names);
    return names;
  }
}

function key(path: string): string {
  return `${PLUGIN}:names:${path}`;
}
