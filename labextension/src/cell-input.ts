/**
 * A field for the line that the code of a step asks for, below its cell.
 *
 * It takes no focus by itself: what the person types for something else is no answer.
 */
import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { InputFrame } from './protocol';

const CLASS = 'jp-codeact-Question';

export interface CellInputOptions {
  readonly trans: TranslationBundle;
  /** Give the code its line; throws where that cannot be done. */
  readonly answer: (input: InputFrame, line: string) => Promise<void>;
}

export class CellInput implements IDisposable {
  constructor(
    readonly cell: Cell,
    readonly asked: InputFrame,
    private readonly _options: CellInputOptions
  ) {
    const { trans } = _options;
    this._field.type = asked.password ? 'password' : 'text';
    this._field.autocomplete = 'off';
    this._node.dataset.lmSuppressShortcuts = 'true'; // a key of the notebook is no key of the line
    this._send.type = 'submit';
    this._send.textContent = trans.__('Send');
    const label = document.createElement('label');
    label.append(asked.prompt || trans.__('The code asks for a line'), this._field);
    this._trouble.setAttribute('role', 'alert');
    this._node.className = CLASS;
    this._node.append(label, this._send, this._trouble);
    this._node.onsubmit = event => {
      event.preventDefault();
      void this._answer();
    };
    // JupyterLab keeps Enter from the form.
    this._field.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Enter' && !event.isComposing) {
        event.preventDefault();
        void this._answer();
      }
    };
    cell.node.append(this._node);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get hasFocus(): boolean {
    return this._node.contains(document.activeElement);
  }

  /** Bring all of it into view, with the least movement. */
  reveal(): void {
    this._node.scrollIntoView({ block: 'nearest' });
  }

  /** The person tried to run the cell: lead them here. */
  remind(): void {
    this.reveal();
    this._field.focus();
  }

  dispose(): void {
    this._isDisposed = true;
    this._node.remove();
  }

  private async _answer(): Promise<void> {
    this._field.disabled = this._send.disabled = true;
    this._trouble.textContent = '';
    try {
      await this._options.answer(this.asked, this._field.value);
    } catch (error) {
      this._field.disabled = this._send.disabled = false;
      this._trouble.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  private readonly _node = document.createElement('form');
  private readonly _field = document.createElement('input');
  private readonly _send = document.createElement('button');
  private readonly _trouble = document.createElement('p');
  private _isDisposed = false;
}
