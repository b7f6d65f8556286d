/** What the walls around a notebook's kernel are, as the server says; asked again when they may differ. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api, Sandbox } from './api';
import * as read from './reading';

/** The provisioner that `codeact sandbox install` writes into a kernelspec. */
const PROVISIONER = 'codeact-sandbox';
const ENDED: readonly string[] = ['autorestarting', 'restarting', 'dead'];

export class Walls implements IDisposable {
  constructor(
    readonly notebook: NotebookPanel,
    private readonly _api: Api
  ) {
    notebook.sessionContext.kernelChanged.connect(this._onKernel, this);
    notebook.sessionContext.statusChanged.connect(this._onStatus, this);
    void this.look();
  }

  /** What the server said last of the kernel that the notebook has now; null when it said nothing. */
  get told(): Sandbox | null {
    return this._told;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The walls ended the kernel: what is told says why. */
  get ended(): ISignal<this, Sandbox> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether the kernel is in a sandbox; until the server has said it, its kernelspec does. */
  get stand(): boolean {
    const { sessionContext } = this.notebook;
    const name = sessionContext.session?.kernel?.name ?? '';
    const spec = sessionContext.specsManager.specs?.kernelspecs[name];
    const provisioner = read.record(read.record(spec?.metadata).kernel_provisioner);
    return this._told?.sandboxed ?? provisioner.provisioner_name === PROVISIONER;
  }

  /** Ask the server. */
  async look(): Promise<void> {
    const kernel = this._kernel;
    const told = kernel ? await this._api.sandbox(kernel).catch(() => null) : null;
    if (kernel === this._kernel) {
      this._take(told);
    }
  }

  /** Let the kernel's scripts through, or filter them again. */
  async trust(trusted: boolean): Promise<void> {
    const kernel = this._kernel;
    const told = await this._api.trustSandbox(kernel, trusted).catch(() => null);
    if (told && kernel === this._kernel) {
      this._take(told);
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.notebook.sessionContext.kernelChanged.disconnect(this._onKernel, this);
    this.notebook.sessionContext.statusChanged.disconnect(this._onStatus, this);
    Signal.clearData(this);
  }

  private _onKernel(): void {
    this._take(null);
    void this.look();
  }

  /** A kernel that died may have been ended because it used too much. */
  private _onStatus(_: unknown, status: string): void {
    if (ENDED.includes(status)) {
      void this.look();
    }
  }

  private _take(told: Sandbox | null): void {
    if (this._isDisposed) {
      return;
    }
    const before = this._told;
    this._told = told;
    this._changed.emit();
    if (told?.whyEnded && before?.sandboxed && told.endings > before.endings) {
      this._ended.emit(told);
    }
  }

  private get _kernel(): string {
    return this.notebook.sessionContext.session?.kernel?.id ?? '';
  }

  private _told: Sandbox | null = null;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Sandbox>(this);
}
