/**
 * The executions of the agent that go on, and the cells that show them.
 *
 * The cell of one takes its outputs from the kernel until it ends; JupyterLab may make the cell anew
 * meanwhile. Which cell that is, and whether it may show anything, is decided by the projector.
 */
import type { Kernel } from '@jupyterlab/services';
import { adopt, type Execution } from './adoption';
import type { RunCell } from './run-cell';

interface GoingOn {
  readonly kernel: Kernel.IKernelConnection;
  readonly execution: Execution;
  readonly count: number | null;
}

export class Executions {
  /** Whether this cell is being executed. */
  has(cell: string): boolean {
    return this._goingOn.has(cell);
  }

  /** An execution begins: this cell shows what comes of it. */
  begin(cell: RunCell, goingOn: GoingOn): void {
    cell.begin(adopt(goingOn.kernel, goingOn.execution));
    this._goingOn.set(cell.id, goingOn);
  }

  /** The execution that this cell shows is over; `cell` is null when it is gone. */
  end(id: string, cell: RunCell | null): void {
    cell?.end(this._goingOn.get(id)?.count ?? null);
    this._goingOn.delete(id);
  }

  /** The cell shows its execution no more. */
  drop(cell: string): void {
    this._goingOn.delete(cell);
  }

  /** JupyterLab made this cell anew: its execution goes on in the new one. */
  goOn(cell: RunCell): void {
    const goingOn = this._goingOn.get(cell.id);
    if (goingOn) {
      cell.goOn(() => adopt(goingOn.kernel, goingOn.execution));
    }
  }

  private readonly _goingOn = new Map<string, GoingOn>();
}
