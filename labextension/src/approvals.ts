/** What the agent may do for longer than a run, in a dialog where each can be taken back at once. */
import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { Api } from './api';
import { type Loan, Permissions, type Remembered } from './permissions';

const CLASS = 'jp-codeact-Permissions';

export async function showApprovals(trans: TranslationBundle): Promise<void> {
  const body = new Listed(new Permissions(new Api()), trans);
  const dialog = new Dialog({
    title: trans.__('What the Agent May Do'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
  void body.refresh();
  await dialog.launch();
}

class Listed extends Widget {
  constructor(
    private readonly _permissions: Permissions,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass(CLASS);
    this._trouble.setAttribute('role', 'alert');
  }

  /** Show what is so now. */
  async refresh(): Promise<void> {
    const trans = this._trans;
    try {
      const [entries, loans] = await Promise.all([
        this._permissions.remembered(),
        this._permissions.loans()
      ]);
      const allowed = entries.filter(entry => entry.part === 'allowed');
      const locked = entries.filter(entry => entry.part === 'locked');
      this.node.replaceChildren(
        this._trouble,
        ...this._section(
          trans.__('Runs without a question'),
          trans.__('Nothing: all risky code asks.'),
          allowed.map(entry => this._entry(entry, trans.__('Ask again')))
        ),
        ...this._section(
          trans.__('Locked: asks before it is touched'),
          trans.__('Nothing. “%codeact protect NAME” locks a variable of yours.'),
          locked.map(entry => this._entry(entry, trans.__('Unlock')))
        ),
        ...this._section(
          trans.__('Kernels that ask this server’s model'),
          trans.__('None: no “%%codeact” of a running kernel asked for it.'),
          loans.map(loan => this._loan(loan))
        )
      );
    } catch (error) {
      this._trouble.textContent = error instanceof Error ? error.message : String(error);
      this.node.prepend(this._trouble);
    }
  }

  private _section(title: string, none: string, rows: readonly HTMLElement[]): HTMLElement[] {
    const heading = made('h3', title);
    if (rows.length === 0) {
      return [heading, made('p', none)];
    }
    const list = document.createElement('ul');
    list.setAttribute('aria-label', title);
    list.append(...rows);
    return [heading, list];
  }

  private _entry(entry: Remembered, label: string): HTMLElement {
    const { name, notebook, part, says } = entry;
    const what = part === 'locked' ? made('code', name) : made('span', says);
    const meant = part === 'locked' ? name : says;
    return this._row(what, notebook, label, `${label}: ${meant}, ${notebook}`, () =>
      this._permissions.forget(entry)
    );
  }

  private _loan({ kernel, notebook, tokens, cost, takenBack }: Loan): HTMLElement {
    const trans = this._trans;
    const where = notebook || trans.__('kernel %1', kernel.slice(0, 8));
    const dollars = cost === null ? '' : ` · $${cost.toFixed(4)}`;
    const took = trans.__('%1 tokens', tokens.toLocaleString()) + dollars;
    const label = trans.__('Take back');
    const act = takenBack ? null : () => this._permissions.takeBack(kernel);
    const said = takenBack ? trans.__('%1 · taken back', took) : took;
    return this._row(made('span', where), said, label, `${label}: ${where}`, act);
  }

  private _row(
    what: HTMLElement,
    more: string,
    label: string,
    title: string,
    act: (() => Promise<void>) | null
  ): HTMLElement {
    const row = document.createElement('li');
    const words = document.createElement('div');
    const where = made('small', more);
    where.title = more;
    words.append(what, where);
    row.append(words);
    if (act) {
      const button = made('button', label);
      button.className = 'jp-mod-reject jp-mod-styled';
      button.title = title;
      button.setAttribute('aria-label', title);
      button.onclick = () => void this._do(button, act);
      row.append(button);
    }
    return row;
  }

  private async _do(button: HTMLButtonElement, act: () => Promise<void>): Promise<void> {
    button.disabled = true;
    this._trouble.textContent = '';
    try {
      await act();
    } catch (error) {
      this._trouble.textContent = error instanceof Error ? error.message : String(error);
    }
    await this.refresh();
  }

  private readonly _trouble = document.createElement('p');
}

function made<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, text: string): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
