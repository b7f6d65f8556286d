/**
 * The question of one step, below the code of the cell that waits: why it asks, and the buttons.
 *
 * The person may change the cell's text while it waits. What it holds when they press Run is what runs.
 * None of the buttons takes the focus by itself, so that no key decides by accident.
 */
import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Api, Approval } from './api';
import { wordToRun } from './asked-code';
import { type Press, pressOf } from './press';
import type { AskedFrame } from './protocol';
import { visible } from './visible';

const ASKS_CLASS = 'jp-mod-codeactAsks';
const CLASS = 'jp-codeact-Question';

export interface CellQuestionOptions {
  readonly api: Pick<Api, 'approve' | 'standing'>;
  readonly trans: TranslationBundle;
  readonly open: (run: string, step: number) => void;
}

export class CellQuestion implements IDisposable {
  constructor(
    readonly cell: Cell,
    readonly asked: AskedFrame,
    private readonly _options: CellQuestionOptions
  ) {
    this._node.className = CLASS;
    this._node.setAttribute('role', 'group');
    this._node.setAttribute('aria-label', _options.trans.__('The question of step %1', asked.step));
    this._node.append(this._words(), this._buttons(), this._trouble);
    this._trouble.setAttribute('role', 'alert');
    cell.addClass(ASKS_CLASS);
    cell.node.append(this._node);
    cell.model.sharedModel.changed.connect(this._update, this);
    _options.api.standing.changed.connect(this._onStanding, this);
    this._onStanding();
    this._update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get hasFocus(): boolean {
    return this._node.contains(document.activeElement);
  }

  /** Let what the cell holds run: the person ran the cell, by this press. */
  run(press: Press): void {
    void this._say(wordToRun(this.asked, this._code), press);
  }

  /** Bring all of it into view, with the least movement. */
  reveal(): void {
    this._node.scrollIntoView({ block: 'nearest' });
  }

  /** The cell was run along with others, or by no key in it: that is no word on this one. */
  remind(alone: boolean): void {
    const { trans } = this._options;
    const said = alone
      ? trans.__('Not run: press Run here, or Shift+Enter in the cell.')
      : trans.__('Not run with the others: press Run here, or run it alone.');
    this._trouble.textContent = said;
    this.reveal();
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
      this._node.remove();
      this.cell.removeClass(ASKS_CLASS);
    }
  }

  private get _code(): string {
    return this.cell.model.sharedModel.getSource();
  }

  private _words(): HTMLElement {
    const { trans } = this._options;
    const { reasons } = this.asked;
    const words = document.createElement('p');
    words.setAttribute('role', 'status');
    const why =
      reasons.length > 0
        ? trans.__('Why it asks: %1', visible(reasons.join('; ')))
        : trans.__('Every action asks.');
    words.textContent = `${trans.__('Waits for your approval, not run yet.')} ${why}`;
    return words;
  }

  private _buttons(): HTMLElement {
    const { trans, open } = this._options;
    const { run, step, hash } = this.asked;
    const footer = document.createElement('div');
    const kind = trans.__('Run this, and from now on all code of this kind in this notebook');
    const add = (button: HTMLButtonElement, label: string, title: string, act: (event: Event) => void) => {
      button.type = 'button';
      button.textContent = label;
      button.title = title;
      button.onclick = act;
      footer.append(button);
    };
    const say = (approval: Approval, event: Event) =>
      void this._say(approval, pressOf(event, this._node));
    add(this._run, '', '', event => say(wordToRun(this.asked, this._code), event));
    this._run.className = 'jp-mod-codeactAccept';
    add(this._runKind, trans.__('Always allow in this notebook'), kind, event =>
      say({ step, hash, decision: 'run-kind' }, event)
    );
    add(this._reject, trans.__('Reject'), trans.__('Do not run this'), event =>
      say({ step, hash, decision: 'reject' }, event)
    );
    const more = document.createElement('button');
    const title = trans.__('Show the question in the panel: edit the code, or say what to do instead');
    add(more, trans.__('Answer in the panel…'), title, () => open(run, step));
    return footer;
  }

  private async _say(approval: Approval, press: Press | null): Promise<void> {
    if (this._sent || (approval.decision === 'edit' && !this._code.trim())) {
      return;
    }
    this._sent = true;
    this._trouble.textContent = '';
    this._update();
    try {
      await this._options.api.approve(this.asked.run, approval, press);
    } catch (error) {
      this._sent = false;
      this._onStanding();
      if (!this._options.api.standing.trouble) {
        this._trouble.textContent = error instanceof Error ? error.message : String(error);
      }
      this._update();
    }
  }

  /** Say it before they press, when this page cannot answer. */
  private _onStanding(): void {
    const { api, trans } = this._options;
    this._trouble.textContent = api.standing.trouble;
    if (api.standing.trouble) {
      const reload = document.createElement('button');
      reload.type = 'button';
      reload.textContent = trans.__('Load the page again');
      reload.onclick = () => window.location.reload();
      this._trouble.append(' ', reload);
    }
  }

  /** Of a kind is the code that was asked about: what the person wrote runs this once. */
  private _update(): void {
    const { trans } = this._options;
    const edited = this._code !== this.asked.code;
    this._run.textContent = edited ? trans.__('Run as edited') : trans.__('Run');
    this._run.title = edited
      ? trans.__('Run what the cell holds now')
      : trans.__('Run this code, this once');
    this._runKind.hidden = edited || !this.asked.scopes.includes('notebook');
    for (const button of [this._run, this._runKind, this._reject]) {
      // one that is disabled would lose the focus
      button.setAttribute('aria-disabled', String(this._sent));
    }
  }

  private readonly _node = document.createElement('div');
  private readonly _trouble = document.createElement('p');
  private readonly _run = document.createElement('button');
  private readonly _runKind = document.createElement('button');
  private readonly _reject = document.createElement('button');
  private _sent = false;
  private _isDisposed = false;
}
