/**
 * The names that the person gave to conversations. The notebook holds them, as it holds the
 * conversations: wherever it is moved or opened, they are there.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { KEY } from './protocol';
import * as read from './reading';

export type Names = Readonly<Record<string, string>>;

/** The names in a notebook, by the id of the conversation. */
export function namesOf({ model }: NotebookPanel): Names {
  const named = Object.entries(read.record(read.record(model?.sharedModel.getMetadata(KEY)).names));
  return Object.fromEntries(named.map(([id, name]) => [id, read.text(name)] as const));
}

/** Name a conversation; an empty name takes its name away. */
export function nameConversation(notebook: NotebookPanel, id: string, name: string): void {
  const shared = notebook.model?.sharedModel;
  const { [id]: _before, ...others } = namesOf(notebook);
  const names = name ? { ...others, [id]: name } : others;
  shared?.setMetadata(KEY, { ...read.record(shared.getMetadata(KEY)), names });
}
