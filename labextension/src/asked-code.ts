/**
 * The code that a question is about, as the person sees it: the text of the cell that waits, which they
 * may have changed, or what was asked where there is no such cell. That is what their word is given on.
 */
import type { ISharedCell } from '@jupyter/ydoc';
import type { Notebook } from '@jupyterlab/notebook';
import type { Approval } from './api';
import type { AskedFrame } from './protocol';
import { cellId } from './tokens';

/** The cell that waits; null when the person deleted it, or it is not there yet. */
export function askedCell(notebook: Notebook, { run, step }: AskedFrame): ISharedCell | null {
  const id = cellId(run, step, 'code');
  return notebook.model?.sharedModel.cells.find(cell => cell.getId() === id) ?? null;
}

/** The word that lets `code` run, which the person saw. */
export function wordToRun({ step, hash, code: asked }: AskedFrame, code: string): Approval {
  return code === asked
    ? { step, hash, decision: 'run' }
    : { step, hash, decision: 'edit', code };
}
