/**
 * Applies the frames and the executions of runs to one open notebook.
 *
 * It has the cells, the words and the order from the frames and computes none of them. Each frame is
 * applied by cell id, so that what comes twice, or after a reload, changes nothing. Whether this front
 * end is the one that projects, and which runs are this notebook's, is decided by its owner.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import type { IObservableDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { adopt, type Execution, isEnd, parentOf } from './adoption';
import { CellPlaces } from './cell-places';
import type { CellFrame, Deed, Frame, TypedFrame } from './protocol';
import { markOf, RunCell } from './run-cell';
import { cellId } from './tokens';

/** How long the last outputs may take to come after the record of them. */
const SETTLING = 1000;

export interface DeedDone {
  readonly type: Deed;
  readonly run: string;
  readonly cell: string;
  readonly source?: string;
}

export class Projector implements IObservableDisposable {
  constructor(notebook: Notebook) {
    this._places = new CellPlaces(notebook);
    this._places.gone.connect((_, id) => this._onGone(id));
    this._places.replaced.connect((_, { id, moved }) => this._onReplaced(id, moved));
    this._places.back.connect((_, id) => this._deleted.delete(id));
  }

  /** The person did something to a cell of a run. */
  get done(): ISignal<this, DeedDone> {
    return this._done;
  }

  /** How far a run is with a cell changed. */
  get phaseChanged(): ISignal<this, RunCell> {
    return this._phaseChanged;
  }

  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The cell of a run that was shown here, by its id. */
  cell(id: string): RunCell | null {
    return this._cells.get(id) ?? null;
  }

  /** Apply a frame that is news. */
  take(frame: Frame): void {
    switch (frame.type) {
      case 'cell':
        return this._takeCell(frame);
      case 'typed':
        return this._takeTyped(frame);
      case 'retrying':
        return this._blank(frame.run, frame.step);
      case 'removed':
        return this._remove(frame.cell);
      default:
        return;
    }
  }

  /** A message of an execution of the agent that is shown here. */
  takeMessage(
    kernel: Kernel.IKernelConnection,
    execution: Execution,
    message: KernelMessage.IMessage
  ): void {
    if (KernelMessage.isExecuteInputMsg(message)) {
      this._begin(kernel, execution, message);
    } else if (isEnd(message)) {
      this._end(execution);
    }
  }

  /** Show a message of an execution that came before its cell could take it. */
  replay(execution: Execution, message: KernelMessage.IMessage): void {
    if (this._counts.has(execution.cell) && message.header.msg_type !== 'execute_input') {
      this._cells.get(execution.cell)?.replay(message as KernelMessage.IIOPubMessage);
    }
  }

  /** The person runs this cell now. */
  ranByPerson(widget: Cell): void {
    const mark = markOf(widget);
    if (mark) {
      const cell = this._cells.get(widget.model.id);
      if (cell) {
        cell.ran = true;
      }
      this._done.emit({ type: 'ran', run: mark.run, cell: widget.model.id });
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._edits.forEach(timer => clearTimeout(timer));
    this._settling.forEach(({ timer }) => clearTimeout(timer));
    this._cells.forEach(cell => cell.dispose());
    this._places.dispose();
    this._disposed.emit();
    Signal.clearData(this);
  }

  /** An execution of the agent begins: its cell is there and takes its outputs. */
  private _begin(
    kernel: Kernel.IKernelConnection,
    execution: Execution,
    message: KernelMessage.IExecuteInputMsg
  ): void {
    const { content } = message;
    const after = parentOf(message).codeact_after;
    const cell =
      this._known(execution.cell) ??
      this._insert(
        { id: execution.cell, cell_type: 'code', source: content.code, metadata: {} },
        execution.run,
        typeof after === 'string' ? after : ''
      );
    if (!cell || cell.ran) {
      return;
    }
    cell.write(content.code);
    cell.begin(adopt(kernel, execution));
    this._counts.set(cell.id, content.execution_count);
    this._setPhase(cell, 'running');
  }

  /** An execution of the agent is over. */
  private _end(execution: Execution): void {
    const cell = this._cells.get(execution.cell);
    if (cell && this._counts.has(cell.id)) {
      cell.end(this._counts.get(cell.id) ?? null);
      this._counts.delete(cell.id);
      this._settle(cell.id);
    }
  }

  private _takeCell(frame: CellFrame): void {
    const { cell: said, phase } = frame;
    const known = this._known(said.id);
    if (known && phase !== 'final' && this._isOver(known)) {
      return; // told again from the beginning, after a reload
    }
    const { outputs: _outputs, execution_count: _count, ...bare } = said;
    const cell = known ?? this._insert(bare, frame.run, frame.after);
    if (!cell) {
      return;
    }
    const begun = this._counts.has(cell.id);
    if (phase !== 'typing' || !begun) {
      cell.write(said.source);
      cell.describe(said.metadata);
    }
    if (phase === 'final') {
      this._finish(cell, frame);
    } else if (!begun) {
      this._setPhase(cell, phase);
      if (phase === 'running') {
        cell.running();
      }
    }
  }

  private _takeTyped(frame: TypedFrame): void {
    const cell = this._cells.get(cellId(frame.run, frame.step, frame.part));
    if (cell?.phase === 'typing') {
      cell.append(frame.text);
    }
  }

  private _blank(run: string, step: number): void {
    for (const part of ['thought', 'code'] as const) {
      const cell = this._cells.get(cellId(run, step, part));
      if (cell?.phase === 'typing') {
        cell.write('');
      }
    }
  }

  /** Take a cell away that was shown while it was being written; what the person edited stays. */
  private _remove(id: string): void {
    const cell = this._known(id);
    if (cell && !cell.edited) {
      this._forget(id);
      this._places.remove(id);
    } else if (cell) {
      this._setPhase(cell, 'final');
    }
  }

  /** The record of a cell has come: it is right, once the last outputs are there. */
  private _finish(cell: RunCell, frame: CellFrame): void {
    if (frame.cell.cell_type !== 'code') {
      this._setPhase(cell, 'final');
      return;
    }
    clearTimeout(this._settling.get(cell.id)?.timer);
    const timer = setTimeout(() => this._settle(cell.id), SETTLING);
    this._settling.set(cell.id, { frame, timer });
    if (!this._counts.has(cell.id)) {
      this._settle(cell.id);
    }
  }

  private _settle(id: string): void {
    const waiting = this._settling.get(id);
    const cell = this._cells.get(id);
    if (waiting && cell) {
      clearTimeout(waiting.timer);
      this._settling.delete(id);
      this._counts.delete(id);
      cell.repair(waiting.frame.cell);
      this._setPhase(cell, 'final');
    }
  }

  /** The cell with this id, shown here or found in the notebook. */
  private _known(id: string): RunCell | null {
    const known = this._cells.get(id);
    if (known) {
      return known;
    }
    const widget = this._places.find(id);
    const run = widget && markOf(widget)?.run;
    return widget && run ? this._watch(new RunCell(widget, run, null)) : null;
  }

  private _insert(
    cell: { id: string; cell_type: 'code' | 'markdown'; source: string; metadata: object },
    run: string,
    after: string
  ): RunCell | null {
    if (this._deleted.has(cell.id)) {
      return null;
    }
    const widget = this._places.insert(cell, run, after);
    return this._watch(new RunCell(widget, run, cell.source));
  }

  private _watch(cell: RunCell): RunCell {
    this._cells.get(cell.id)?.dispose();
    this._cells.set(cell.id, cell);
    this._places.watch(cell.id);
    cell.editedByPerson.connect(this._onEdited, this);
    return cell;
  }

  private _forget(id: string): void {
    this._cells.get(id)?.dispose();
    this._cells.delete(id);
    this._counts.delete(id);
    this._places.unwatch(id);
  }

  /** Whether the notebook holds the end of what the run did with this cell. */
  private _isOver(cell: RunCell): boolean {
    const status = markOf(cell.widget)?.status ?? '';
    return cell.phase === 'final' && status !== '' && status !== 'unknown';
  }

  private _setPhase(cell: RunCell, phase: RunCell['phase']): void {
    cell.phase = phase;
    this._phaseChanged.emit(cell);
  }

  private _onEdited(cell: RunCell): void {
    clearTimeout(this._edits.get(cell.id));
    const tell = () => {
      this._edits.delete(cell.id);
      if (!cell.isDisposed) {
        const { id, run, source } = cell;
        this._done.emit({ type: 'edited', run, cell: id, source });
      }
    };
    this._edits.set(cell.id, setTimeout(tell, SETTLING));
  }

  private _onGone(id: string): void {
    const run = this._cells.get(id)?.run;
    this._forget(id);
    this._deleted.add(id);
    if (run) {
      this._done.emit({ type: 'deleted', run, cell: id });
    }
  }

  /** JupyterLab makes a moved cell anew: go on with the new object. */
  private _onReplaced(id: string, moved: boolean): void {
    const before = this._cells.get(id);
    const widget = this._places.find(id);
    if (before && widget) {
      const cell = this._watch(before.at(widget));
      this._phaseChanged.emit(cell);
      if (moved) {
        this._done.emit({ type: 'moved', run: cell.run, cell: id });
      }
    }
  }

  private readonly _disposed = new Signal<this, void>(this);
  private readonly _done = new Signal<this, DeedDone>(this);
  private readonly _phaseChanged = new Signal<this, RunCell>(this);
  private readonly _places: CellPlaces;
  private readonly _cells = new Map<string, RunCell>();
  /** The execution counts of the cells that are running. */
  private readonly _counts = new Map<string, number | null>();
  private readonly _deleted = new Set<string>();
  private readonly _edits = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly _settling = new Map<
    string,
    { frame: CellFrame; timer: ReturnType<typeof setTimeout> }
  >();
  private _isDisposed = false;
}
