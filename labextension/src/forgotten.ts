/** Runs that the person took out of the notebook, until they take that back. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { runOf } from './cell-order';

export class Forgotten {
  /** `back` is called when cells of forgotten runs are in the notebook again. */
  constructor(
    private readonly _notebook: NotebookPanel,
    private readonly _back: () => void
  ) {
    _notebook.model?.cells.changed.connect(this._look, this);
  }

  add(runs: readonly string[]): void {
    runs.forEach(run => this._runs.add(run));
  }

  private _look(): void {
    if (this._runs.size === 0) {
      return;
    }
    const there = this._notebook.content.widgets.map(({ model }) => runOf(model.id));
    const back = there.filter(run => this._runs.delete(run));
    if (back.length > 0) {
      this._back();
    }
  }

  private readonly _runs = new Set<string>();
}
