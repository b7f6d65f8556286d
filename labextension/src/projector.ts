/**
 * Applies the frames and the executions of runs to one open notebook.
 *
 * It has the cells, the words and the order from the frames and computes none of them. Each frame is
 * applied by cell id, so that what comes twice, or after a reload, changes nothing. Whether this front
 * end is the one that projects, and which runs are this notebook's, is decided by its owner.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IObservableDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { type Execution, parentOf } from './adoption';
import { runOf } from './cell-order';
import { CellPlaces, type NewCell } from './cell-places';
import { isGoingOn } from './conversations';
import { Executions, type ShownCells } from './executions';
import type { Held } from './held-messages';
import type { CellFrame, DeedDone, Frame, Printed, TypedFrame } from './protocol';
import { RunCell } from './run-cell';
import { Settling } from './settling';
import { cellId } from './tokens';

export class Projector implements IObservableDisposable {
  constructor(notebook: Notebook) {
    this._places = new CellPlaces(notebook);
    this._executions = new Executions(this._shownCells());
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

  /** Whether the notebook holds all that was taken of this run. */
  isSettled(run: string): boolean {
    return !this._settling.has(run);
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
        return frame.cell.startsWith(`${frame.run}-`) ? this._remove(frame.cell) : undefined;
      case 'run':
        return isGoingOn(frame) ? undefined : this.leave(frame.run);
      case 'session':
        return this._places.describe(frame.metadata);
      default:
        return;
    }
  }

  /** Take a message of an execution; one that comes `late` JupyterLab has passed on to nobody. */
  takeMessage(held: Held, late = false): void {
    this._settling.touch(held.execution.cell);
    this._executions.take(held, late);
  }

  /** Take what an execution put out before this front end was there. */
  takePrinted(printed: Printed, kernel: Kernel.IKernelConnection): void {
    this._executions.takePrinted(printed, kernel);
  }

  /** Another front end projects from now on. */
  letGo(): void {
    this._executions.letGo();
  }

  /** The run is over: a cell without a record ends too, as when the kernel that wrote it died. */
  leave(run: string): void {
    for (const cell of this._cells.values()) {
      if (cell.run === run && cell.phase !== 'final' && !this._settling.waits(cell.id)) {
        this._executions.drop(cell.id);
        cell.end(null);
        this._setPhase(cell, 'final');
      }
    }
  }

  /** The person runs this cell now. */
  ranByPerson(widget: Cell): void {
    const cell = this._known(widget.model.id);
    if (cell) {
      cell.ran = true;
      this._done.emit({ type: 'ran', run: cell.run, cell: cell.id });
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._settling.dispose();
    this._cells.forEach(cell => cell.dispose());
    this._places.dispose();
    this._disposed.emit();
    Signal.clearData(this);
  }

  /** The cell for an execution that begins; a record that overtook all of it has its outputs. */
  private _toBegin(
    { run, cell: id }: Execution,
    message: KernelMessage.IExecuteInputMsg
  ): RunCell | null {
    const { code } = message.content;
    const blank: NewCell = { id, cell_type: 'code', source: code, metadata: {} };
    // It may come before all that the server tells of its run: then the kernel says where it goes.
    const after = () =>
      this._places.before(id, run) || String(parentOf(message).codeact_after ?? '');
    const cell = this._known(id) ?? this._insert(blank, run, after());
    if (!cell || cell.ran || cell.isOver) {
      return null;
    }
    cell.write(code);
    return cell;
  }

  private _shownCells(): ShownCells {
    return {
      toBegin: (execution, message) => this._toBegin(execution, message),
      ofExecution: ({ cell }) => this._cells.get(cell) ?? null,
      begun: cell => this._setPhase(cell, 'running'),
      ended: id => this._settling.ready(id)
    };
  }

  private _takeCell(frame: CellFrame): void {
    const { cell: said, phase } = frame;
    if (runOf(said.id) !== frame.run) {
      return; // a run writes into no cell but its own
    }
    const known = this._known(said.id);
    if (known && phase !== 'final' && known.isOver) {
      return; // told again from the beginning, after a reload
    }
    const cell = (known && this._ofType(known, said)) ?? this._insert(said, frame.run, frame.after);
    if (!cell) {
      return;
    }
    const begun = this._executions.has(cell.id);
    if (phase === 'final' || !begun) {
      cell.write(said.source);
    }
    cell.describe(said.metadata);
    if (phase === 'final') {
      this._settling.add(frame, !cell.awaitsEnd);
    } else if (!begun) {
      this._setPhase(cell, phase);
      if (phase === 'running') {
        this._executions.running(cell.id);
      }
    }
  }

  /** Only code is typed into its cell: a model's words are Markdown, which Python disarms first. */
  private _takeTyped({ run, step, part, text }: TypedFrame): void {
    const cell = part === 'code' ? this._cells.get(cellId(run, step, part)) : null;
    if (cell?.phase === 'typing') {
      cell.append(text);
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
    if (cell?.edited) {
      this._setPhase(cell, 'final');
    } else if (cell) {
      this._forget(id);
      this._places.remove(id);
    }
  }

  /** The record of a cell, and its last outputs, have come: the record is right. */
  private _finish(frame: CellFrame): void {
    const cell = this._cells.get(frame.cell.id);
    if (cell) {
      this._executions.drop(cell.id);
      cell.repair(frame.cell);
      this._setPhase(cell, 'final');
    }
  }

  /** The cell of a run with this id, shown here or found in the notebook. */
  private _known(id: string): RunCell | null {
    const known = this._cells.get(id);
    const run = known ? '' : runOf(id);
    const widget = run ? this._places.find(id) : null;
    return widget ? this._watch(new RunCell(widget, run, null)) : (known ?? null);
  }

  /** The cell as one of this type: code that is refused is shown as Markdown in its place. */
  private _ofType(cell: RunCell, said: NewCell): RunCell {
    return cell.widget.model.type === said.cell_type || cell.edited
      ? cell
      : this._watch(new RunCell(this._places.replace(said), cell.run, said.source));
  }

  private _insert(cell: NewCell, run: string, after: string): RunCell | null {
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
    cell.editedByPerson.connect(({ id, run, source }) => {
      this._done.emit({ type: 'edited', run, cell: id, source });
    });
    return cell;
  }

  private _forget(id: string): void {
    this._cells.get(id)?.dispose();
    this._cells.delete(id);
    this._executions.drop(id);
    this._settling.drop(id);
    this._places.unwatch(id);
  }

  private _setPhase(cell: RunCell, phase: RunCell['phase']): void {
    cell.phase = phase;
    if (phase === 'running') {
      cell.running();
    }
    this._phaseChanged.emit(cell);
  }

  private _onGone(id: string): void {
    const cell = this._cells.get(id);
    this._forget(id);
    this._deleted.add(id);
    if (cell) {
      this._done.emit({ type: 'deleted', run: cell.run, cell: id });
    }
  }

  /** JupyterLab makes a moved cell anew: go on with the new object. */
  private _onReplaced(id: string, moved: boolean): void {
    const widget = this._places.find(id);
    const cell = widget && this._cells.get(id)?.at(widget);
    if (cell) {
      this._phaseChanged.emit(this._watch(cell));
      // JupyterLab's own actions may see to a running cell themselves, at once.
      queueMicrotask(() => !cell.isDisposed && this._executions.goOn(cell));
      if (moved) {
        this._done.emit({ type: 'moved', run: cell.run, cell: id });
      }
    }
  }

  private readonly _done = new Signal<this, DeedDone>(this);
  private readonly _phaseChanged = new Signal<this, RunCell>(this);
  private readonly _disposed = new Signal<this, void>(this);
  private readonly _places: CellPlaces;
  private readonly _settling = new Settling(frame => this._finish(frame));
  private readonly _cells = new Map<string, RunCell>();
  private readonly _executions: Executions;
  /** The cells that the person deleted: they do not come back. */
  private readonly _deleted = new Set<string>();
  private _isDisposed = false;
}
