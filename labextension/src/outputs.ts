/** Compares the outputs that a cell shows with those of the record. */
import * as nbformat from '@jupyterlab/nbformat';
import { OutputAreaModel } from '@jupyterlab/outputarea';
import { JSONExt, type PartialJSONObject, type PartialJSONValue } from '@lumino/coreutils';
import { KEY, type ProjectedCell } from './protocol';
import * as read from './reading';

const WIDGET = 'application/vnd.jupyter.widget-view+json';

/**
 * Whether a cell that shows `shown` lacks something of what the record has.
 *
 * A cell with widgets is left alone: what went into an Output widget is no output of the cell in
 * the front end, and a view that is made again loses what the person did to it.
 */
export function needsRepair(
  shown: readonly nbformat.IOutput[],
  recorded: readonly nbformat.IOutput[]
): boolean {
  return !shown.some(isWidget) && !JSONExt.deepEqual(comparable(shown), settled(recorded));
}

/**
 * The outputs that a cell has by the record.
 *
 * What an action put out before its run broke off only the cell knows: notes are put below it.
 */
export function recorded(
  shown: readonly nbformat.IOutput[],
  { metadata, outputs }: ProjectedCell
): nbformat.IOutput[] {
  const notes = [...(outputs ?? [])];
  const unseen = read.record(read.record(metadata)[KEY]).status === 'unknown';
  if (!unseen || !notes.every(isNote)) {
    return notes;
  }
  const known = comparable(shown).map(output => JSON.stringify(output));
  const fresh = notes.filter((_, at) => !known.includes(JSON.stringify(comparable(notes)[at])));
  return [...shown, ...fresh];
}

function isNote(output: nbformat.IOutput): boolean {
  return read.record(read.record(output.metadata)[KEY]).note === true;
}

/** The record's outputs as JupyterLab would show them: streams joined, carriage returns applied. */
function settled(recorded: readonly nbformat.IOutput[]): PartialJSONValue[] {
  const model = new OutputAreaModel({ trusted: true, values: [...recorded] });
  const outputs = model.toJSON();
  model.dispose();
  return comparable(outputs);
}

function comparable(outputs: readonly nbformat.IOutput[]): PartialJSONValue[] {
  return outputs.map(output => {
    const fields: PartialJSONObject = { ...output };
    delete fields.transient;
    delete fields.execution_count;
    const metadata: PartialJSONObject = { ...(fields.metadata as PartialJSONObject) };
    delete metadata[KEY];
    return { ...fields, metadata };
  });
}

function isWidget(output: nbformat.IOutput): boolean {
  return (
    (nbformat.isDisplayData(output) ||
      nbformat.isDisplayUpdate(output) ||
      nbformat.isExecuteResult(output)) &&
    WIDGET in output.data
  );
}
