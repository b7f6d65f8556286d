/**
 * The executions of the agent that go on, and the cells that show them.
 *
 * The cell of one takes its outputs from the kernel until it ends; JupyterLab may make the cell anew
 * meanwhile. One that began before this front end was there, or projected, is taken over with the next
 * output that comes. Which cell it is, and whether it may show anything, is decided by the projector.
 */
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { adopt, type Execution, isEnd, isOutput } from './adoption';
import { type Held, HeldMessages } from './held-messages';
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
      if (joined || (late && this.has(execution.cell))) {
        this._cells.ofExecution(execution)?.replay(message);
      }
    }
  }

  /** The run says that this cell is running: show what came of that before. */
  running(cell: string): void {
    this._early.release(cell).forEach(held => this.take(held, true));
  }

  /** The cell shows its execution no more. */
  drop(cell: string): void {
    this._goingOn.delete(cell);
    this._early.release(cell);
  }

  /** Another front end shows the executions from now on. */
  letGo(): void {
    for (const { execution } of this._goingOn.values()) {
      this._cells.ofExecution(execution)?.letGo();
    }
    this._goingOn.clear();
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
      this._cells.ended(id);
    }
  }

  /** Take an execution over that began before; its messages are held until its cell is there. */
  private _joins(held: Held): boolean {
    const { kernel, execution } = held;
    const cell = this._cells.ofExecution(execution);
    if (cell?.phase === 'running' && !cell.ran) {
      this._goingOn.set(cell.id, { kernel, execution, count: null });
      this.goOn(cell);
      return true;
    }
    if (cell?.phase !== 'final') {
      this._early.hold(execution.cell, held);
    }
    return false;
  }

  private readonly _goingOn = new Map<string, GoingOn>();
  private readonly _early = new HeldMessages();
}
