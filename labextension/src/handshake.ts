/**
 * How `%%codeact`, and a line of `%codeact`, knows, without a race, that a front end shows its cells.
 *
 * JupyterLab sends a cell's metadata with its execution, so the connection's id is put there just
 * before and taken away just after: it equals the session of the request only in this very tab.
 */
import type { Cell, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { runParts } from './parts';
import { markOf } from './run-cell';
import type { INotebookRuns } from './tokens';

const CLIENT = 'codeact_client';
/** As the kernel has it: comments may stand above. */
const MAGIC = /^([^\S\n]*(#.*)?\n)*[^\S\n]*%%?codeact\b/;

export class Handshake {
  /** A cell of this notebook is about to be executed. */
  before(runs: INotebookRuns, cell: Cell): void {
    const kernel = runs.notebook.sessionContext.session?.kernel;
    if (!kernel || !isMagic(cell)) {
      return;
    }
    setClient(cell, kernel.clientId);
    this._noteCount(runs.notebook, cell);
    this._handOver(runs, kernel);
  }

  /** A cell was executed. */
  after(cell: Cell): void {
    setClient(cell, null);
    const count = this._counts.get(cell);
    if (count !== undefined) {
      (cell.model as ICodeCellModel).executionCount = count;
      this._counts.delete(cell);
    }
  }

  /**
   * Note the number that the cell began with.
   *
   * The kernel's reply names the last number of all, which by then is that of the run's last cell.
   */
  private _noteCount(notebook: NotebookPanel, cell: Cell): void {
    const { iopubMessage } = notebook.sessionContext;
    const source = cell.model.sharedModel.getSource();
    const note = (_: unknown, message: KernelMessage.IMessage) => {
      if (KernelMessage.isExecuteInputMsg(message) && message.content.code === source) {
        iopubMessage.disconnect(note);
        this._counts.set(cell, Number(message.content.execution_count));
      }
    };
    iopubMessage.connect(note);
    cell.disposed.connect(() => iopubMessage.disconnect(note));
  }

  /**
   * Give the kernel what it lacks: the conversation that the notebook holds, where it did not lead all
   * of it itself, and what the person did to the cells of its runs.
   *
   * Messages are taken in order, so it comes before the magic; it is not made the person's history.
   */
  private _handOver(runs: INotebookRuns, kernel: Kernel.IKernelConnection): void {
    const { notebook, runsOfKernel: known } = runs;
    const held = notebook.content.widgets.map(cell => markOf(cell)?.run ?? '').filter(Boolean);
    const parts = held.every(run => known.has(run)) ? {} : runParts(notebook);
    const given = { ...parts, deeds: runs.takeDeeds() };
    if (Object.keys(parts).length === 0 && given.deeds.length === 0) {
      return;
    }
    const literal = JSON.stringify(JSON.stringify(given));
    const magic = "__import__('codeact_jupyter.frontends.magic', fromlist=['x'])";
    kernel.requestExecute({
      code: `${magic}.take_over(${literal})`,
      silent: true,
      store_history: false,
      stop_on_error: false
    });
  }

  private readonly _counts = new WeakMap<Cell, number>();
}

/** Take away what a saved notebook holds of a connection that is no more. */
export function forgetStaleClients(notebook: NotebookPanel): void {
  notebook.content.widgets.forEach(cell => setClient(cell, null));
}

function isMagic({ model }: Cell): boolean {
  return model.type === 'code' && MAGIC.test(model.sharedModel.getSource());
}

function setClient({ model }: Cell, client: string | null): void {
  if (client !== null) {
    model.sharedModel.transact(() => model.setMetadata(CLIENT, client), false);
  } else if (model.getMetadata(CLIENT) !== undefined) {
    model.sharedModel.transact(() => model.deleteMetadata(CLIENT), false);
  }
}
