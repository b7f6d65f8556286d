/** The mark in a notebook's toolbar that says its kernel is in a sandbox, and how far it is trusted. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Api, Sandbox } from './api';

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
    this._look();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._notebook.sessionContext.kernelChanged.disconnect(this._look, this);
    }
    super.dispose();
  }

  private _look(): void {
    void this._askServer();
  }

  /** Ask the server about the kernel that the notebook has now. */
  private async _askServer(): Promise<void> {
    const kernel = this._kernel;
    const told = kernel ? await this._api.sandbox(kernel).catch(() => null) : null;
    if (kernel === this._kernel && !this.isDisposed) {
      this._show(told);
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
    const body = [this._words(told), refused, gives].filter(Boolean).join('\n\n');
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
