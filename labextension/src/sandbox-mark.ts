/** The mark in a notebook's toolbar that says its kernel is in a sandbox, and how far it is trusted. */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Api, Sandbox } from './api';

const ENDED: readonly string[] = ['autorestarting', 'restarting', 'dead'];

export class SandboxMark extends Widget {
  constructor(
    private readonly _notebook: NotebookPanel,
    private readonly _api: Api,
    private readonly _trans: TranslationBundle
  ) {
    super({ node: document.createElement('button') });
    this.addClass('codeact-SandboxMark');
    this.node.addEventListener('click', () => {
      void this._ask();
    });
    this.hide();
    _notebook.sessionContext.kernelChanged.connect(this._look, this);
    _notebook.sessionContext.statusChanged.connect(this._onStatus, this);
    this._look();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._notebook.sessionContext.kernelChanged.disconnect(this._look, this);
      this._notebook.sessionContext.statusChanged.disconnect(this._onStatus, this);
    }
    super.dispose();
  }

  private _look(): void {
    void this._askServer();
  }

  /** A kernel that died may have been ended because it used too much. */
  private _onStatus(_: unknown, status: string): void {
    if (ENDED.includes(status)) {
      void this._askServer();
    }
  }

  /** Ask the server about the kernel that the notebook has now. */
  private async _askServer(): Promise<void> {
    const kernel = this._kernel;
    const told = kernel ? await this._api.sandbox(kernel).catch(() => null) : null;
    if (kernel === this._kernel && !this.isDisposed) {
      this._sayEnding(this._told, told);
      this._show(told);
    }
  }

  private _sayEnding(before: Sandbox | null, now: Sandbox | null): void {
    if (now?.whyEnded && before?.sandboxed && now.endings > before.endings) {
      const name = this._notebook.title.label;
      Notification.error(
        this._trans.__(
          'The kernel of %1 died: %2. Its variables are gone; it is started again.',
          name,
          now.whyEnded
        ),
        { autoClose: false }
      );
    }
  }

  private _show(told: Sandbox | null): void {
    this._told = told;
    this.setHidden(!told?.sandboxed);
    if (told) {
      const name = told.walls === 'landlock' ? this._trans.__('Weak sandbox') : this._trans.__('Sandbox');
      this.node.textContent = told.trusted ? this._trans.__('%1, scripts trusted', name) : name;
      this.node.title = this._words(told);
      this.toggleClass('codeact-mod-trusted', told.trusted);
    }
  }

  private _words(told: Sandbox): string {
    const network =
      told.hosts.length > 0
        ? this._trans.__('Of the network this kernel reaches %1 alone.', told.hosts.join(', '))
        : this._trans.__('This kernel has no network.');
    const files = this._trans.__('It sees no file of yours but this folder, and writes nowhere else.');
    const walls = told.lacking ? this._trans.__('Its walls are %1.', told.lacking) : '';
    return [network, files, walls].filter(Boolean).join(' ');
  }

  private async _ask(): Promise<void> {
    await this._askServer();
    const [told, kernel] = [this._told, this._kernel];
    if (!told || !kernel) {
      return;
    }
    const trust = told.trusted
      ? Dialog.okButton({ label: this._trans.__('Filter scripts again') })
      : Dialog.warnButton({ label: this._trans.__('Trust scripts') });
    const refused = told.refused.map(each => this._trans.__('Refused: %1.', each)).join(' ');
    const gives = told.trusted ? '' : told.givesAway;
    const ended = told.whyEnded ? this._trans.__('It died: %1.', told.whyEnded) : '';
    const body = [this._words(told), ended, refused, gives].filter(Boolean).join('\n\n');
    const close = Dialog.cancelButton({ label: this._trans.__('Close') });
    const buttons = [close, trust];
    const title = this._trans.__('This notebook runs in a sandbox');
    const { button } = await showDialog({ title, body, buttons, defaultButton: 0 });
    if (button.accept) {
      this._show(await this._api.trustSandbox(kernel, !told.trusted).catch(() => told));
    }
  }

  private get _kernel(): string {
    return this._notebook.sessionContext.session?.kernel?.id ?? '';
  }

  private _told: Sandbox | null = null;
}
