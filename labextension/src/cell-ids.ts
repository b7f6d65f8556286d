/**
 * Where each cell of a notebook is, by its id, without a search through the whole notebook.
 *
 * It is kept up by what changes. A cell is looked for from where it was seen last: what is inserted or
 * deleted moves it by a few places only.
 */
import type { ISharedCell, NotebookChange } from '@jupyter/ydoc';
import { runOf } from './cell-order';

type Changes = NonNullable<NotebookChange['cellsChange']>;

export class CellIds {
  constructor(cells: readonly ISharedCell[]) {
    this._ids = this._come(cells);
    this._ids.forEach((id, place) => this._seen.set(id, place));
  }

  /** Take what changed in the notebook. */
  apply(changes: Changes): void {
    let place = 0;
    for (const { retain, insert, delete: gone } of changes) {
      if (insert) {
        this._ids.splice(place, 0, ...this._come(insert));
        insert.forEach((cell, offset) => this._seen.set(cell.getId(), place + offset));
        place += insert.length;
      } else if (gone) {
        this._ids.splice(place, gone).forEach(id => this._go(id));
      } else {
        place += retain ?? 0;
      }
    }
  }

  has(id: string): boolean {
    return this._counts.has(id);
  }

  /** Where the cell is; -1 where there is none with this id. */
  index(id: string): number {
    if (!this.has(id)) {
      return -1;
    }
    const from = Math.min(this._seen.get(id) ?? 0, this._ids.length - 1);
    for (let step = 0; step < this._ids.length; step++) {
      for (const place of [from - step, from + step]) {
        if (this._ids[place] === id) {
          this._seen.set(id, place);
          return place;
        }
      }
    }
    return -1;
  }

  /** The ids of a run's cells, in the order of the notebook. */
  ofRun(run: string): readonly string[] {
    return this.inOrder(this._runs.get(run) ?? []);
  }

  inOrder(ids: Iterable<string>): readonly string[] {
    const there = [...ids].filter(id => this.has(id));
    return there.sort((one, other) => this.index(one) - this.index(other));
  }

  /** Where the cells with this id are, of which there is to be one. */
  all(id: string): readonly number[] {
    const count = this._counts.get(id) ?? 0;
    return count < 2
      ? [this.index(id)].filter(place => place >= 0)
      : [...this._ids.keys()].filter(place => this._ids[place] === id);
  }

  /** The ids that more than one cell has. */
  get doubled(): ReadonlySet<string> {
    return this._doubled;
  }

  private _come(cells: readonly ISharedCell[]): string[] {
    const ids = cells.map(cell => cell.getId());
    for (const id of ids) {
      this._count(id, 1);
      const run = runOf(id);
      if (run) {
        this._runs.set(run, (this._runs.get(run) ?? new Set<string>()).add(id));
      }
    }
    return ids;
  }

  private _go(id: string): void {
    this._count(id, -1);
    if (!this.has(id)) {
      this._seen.delete(id);
      this._runs.get(runOf(id))?.delete(id);
    }
  }

  private _count(id: string, more: number): void {
    const count = (this._counts.get(id) ?? 0) + more;
    if (count > 0) {
      this._counts.set(id, count);
    } else {
      this._counts.delete(id);
    }
    if (count > 1) {
      this._doubled.add(id);
    } else {
      this._doubled.delete(id);
    }
  }

  private readonly _ids: string[];
  private readonly _counts = new Map<string, number>();
  private readonly _doubled = new Set<string>();
  private readonly _runs = new Map<string, Set<string>>();
  /** Where each cell was when it was looked for last. */
  private readonly _seen = new Map<string, number>();
}
