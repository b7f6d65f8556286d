/**
 * Rebuilding one notebook's kernel: when it is offered, how it goes, and what it found. Knows nothing
 * of the DOM.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api } from './api';
import type { Connection } from './connection';
import { isGoingOn } from './conversations';
import { namesIn } from './names-in';
import { wholeParts } from './parts';
import type { Rebuilt, ServerMessage } from './protocol';
import type { INotebookRuns } from './tokens';

export type RebuildState = 'none' | 'offered' | 'going' | 'done' | 'failed';

const FORGETTING: readonly Kernel.Status[] = ['restarting', 'autorestarting', 'dead'];

export class Rebuilding implements IDisposable {
  constructor(
    private readonly _runs: INotebookRuns,
    private readonly _api: Api,
    private readonly _connection: Connection
  ) {
    const { sessionContext } = this._notebook;
    sessionContext.statusChanged.connect(this._onStatus, this);
    sessionContext.kernelChanged.connect(this._onKernel, this);
    _runs.conversation.changed.connect(this._onTurns, this);
    _connection.received.connect(this._onReceived, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get state(): RebuildState {
    return this._state;
  }

  /** Which cell of how many is run again now; 0 of 0 before the first. */
  get progress(): { readonly cell: number; readonly of: number } {
    return this._progress;
  }

  /** What is said of it: how it went, or why it did not. */
  get lines(): readonly string[] {
    return this._found.lines;
  }

  /** The effects for which code was skipped, which the person may allow. */
  get kinds(): readonly string[] {
    return this._found.kinds;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The conversation was read from the notebook: offer it where the kernel has nothing of it. */
  async look(): Promise<void> {
    const kernel = this._notebook.sessionContext.session?.kernel;
    this._looksLater = kernel?.status !== 'idle';
    if (kernel && this._ranCode && !this._looksLater) {
      const names = await namesIn(kernel, this._api);
      this._looksLater = names === null; // the next cell runs already
      if (names?.length === 0) {
        this._offer();
      }
    }
  }

  /**
   * Run again what the notebook holds; `allow` are the effects that need no question. To run it a second
   * time, the kernel is restarted: else it would run on top of what is there.
   */
  async start(allow: readonly string[] = [], restart = false): Promise<void> {
    if (this._state === 'going') {
      return;
    }
    this._progress = { cell: 0, of: 0 };
    this._set('going');
    const { context, sessionContext } = this._notebook;
    try {
      await sessionContext.ready;
      if (restart) {
        await sessionContext.session?.kernel?.restart();
      }
      const kernel = sessionContext.session?.kernel?.id ?? '';
      const parts = wholeParts(this._notebook);
      const found = await this._api.rebuild({ path: context.localPath, kernel, ...parts, allow });
      this._set('done', found);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this._set('failed', { lines: [said], kinds: [], same: false });
    }
  }

  /** Interrupt the cell that is run again, and run no more. */
  async stop(): Promise<void> {
    await this._api.stopRebuild(this._notebook.context.localPath).catch(() => undefined); // it is over
  }

  dismiss(): void {
    this._set('none');
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._notebook.sessionContext.statusChanged.disconnect(this._onStatus, this);
    this._notebook.sessionContext.kernelChanged.disconnect(this._onKernel, this);
    this._runs.conversation.changed.disconnect(this._onTurns, this);
    this._connection.received.disconnect(this._onReceived, this);
    Signal.clearData(this);
  }

  private get _notebook(): NotebookPanel {
    return this._runs.notebook;
  }

  private get _ranCode(): boolean {
    return this._runs.conversation.turns.some(turn => turn.steps.some(step => step.code !== ''));
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (FORGETTING.includes(status)) {
      this._offer();
    } else if (status === 'idle' && this._looksLater) {
      this._lookSoon();
    }
  }

  /** Another kernel has nothing of it; one that is found when the page is loaded may have all of it. */
  private _onKernel(_: unknown, kernels: Session.ISessionConnection.IKernelChangedArgs): void {
    if (kernels.oldValue && kernels.newValue) {
      this._offer();
    } else {
      this._lookSoon();
    }
  }

  private _lookSoon(): void {
    this.look().catch(() => undefined); // the server is away: nothing is offered then
  }

  private _offer(): void {
    if (this._ranCode && this._state !== 'going') {
      this._set('offered');
    }
  }

  /** Whoever goes on without it has seen the offer, or what it found. */
  private _onTurns(): void {
    if (this._state !== 'going' && this._runs.conversation.turns.some(isGoingOn)) {
      this._set('none');
    }
  }

  /** How far it is: also for a page that did not begin it, or was loaded again since. */
  private _onReceived(_: Connection, message: ServerMessage): void {
    if (message.path !== this._notebook.context.localPath) {
      return;
    }
    if (message.type === 'rebuilding') {
      this._progress = { cell: message.cell, of: message.of };
      this._set('going');
    } else if (message.type === 'rebuilt' && this._state === 'going') {
      this._set(message.found ? 'done' : 'none', message.found ?? undefined);
    }
  }

  private _set(state: RebuildState, found: Rebuilt = { lines: [], kinds: [], same: true }): void {
    if (this._isDisposed || (this._state === 'none' && state === 'none')) {
      return;
    }
    this._state = state;
    this._found = found;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _state: RebuildState = 'none';
  private _progress = { cell: 0, of: 0 };
  private _found: Rebuilt = { lines: [], kinds: [], same: true };
  /** The kernel was busy, or not connected, when it was to be looked at. */
  private _looksLater = false;
  private _isDisposed = false;
}
