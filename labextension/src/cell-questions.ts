/**
 * Shows what a run asks at the cell that asks, in one view of a notebook: may it run, or for a line.
 *
 * What a magic asks, JupyterLab itself shows below the magic's cell in the page that ran it; in another,
 * as after a reload, it is asked here, for a line.
 */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Api } from './api';
import type { Tried } from './asking';
import { CellInput } from './cell-input';
import { CellQuestion } from './cell-question';
import type { AskedFrame, InputFrame } from './protocol';
import { looksAt } from './sight';
import { cellId, type INotebookRuns } from './tokens';

export interface CellQuestionsOptions {
  readonly notebook: Notebook;
  readonly runs: Pick<INotebookRuns, 'asking' | 'conversation' | 'isHosted'>;
  readonly api: Pick<Api, 'approve' | 'standing'>;
  readonly trans: TranslationBundle;
  /** The person wants to answer in the panel. */
  readonly open: (run: string, step: number) => void;
}

export class CellQuestions implements IDisposable {
  constructor(private readonly _options: CellQuestionsOptions) {
    _options.runs.conversation.changed.connect(this._update, this);
    _options.notebook.model?.cells.changed.connect(this._update, this);
    _options.runs.asking.wasTried.connect(this._onTried, this);
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
    this._shown = asked && cell ? this._show(asked, cell) : null;
    if (hadFocus) {
      options.notebook.activate(); // else the next key goes nowhere
    }
  }

  private _show(asked: AskedFrame | InputFrame, cell: Cell): CellQuestion | CellInput {
    const { runs, trans, notebook } = this._options;
    const follows = looksAt(notebook, cell.node);
    const shown = asked.type === 'asked'
      ? new CellQuestion(cell, asked, this._options)
      : new CellInput(cell, asked, { trans, answer: (...line) => runs.asking.answer(...line) });
    if (follows) {
      shown.reveal(); // the buttons make the cell longer
    }
    return shown;
  }

  /** What is asked: a notebook has one question at most. */
  private _asked(): AskedFrame | InputFrame | null {
    const { runs } = this._options;
    for (const { run, asked, input } of runs.conversation.turns) {
      if (asked && runs.isHosted(run)) {
        return asked;
      }
      if (input && runs.asking.isHere(run)) {
        return input;
      }
    }
    return null;
  }

  private _onTried(_: unknown, { cell, alone, press }: Tried): void {
    const shown = this._shown;
    if (shown?.cell !== cell) {
      return;
    }
    if (alone && press && shown instanceof CellQuestion) {
      shown.run(press);
    } else {
      shown.remind(alone);
    }
  }

  private _cell({ run, step }: AskedFrame | InputFrame): Cell | null {
    const id = cellId(run, step, 'code');
    return this._options.notebook.widgets.find(each => each.model.id === id) ?? null;
  }

  private _shown: CellQuestion | CellInput | null = null;
  private _isDisposed = false;
}
