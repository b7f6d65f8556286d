/** What the server and the kernel are told of an open notebook. */
import { type Cell, type ICodeCellModel, isCodeCellModel } from '@jupyterlab/cells';
import type * as nbformat from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { NotebookParts } from './api';
import { KEY } from './protocol';
import * as read from './reading';

/** The notebook's cells: those of runs whole, the person's without their outputs. */
export function notebookParts(notebook: NotebookPanel): NotebookParts {
  return parts(
    notebook,
    notebook.content.widgets.map(cell => (isOfRun(cell) ? cell.model.toJSON() : bare(cell)))
  );
}

/** The cells of runs alone, whole. */
export function runParts(notebook: NotebookPanel): NotebookParts {
  return parts(
    notebook,
    notebook.content.widgets.filter(isOfRun).map(cell => cell.model.toJSON())
  );
}

/** All cells, whole. */
export function wholeParts(notebook: NotebookPanel): NotebookParts {
  return parts(
    notebook,
    notebook.content.widgets.map(cell => cell.model.toJSON())
  );
}

function parts(notebook: NotebookPanel, cells: readonly nbformat.ICell[]): NotebookParts {
  return { cells, metadata: notebook.model?.sharedModel.getMetadata(KEY) ?? null };
}

/** Whether a cell is one of a run's, or shows a run below it, as a magic does where it has no cells. */
function isOfRun({ model }: Cell): boolean {
  return model.getMetadata(KEY) !== undefined || (isCodeCellModel(model) && showsRun(model));
}

function showsRun({ outputs }: ICodeCellModel): boolean {
  return outputs.toJSON().some(output => KEY in read.record(output.metadata));
}

function bare({ model }: Cell): nbformat.ICell {
  return {
    id: model.id,
    cell_type: model.type,
    source: model.sharedModel.getSource(),
    metadata: {},
    execution_count: isCodeCellModel(model) ? model.executionCount : null
  };
}
