/**
 * One cell of a run in the open notebook.
 *
 * It writes what the run says, and never over what the person wrote: once the text differs from what
 * was written here last, it is theirs. Its own writes are not undoable: undo is for the person.
 */
import type { Cell, CodeCell, ICodeCellModel } from '@jupyterlab/cells';
import type * as nbformat from '@jupyterlab/nbformat';
import type { KernelMessage } from '@jupyterlab/services';
import { JSONExt, type PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { ExecutionFuture } from './adoption';
import { needsRepair, recorded } from './outputs';
import { KEY, type Phase, type ProjectedCell } from './protocol';
import * as read from './reading';

/** A pause in the person's typing that is worth telling of. */
const PAUSE = 1000;

export class RunCell implements IDisposable {
  /** `written` is the text that this front end put there, or null when it found the cell. */
  constructor(
    readonly widget: Cell,
    readonly run: string,
    private _written: string | null
  ) {
    this.id = widget.model.id;
    widget.model.sharedModel.changed.connect(this._onChanged, this);
  }

  readonly id: string;

  /** How far the run is with this cell. */
  phase: Phase = 'final';

  /** It runs, or is about to, and the end of that has not come from the kernel yet. */
  get awaitsEnd(): boolean {
    return this.widget.model.type === 'code' && this.phase !== 'final' && !this._ended;
  }

  /** The person ran it after the run did: its outputs are theirs. */
  ran = false;

  /** The text is the person's. */
  get edited(): boolean {
    return this._edited;
  }

  /** The notebook holds the end of what the run did with this cell. */
  get isOver(): boolean {
    const status = markOf(this.widget)?.status ?? '';
    return this.phase === 'final' && status !== '' && status !== 'unknown';
  }

  get source(): string {
    return this.widget.model.sharedModel.getSource();
  }

  /** The person changed the text, and paused. */
  get editedByPerson(): ISignal<this, void> {
    return this._editedByPerson;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The same cell, after JupyterLab made another object of it. */
  at(widget: Cell): RunCell {
    const moved = new RunCell(widget, this.run, this._written);
    moved._edited = this._edited;
    if (this._timer !== undefined) {
      moved._tellSoon();
    }
    moved._ended = this._ended;
    moved._said = this._said;
    moved.ran = this.ran;
    moved.phase = this.phase;
    return moved;
  }

  /** Make the text this one, unless it is the person's. */
  write(source: string): void {
    if (this.source === source) {
      this._written = source;
    } else if (this._isOurs(source)) {
      this._silently(() => this.widget.model.sharedModel.setSource(source));
      this._written = source;
    }
  }

  /** Put these characters at the end, unless the text is the person's. */
  append(text: string): void {
    const { sharedModel } = this.widget.model;
    const end = this.source.length;
    if (this._written !== null && this._isOurs('')) {
      this._silently(() => sharedModel.updateSource(end, end, text));
      this._written += text;
    }
  }

  /**
   * Set the metadata that the run says.
   *
   * What it said before is not set again: the person may have unfolded the cell meanwhile.
   */
  describe(metadata: nbformat.IBaseCellMetadata): void {
    const { model } = this.widget;
    const changed = Object.entries(metadata).filter(
      ([key, value]) => !same(this._said[key], value)
    );
    const missing = changed.filter(
      ([key, value]) => !same(model.getMetadata(key), value)
    );
    const { syncCollapse } = this.widget;
    this.widget.syncCollapse = false;
    this._silently(() => missing.forEach(([key, value]) => model.setMetadata(key, value)));
    this._said = { ...this._said, ...Object.fromEntries(changed) };
    if (missing.some(([key]) => key === 'jupyter')) {
      this._fold();
    }
    this.widget.syncCollapse = syncCollapse;
  }

  /** Its execution begins: outputs come from this future. */
  begin(future: ExecutionFuture): void {
    const cell = this._codeCell();
    if (cell) {
      this._withOutputs(() => cell.model.clearExecution());
      cell.outputArea.future = future;
      this._ended = false;
      this.running();
    }
  }

  /** Its execution goes on in another object, or in this front end: the outputs that it has stay. */
  goOn(adopted: () => ExecutionFuture): void {
    const area = this._codeCell()?.outputArea;
    if (area && !isGoingOn(area)) {
      const outputs = area.model.toJSON();
      this._withOutputs(() => {
        area.future = adopted();
        area.model.fromJSON(outputs);
      });
      this.running();
    }
  }

  /** Its execution goes on in another front end. */
  letGo(): void {
    const area = this._codeCell()?.outputArea;
    if (area && isGoingOn(area)) {
      area.future.dispose();
    }
  }

  /** Show a message of its execution, which JupyterLab has passed on to nobody. */
  replay(message: KernelMessage.IIOPubMessage): void {
    void this._codeCell()?.outputArea.future.onIOPub(message);
  }

  /** Show these messages of its execution, in place of what it shows. */
  showAnew(messages: readonly KernelMessage.IIOPubMessage[]): void {
    this._withOutputs(() => this._codeModel()?.outputs.clear());
    messages.forEach(message => this.replay(message));
  }

  /** It is running, whoever says so. */
  running(): void {
    const model = this._codeModel();
    if (model) {
      this._silently(() => (model.executionState = 'running'));
    }
  }

  /** Its execution is over. */
  end(count: number | null): void {
    this._ended = true;
    const model = this._codeModel();
    if (model) {
      this._silently(() => {
        model.executionCount = count ?? model.executionCount;
        model.executionState = 'idle';
      });
      // It ran here, as a cell that the person ran.
      this._withOutputs(() => (model.trusted = true));
    }
  }

  /** Make the outputs what the record says, where they are not. */
  repair(cell: ProjectedCell): void {
    const model = this._codeModel();
    if (!model || this.ran) {
      return;
    }
    this.end(cell.execution_count);
    const outputs = cell.outputs && recorded(model.outputs.toJSON(), cell);
    if (outputs && needsRepair(model.outputs.toJSON(), outputs)) {
      this._withOutputs(() => model.outputs.fromJSON(outputs));
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      clearTimeout(this._timer);
      Signal.clearData(this);
    }
  }

  /** Whether the text may be made into `source`. */
  private _isOurs(source: string): boolean {
    if (this._edited || this.widget.model.getMetadata('editable') === false) {
      return false;
    }
    // A cell that was found here was saved while it was being typed, or it is as the person left it.
    return this._written === null ? source.startsWith(this.source) : true;
  }

  /** Fold what the metadata says. */
  private _fold(): void {
    const folded = read.record(this.widget.model.getMetadata('jupyter'));
    // The output first: JupyterLab forgets that it is hidden when the source is hidden before it.
    const cell = this._codeCell();
    if (cell) {
      cell.outputHidden = folded.outputs_hidden === true;
    }
    this.widget.inputHidden = folded.source_hidden === true;
  }

  private _silently(write: () => void): void {
    const writes = this._writes;
    this._writes = true;
    try {
      this.widget.model.sharedModel.transact(write, false);
    } finally {
      this._writes = writes;
    }
  }

  /**
   * Write what changes outputs, as JupyterLab does: else the model takes what it wrote itself for
   * somebody else's, and applies it a second time.
   */
  private _withOutputs(write: () => void): void {
    this.widget.model.sharedModel.transact(write, false, 'silent-change');
  }

  private _onChanged(_: unknown, change: { sourceChange?: unknown }): void {
    if (change.sourceChange !== undefined && !this._writes && this.source !== this._written) {
      this._edited = true;
      this._tellSoon();
    }
  }

  private _tellSoon(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => {
      this._timer = undefined;
      this._editedByPerson.emit();
    }, PAUSE);
  }

  private _codeCell(): CodeCell | null {
    return this.widget.model.type === 'code' ? (this.widget as CodeCell) : null;
  }

  private _codeModel(): ICodeCellModel | null {
    return this._codeCell()?.model ?? null;
  }

  private readonly _editedByPerson = new Signal<this, void>(this);
  private _said: Record<string, unknown> = {};
  private _ended = false;
  private _edited = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _writes = false;
  private _isDisposed = false;
}

/** Whether a future fills this area; it has none before its first, whatever its type says. */
function isGoingOn({ future }: { readonly future: ExecutionFuture | undefined }): boolean {
  return future !== undefined && !future.isDisposed;
}

function same(one: unknown, other: unknown): boolean {
  return JSONExt.deepEqual((one ?? null) as PartialJSONValue, (other ?? null) as PartialJSONValue);
}

/** The run, step and role that a cell's metadata names; null for the person's cells. */
export function markOf(
  widget: Cell
): { run: string; step: number; role: string; status: string } | null {
  const from = read.record(widget.model.getMetadata(KEY));
  const mark = {
    run: read.text(from.run),
    step: read.number(from.step),
    role: read.text(from.role),
    status: read.text(from.status)
  };
  return mark.run && widget.model.id === `${mark.run}-${mark.step}-${mark.role}` ? mark : null;
}
