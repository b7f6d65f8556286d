/**
 * Where the cells of runs are in one notebook: finds, inserts and removes them by id, and notices when
 * the person deletes, moves or brings back one that is watched. All that is written to the notebook
 * itself is written here.
 */
import type { ISharedCell, ISharedNotebook, SharedCell } from '@jupyter/ydoc';
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { KEY } from './protocol';

/** A cell to be; more fields than these are not taken over. */
export interface NewCell {
  readonly id: string;
  readonly cell_type: 'code' | 'markdown';
  readonly source: string;
  readonly metadata: object;
}

export class CellPlaces implements IDisposable {
  constructor(private readonly _notebook: Notebook) {
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
    const index = this._index(id);
    return index < 0 ? null : this._widgetAt(index, id);
  }

  /**
   * Insert a cell of a run behind the cell `after`.
   *
   * Where that is gone, behind the last cell of the run that is still there, else at the end. It can be
   * undone by itself, as a cell that the person inserted.
   */
  insert(
    cell: NewCell,
    run: string,
    after: string
  ): Cell {
    const behind = this._behind(run, after);
    const follow = behind > 0 && this._isInView(behind - 1);
    const widget = this._write(cell.id, behind, shared => {
      separateUndo(shared);
      shared.insertCell(behind, bare(cell));
      separateUndo(shared);
    });
    if (follow) {
      void this._notebook.scrollToItem(behind, 'smart');
    }
    return widget;
  }

  /** Put a cell in the place of the one with the same id. */
  replace(cell: NewCell): Cell {
    const index = this._index(cell.id);
    return this._write(cell.id, index, shared =>
      shared.transact(() => {
        shared.deleteCell(index);
        shared.insertCell(index, bare(cell));
      }, false)
    );
  }

  /** The id of the last cell of a run in the notebook; empty when there is none. */
  lastOf(run: string): string {
    const cells = [...(this._shared?.cells ?? [])].reverse();
    const last = cells.find(cell => {
      const mark = cell.getMetadata(KEY) as { run?: unknown } | undefined;
      return mark?.run === run;
    });
    return last?.getId() ?? '';
  }

  remove(id: string): void {
    const index = this._index(id);
    if (index >= 0) {
      this._writing(shared => shared.transact(() => shared.deleteCell(index), false));
    }
  }

  /** Give the notebook its metadata of ours, where it has none. */
  describe(metadata: PartialJSONValue): void {
    const shared = this._shared;
    if (shared && shared.getMetadata(KEY) === undefined) {
      shared.transact(() => shared.setMetadata(KEY, metadata), false);
    }
  }

  watch(id: string): void {
    const cells = this._shared?.cells ?? [];
    const cell = cells[this._index(id)] as ISharedCell | undefined;
    if (cell) {
      this._watched.set(id, cell);
      this._order = cells.map(each => each.getId()).filter(each => this._watched.has(each));
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

  private _index(id: string): number {
    return this._shared?.cells.findIndex(cell => cell.getId() === id) ?? -1;
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

  private _behind(run: string, after: string): number {
    const cells = this._shared?.cells ?? [];
    const asked = after ? this._index(after) : -1;
    if (asked >= 0) {
      return asked + 1;
    }
    const last = this.lastOf(run);
    return last ? this._index(last) + 1 : cells.length;
  }

  /** Whether the person looks at a part of this cell, so that the view follows what comes behind it. */
  private _isInView(index: number): boolean {
    const node = this._notebook.widgets[index]?.node;
    if (!node?.isConnected || this._notebook.mode === 'edit') {
      return false; // they write somewhere: what they write stays where it is
    }
    const view = this._notebook.node.getBoundingClientRect();
    const { top, bottom } = node.getBoundingClientRect();
    return bottom > view.top && top < view.bottom;
  }

  private _onChanged(_: unknown, change: { cellsChange?: unknown }): void {
    if (change.cellsChange === undefined || this._writes) {
      return;
    }
    const now = new Map(this._shared?.cells.map(cell => [cell.getId(), cell]));
    const order = [...now.keys()].filter(id => this._watched.has(id));
    const moved = order.some((id, place) => id !== this._order[place]);
    this._order = order;
    for (const [id, cell] of [...this._watched]) {
      const there = now.get(id);
      if (!there) {
        this.unwatch(id);
        this._lost.add(id);
        this._gone.emit(id);
      } else if (there !== cell) {
        this._replaced.emit({ id, moved });
      }
    }
    for (const id of [...this._lost].filter(each => now.has(each))) {
      this._lost.delete(id);
      this._back.emit(id);
    }
  }

  private readonly _gone = new Signal<this, string>(this);
  private readonly _replaced = new Signal<this, { id: string; moved: boolean }>(this);
  private readonly _back = new Signal<this, string>(this);
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
