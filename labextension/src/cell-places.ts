/**
 * Where the cells of runs are in one notebook: finds, inserts and removes them by id, and notices when
 * the person deletes, moves or brings back one that is watched. All that is written to the notebook
 * itself is written here.
 */
import type { ISharedCell, ISharedNotebook, NotebookChange, SharedCell } from '@jupyter/ydoc';
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { JSONExt, type PartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { CellIds } from './cell-ids';
import { comesBefore } from './cell-order';
import { KEY } from './protocol';
import * as read from './reading';
import { looksAt } from './sight';

/** A cell to be; more fields than these are not taken over. */
export interface NewCell {
  readonly id: string;
  readonly cell_type: 'code' | 'markdown';
  readonly source: string;
  readonly metadata: object;
}

export class CellPlaces implements IDisposable {
  constructor(private readonly _notebook: Notebook) {
    this._ids = new CellIds(this._shared?.cells ?? []);
    this._shared?.changed.connect(this._onChanged, this);
  }

  /** A watched cell is there no more. */
  get gone(): ISignal<this, string> {
    return this._gone;
  }

  /** A watched cell is another object now, with the same id, at another place or at its old one. */
  get replaced(): ISignal<this, { readonly id: string; readonly moved: boolean }> {
    return this._replaced;
  }

  /** A cell that was gone is there again: the person took the deletion back. */
  get back(): ISignal<this, string> {
    return this._back;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  find(id: string): Cell | null {
    const index = this._ids.index(id);
    return index < 0 ? null : this._widgetAt(index, id);
  }

  /**
   * Insert a cell of a run behind the cell `after`.
   *
   * Where that is not there, it comes where its id says: behind the last cell of the run that comes
   * before it, or before those that come after it; where there are none, at the end. It can be undone
   * by itself, as a cell that the person inserted.
   */
  insert(cell: NewCell, run: string, after: string): Cell {
    const place = this._place(cell.id, run, after);
    const follow = place > 0 && looksAt(this._notebook, this._notebook.widgets[place - 1]?.node);
    const widget = this._write(cell.id, place, shared => {
      separateUndo(shared);
      shared.insertCell(place, bare(cell));
      separateUndo(shared);
    });
    if (follow) {
      // Code so that there is room for what it shows; words so that what they speak of stays in view.
      void this._notebook.scrollToItem(place, cell.cell_type === 'code' ? 'smart' : 'auto');
    }
    return widget;
  }

  /** Put a cell in the place of the one with the same id. */
  replace(cell: NewCell): Cell {
    const index = this._ids.index(cell.id);
    return this._write(cell.id, index, shared =>
      shared.transact(() => {
        shared.deleteCell(index);
        shared.insertCell(index, bare(cell));
      }, false)
    );
  }

  /** The id of the last cell of a run that comes before this one; empty when there is none. */
  before(id: string, run: string): string {
    const its = this._ids.ofRun(run).filter(each => comesBefore(each, id));
    return its[its.length - 1] ?? '';
  }

  remove(id: string): void {
    const index = this._ids.index(id);
    if (index >= 0) {
      this._writing(shared => shared.transact(() => shared.deleteCell(index), false));
    }
  }

  /** Give the notebook its metadata of ours, where it has none, and the ends of its chains. */
  describe(metadata: PartialJSONObject): void {
    const shared = this._shared;
    const known = read.record(shared?.getMetadata(KEY)) as PartialJSONObject;
    const chain = { ...read.record(known.chain), ...read.record(metadata.chain) } as PartialJSONObject;
    const whole = { ...metadata, ...known, ...(Object.keys(chain).length ? { chain } : {}) };
    if (shared && !JSONExt.deepEqual(known, whole)) {
      shared.transact(() => shared.setMetadata(KEY, whole), false);
    }
  }

  watch(id: string): void {
    const cell = this._cellOf(id);
    if (cell) {
      this._watched.set(id, cell);
      this._order = this._ids.inOrder(this._watched.keys());
    }
  }

  unwatch(id: string): void {
    this._watched.delete(id);
    this._order = this._order.filter(each => each !== id);
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  private get _shared(): ISharedNotebook | null {
    return this._notebook.model?.sharedModel ?? null;
  }

  private _cellOf(id: string): ISharedCell | undefined {
    return this._shared?.cells[this._ids.index(id)];
  }

  private _widgetAt(index: number, id: string): Cell | null {
    const { widgets } = this._notebook;
    const there = widgets[index] as Cell | undefined;
    return there?.model.id === id ? there : (widgets.find(each => each.model.id === id) ?? null);
  }

  private _write(id: string, index: number, write: (shared: ISharedNotebook) => void): Cell {
    this._writing(write);
    const widget = this._widgetAt(index, id);
    if (!widget) {
      throw new Error(`The notebook did not take the cell ${id}.`);
    }
    return widget;
  }

  private _writing(write: (shared: ISharedNotebook) => void): void {
    if (!this._shared) {
      throw new Error('A notebook without a model has no cells.');
    }
    this._writes = true;
    try {
      write(this._shared);
    } finally {
      this._writes = false;
    }
  }

  private _place(id: string, run: string, after: string): number {
    const asked = after ? this._ids.index(after) : -1;
    if (asked >= 0) {
      return asked + 1;
    }
    const before = this.before(id, run);
    if (before) {
      return this._ids.index(before) + 1;
    }
    const [next] = this._ids.ofRun(run);
    return next ? this._ids.index(next) : (this._shared?.cells.length ?? 0);
  }

  private _onChanged(_: unknown, { cellsChange: changes }: NotebookChange): void {
    if (changes === undefined) {
      return;
    }
    this._ids.apply(changes);
    if (this._writes || this._keepsOne()) {
      return;
    }
    const order = this._ids.inOrder(this._watched.keys());
    const moved = order.some((id, place) => id !== this._order[place]);
    this._order = order;
    for (const [id, cell] of [...this._watched]) {
      const there = this._cellOf(id);
      if (!there) {
        this.unwatch(id);
        this._lost.add(id);
        this._gone.emit(id);
      } else if (there !== cell) {
        this._replaced.emit({ id, moved });
      }
    }
    for (const id of [...this._lost].filter(each => this._ids.has(each))) {
      this._lost.delete(id);
      this._back.emit(id);
    }
  }

  /**
   * Keep the first of watched cells with the same id: in a shared document another front end, which
   * projected until now, may have put one in that was not here yet when ours was. False when there is
   * one of each.
   */
  private _keepsOne(): boolean {
    const doubled = [...this._ids.doubled].filter(id => this._watched.has(id));
    const others = doubled.flatMap(id => this._ids.all(id).slice(1));
    const fromTheEnd = others.sort((one, other) => other - one);
    if (fromTheEnd.length > 0) {
      this._shared?.transact(
        () => fromTheEnd.forEach(place => this._shared?.deleteCell(place)),
        false
      );
    }
    return fromTheEnd.length > 0;
  }

  private readonly _gone = new Signal<this, string>(this);
  private readonly _replaced = new Signal<this, { id: string; moved: boolean }>(this);
  private readonly _back = new Signal<this, string>(this);
  private readonly _ids: CellIds;
  private readonly _watched = new Map<string, ISharedCell>();
  /** The ids of the watched cells, as they are in the notebook. */
  private _order: readonly string[] = [];
  private readonly _lost = new Set<string>();
  private _writes = false;
  private _isDisposed = false;
}

function bare({ id, cell_type, source, metadata }: NewCell): SharedCell.Cell {
  return { id, cell_type, source, metadata } as SharedCell.Cell;
}

/** Keep what comes now out of the step of undo that the person's last change belongs to. */
function separateUndo(shared: ISharedNotebook): void {
  const { undoManager } = shared as { undoManager?: { stopCapturing?: () => void } };
  undoManager?.stopCapturing?.();
}
