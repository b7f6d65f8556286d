/**
 * The small mark on each cell of a run: which step it is, how it stands, and whether it has run.
 *
 * Styles are in style/cells.css and read the `data-codeact-*` attributes of the cell's node.
 */
import { type Cell, isCodeCellModel } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Projector } from './projector';
import { KEY } from './protocol';
import { markOf } from './run-cell';

const CELL_CLASS = 'jp-codeact-Cell';
const MARK_CLASS = 'jp-codeact-Mark';

interface Added {
  readonly newIndex: number;
  readonly newValues: readonly unknown[];
}

export interface MarksOptions {
  readonly notebook: Notebook;
  readonly projector: Projector;
  readonly trans: TranslationBundle;
  /** The person asks for the step of a mark. */
  readonly open: (run: string, step: number) => void;
}

export class Marks implements IDisposable {
  constructor(private readonly _options: MarksOptions) {
    const { notebook, projector } = _options;
    notebook.model?.cells.changed.connect(this._markNew, this);
    projector.phaseChanged.connect((_, cell) => this._mark(cell.widget));
    this._markNew();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._options.notebook.widgets.forEach(unmark);
      Signal.clearData(this);
    }
  }

  /** Mark the cells that were not seen before: of those that were added, where that is known. */
  private _markNew(_?: unknown, added?: Added): void {
    const { widgets } = this._options.notebook;
    const { newIndex, newValues } = added ?? { newIndex: 0, newValues: widgets };
    for (const widget of widgets.slice(newIndex, newIndex + newValues.length)) {
      if (!this._seen.has(widget)) {
        this._seen.add(widget);
        widget.model.metadataChanged.connect((_, { key }) => {
          if (key === KEY) {
            this._markAgain(widget);
          }
        }, this);
        widget.model.stateChanged.connect((_, { name }) => {
          if (name === 'executionState') {
            this._markAgain(widget);
          }
        }, this);
        this._mark(widget);
      }
    }
  }

  private _markAgain(widget: Cell): void {
    if (!this._isDisposed && !widget.isDisposed) {
      this._mark(widget);
    }
  }

  private _mark(widget: Cell): void {
    const mark = markOf(widget);
    if (!mark) {
      return unmark(widget);
    }
    const phase = this._options.projector.cell(widget.model.id)?.phase ?? 'final';
    const state = phase === 'final' ? statusOf(widget, mark.status) : phase;
    widget.addClass(CELL_CLASS);
    Object.assign(widget.node.dataset, {
      codeactRun: mark.run,
      codeactStep: String(mark.step),
      codeactRole: mark.role,
      codeactState: state
    });
    const label = this._label(mark.role, mark.step);
    const said = this._state(state);
    const button = buttonOf(widget, () => this._options.open(mark.run, mark.step));
    button.textContent = label;
    button.title = said ? `${label}: ${said}` : label;
    button.setAttribute('aria-label', this._options.trans.__('%1. Show in the panel', button.title));
    widget.node.dataset.codeactNote = phase === 'typing' || phase === 'waiting' ? said : '';
  }

  private _label(role: string, step: number): string {
    const { trans } = this._options;
    switch (role) {
      case 'task':
        return trans.__('task');
      case 'answer':
        return trans.__('answer');
      default:
        return trans.__('step %1', step);
    }
  }

  private _state(state: string): string {
    const { trans } = this._options;
    const words: Readonly<Record<string, string | undefined>> = {
      typing: trans.__('being written, not run yet'),
      waiting: trans.__('waits for your approval, not run yet'),
      running: trans.__('running'),
      ok: trans.__('done'),
      error: trans.__('ended with an error'),
      interrupted: trans.__('interrupted'),
      rejected: trans.__('rejected, not run'),
      unknown: trans.__('its end was not seen')
    };
    return words[state] ?? '';
  }

  private readonly _seen = new WeakSet<Cell>();
  private _isDisposed = false;
}

/** What the record says; while another front end projects, the cell itself says that it runs. */
function statusOf({ model }: Cell, status: string): string {
  const runs = isCodeCellModel(model) && model.executionState === 'running';
  return status === 'unknown' && runs ? 'running' : status;
}

function buttonOf(widget: Cell, open: () => void): HTMLButtonElement {
  const there = widget.node.querySelector<HTMLButtonElement>(`:scope > .${MARK_CLASS}`);
  const button = there ?? document.createElement('button');
  if (!there) {
    button.type = 'button';
    button.className = MARK_CLASS;
    widget.node.append(button);
  }
  button.onclick = open;
  return button;
}

function unmark(widget: Cell): void {
  widget.removeClass(CELL_CLASS);
  widget.node.querySelector(`:scope > .${MARK_CLASS}`)?.remove();
}
