/**
 * Keeps JupyterLab from running a cell that waits for the person's word as a cell of their own: it would
 * run beside the agent, which would still wait, and then run it again.
 *
 * To run that cell alone is that word. Along with others, as by Run All, it is not: nobody may have read
 * it; so it is not run, and says so.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { type Press, pressToRun } from './press';

type Tried = (notebook: Notebook, cell: Cell, alone: boolean, press: Press | null) => void;

export class WaitingCells {
  /** `tried` is told of each attempt: whether the person ran the cell alone. */
  constructor(private readonly _tried: Tried) {}

  /** A cell is about to be executed: is it kept from that, because it `waits`? */
  holds(notebook: Notebook, cell: Cell, waits: boolean): boolean {
    if (this._begun++ === 0) {
      setTimeout(() => this._tell(), 0); // JupyterLab begins with all that it runs at once
    }
    if (waits) {
      const press = pressToRun(cell.node, notebook.node); // JupyterLab still handles it
      const active = notebook.activeCell === cell;
      this._held.push(alone => this._tried(notebook, cell, active && alone, press));
      showNoCode(cell);
    }
    return waits;
  }

  private _tell(): void {
    const alone = this._begun === 1;
    this._begun = 0;
    this._held.splice(0).forEach(tell => tell(alone));
  }

  private _begun = 0;
  private readonly _held: ((alone: boolean) => void)[] = [];
}

/**
 * For this moment the cell shows JupyterLab no code, and without any it runs nothing.
 *
 * Its signal comes just before it reads the code, in the same task; it knows no way to refuse.
 */
function showNoCode({ model: { sharedModel } }: Cell): void {
  sharedModel.getSource = () => '';
  queueMicrotask(() => Reflect.deleteProperty(sharedModel, 'getSource'));
}
