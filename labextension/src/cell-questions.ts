/**
 * Shows the question of a run at the cell that waits, in one view of a notebook.
 *
 * Only where the server hosts the run: what a magic asks, JupyterLab itself shows below its cell.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Api } from './api';
import { CellQuestion } from './cell-question';
import type { AskedFrame } from './protocol';
import { cellId, type INotebookRuns } from './tokens';

export interface CellQuestionsOptions {
  readonly notebook: Notebook;
  readonly runs: Pick<INotebookRuns, 'conversation' | 'isHosted'>;
  readonly api: Pick<Api, 'approve'>;
  readonly trans: TranslationBundle;
  /** The person wants to answer in the panel. */
  readonly open: (run: string, step: number) => void;
}

export class CellQuestions implements IDisposable {
  constructor(private readonly _options: CellQuestionsOptions) {
    _options.runs.conversation.changed.connect(this._update, this);
    _options.notebook.model?.cells.changed.connect(this._update, this);
    this._update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
      this._shown?.dispose();
    }
  }

  private _update(): void {
    const asked = this._asked();
    const cell = asked && this._cell(asked);
    const { _shown: shown, _options: options } = this;
    if ((shown?.asked ?? null) === asked && (shown?.cell ?? null) === cell) {
      return;
    }
    const hadFocus = shown?.hasFocus ?? false;
    shown?.dispose();
    this._shown = asked && cell ? new CellQuestion(cell, asked, options) : null;
    if (hadFocus) {
      options.notebook.activate(); // else the next key goes nowhere
    }
  }

  /** The question that waits: a notebook has one at most. */
  private _asked(): AskedFrame | null {
    const { runs } = this._options;
    const turn = runs.conversation.turns.find(each => each.asked && runs.isHosted(each.run));
    return turn?.asked ?? null;
  }

  private _cell({ run, step }: AskedFrame): Cell | null {
    const id = cellId(run, step, 'code');
    return this._options.notebook.widgets.find(each => each.model.id === id) ?? null;
  }

  private _shown: CellQuestion | null = null;
  private _isDisposed = false;
}
