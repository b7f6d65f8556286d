/** What the person gives along with a task: a cell, a selection, a picture. */
import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Attachment } from '../draft';
import * as read from '../reading';

/** The kinds of pictures that a model reads. */
export const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Tracebacks are coloured for terminals. */
const TERMINAL_COLOUR = /\u001b\[[0-9;]*m/g;

/** A line of dashes, which Markdown takes for the mark of a heading. */
const RULE = /^-{9,}\n/gm;

/** The selected text of the active cell, or else the whole cell; null without a cell. */
export function activeContext(notebook: NotebookPanel, trans: TranslationBundle): Attachment | null {
  const cell = notebook.content.activeCell;
  if (!cell) {
    return null;
  }
  const selected = selectionOf(cell);
  if (!selected) {
    return cellContext(cell, trans);
  }
  const title = trans.__('selection in %1', nameOf(cell, trans));
  return { key: `selection ${cell.model.id}`, kind: 'selection', title, text: selected };
}

export function cellContext(cell: Cell, trans: TranslationBundle): Attachment {
  const said = outputText(cell);
  const source = cell.model.sharedModel.getSource();
  return {
    key: `cell ${cell.model.id}`,
    kind: 'cell',
    title: nameOf(cell, trans),
    text: said ? `${source}\n\nOutput:\n${said}` : source
  };
}

/** A picture as the server takes it. */
export async function pictureOf(file: File): Promise<Attachment> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  const data = btoa(binary);
  const title = file.name || 'picture';
  return { key: `image ${title} ${data.length}`, kind: 'image', title, mime: file.type, data };
}

/** The error that a cell ended with, in words; empty when it ended well. */
export function errorOf(cell: Cell): string {
  const error = outputsOf(cell).find(output => output.output_type === 'error');
  return error ? `${read.text(error.ename)}: ${read.text(error.evalue)}` : '';
}

function selectionOf(cell: Cell): string {
  const editor = cell.editor;
  if (!editor) {
    return '';
  }
  const { start, end } = editor.getSelection();
  const offsets = [editor.getOffsetAt(start), editor.getOffsetAt(end)];
  return cell.model.sharedModel.getSource().slice(Math.min(...offsets), Math.max(...offsets)).trim();
}

/** What a cell is called where the person can see it. */
function nameOf(cell: Cell, trans: TranslationBundle): string {
  const count = cell.model.type === 'code' ? (cell as CodeCell).model.executionCount : null;
  return count === null ? trans.__('%1 cell', cell.model.type) : trans.__('cell [%1]', count);
}

/** The text of a cell's outputs, its end only when there is much. */
function outputText(cell: Cell): string {
  const text = outputsOf(cell).map(textOf).join('').trim();
  return text.length > 4000 ? `…${text.slice(-4000)}` : text;
}

function textOf(output: read.Fields): string {
  switch (output.output_type) {
    case 'stream':
      return read.text(output.text);
    case 'error':
      return read.texts(output.traceback).join('\n').replace(TERMINAL_COLOUR, '').replace(RULE, '');
    default:
      return `${read.text(read.record(output.data)['text/plain'])}\n`;
  }
}

function outputsOf(cell: Cell): readonly read.Fields[] {
  return cell.model.type === 'code' && !cell.model.isDisposed
    ? (cell as CodeCell).model.outputs.toJSON().map(read.record)
    : [];
}
