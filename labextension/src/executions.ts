/**
 * The executions of the agent that go on, and the cells that show them.
 *
 * The cell of one takes its outputs from the kernel until it ends; JupyterLab may make the cell anew
 * meanwhile. One that began before this front end was there, or projected, is taken over with the next
 * output that comes, or when the server says what it has put out. Which cell it is, and whether it may show anything, is decided by the projector.
 */
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { adopt, type Execution, executionFor, isEnd, isOutput } from './adoption';
import { CatchingUp } from './catching-up';
import { type Held, HeldMessages } from './held-messages';
import type { Printed } from './protocol';
import type { RunCell } from './run-cell';

interface GoingOn {
  readonly kernel: Kernel.IKernelConnection;
  readonly execution: Execution;
  readonly count: number | null;
}

/** The cells that show executions. */
export interface ShownCells {
  /** The cell of an execution that begins; null when it may not show it. */
  toBegin(execution: Execution, message: KernelMessage.IExecuteInputMsg): RunCell | null;
  /** The cell of an execution that goes on; null while there is none. */
  ofExecution(execution: Execution): RunCell | null;
  /** An execution is taken over: its cell is running. */
  begun(cell: RunCell): void;
  /** An execution that was taken over has ended. */
  ended(id: string): void;
}

export class Executions {
  constructor(private readonly _cells: ShownCells) {}

  /** Whether this cell is being executed. */
  has(cell: string): boolean {
    return this._goingOn.has(cell);
  }

  /** Take a message of an execution; one that comes `late` was not passed on by JupyterLab. */
  take(held: Held, late: boolean): void {
    const { execution, message } = held;
    if (KernelMessage.isExecuteInputMsg(message)) {
      this._begin(held, message);
    } else if (isEnd(message)) {
      this._end(execution.cell);
    } else if (isOutput(message)) {
      const joined = !this.has(execution.cell) && this._joins(held);
      if (joined || (late && this.has(execution.cell)) || this._isUnrouted(held)) {
        this._cells.ofExecution(execution)?.replay(message);
      }
      const all = this._catchingUp.hear(execution.cell, message);
      if (all) {
        this._cells.ofExecution(execution)?.showAnew(all);
      }
    }
  }

  /** The server says what an execution put out before it is taken over here. */
  takePrinted(printed: Printed, kernel: Kernel.IKernelConnection): void {
    const execution = executionFor(printed.run, printed.cell);
    const cell = this._cells.ofExecution(execution);
    if (cell?.phase !== 'running' || cell.ran) {
      return;
    }
    if (!this.has(cell.id)) {
      this._takeOver(cell, { kernel, execution, count: null });
    }
    const all = this._catchingUp.know(printed);
    if (all) {
      cell.showAnew(all);
    }
  }

  /** The run says that this cell is running: show what came of that before. */
  running(cell: string): void {
    this._early.release(cell).forEach(held => this.take(held, true));
  }

  /** The cell shows its execution no more. */
  drop(cell: string): void {
    this._goingOn.delete(cell);
    this._catchingUp.drop(cell);
    this._early.release(cell);
  }

  /** Another front end shows the executions from now on. */
  letGo(): void {
    for (const { execution } of this._goingOn.values()) {
      this._cells.ofExecution(execution)?.letGo();
    }
    this._goingOn.clear();
    this._catchingUp.clear();
    this._early.clear();
  }

  /** JupyterLab made this cell anew: its execution goes on in the new one. */
  goOn(cell: RunCell): void {
    const goingOn = this._goingOn.get(cell.id);
    if (goingOn) {
      cell.goOn(() => adopt(goingOn.kernel, goingOn.execution));
    }
  }

  private _begin({ kernel, execution }: Held, message: KernelMessage.IExecuteInputMsg): void {
    this._early.release(execution.cell);
    const cell = this._cells.toBegin(execution, message);
    if (cell) {
      cell.begin(adopt(kernel, execution));
      this._goingOn.set(cell.id, { kernel, execution, count: message.content.execution_count });
      this._cells.begun(cell);
    }
  }

  private _end(id: string): void {
    const goingOn = this._goingOn.get(id);
    if (goingOn) {
      this._cells.ofExecution(goingOn.execution)?.end(goingOn.count);
      this._goingOn.delete(id);
      this._catchingUp.drop(id);
      this._cells.ended(id);
    }
  }

  /** Take an execution over that began before; its messages are held until its cell is there. */
  private _joins(held: Held): boolean {
    const { kernel, execution } = held;
    const cell = this._cells.ofExecution(execution);
    if (cell?.phase === 'running' && !cell.ran) {
      this._takeOver(cell, { kernel, execution, count: null });
      return true;
    }
    if (cell?.phase !== 'final') {
      this._early.hold(execution.cell, held);
    }
    return false;
  }

  /** JupyterLab passes the update of a display on only where that came by this connection. */
  private _isUnrouted({ execution, message }: Held): boolean {
    const takenOver = this._goingOn.get(execution.cell)?.count === null;
    return takenOver && KernelMessage.isUpdateDisplayDataMsg(message);
  }

  private _takeOver(cell: RunCell, goingOn: GoingOn): void {
    this._goingOn.set(cell.id, goingOn);
    this._catchingUp.begin(cell.id);
    this.goOn(cell);
  }

  private readonly _goingOn = new Map<string, GoingOn>();
  private readonly _early = new HeldMessages();
  private readonly _catchingUp = new CatchingUp();
}
