/**
 * What the panel knows beyond one notebook: which notebook is active, what the server can do, and
 * the person's settings. Knows nothing of the DOM.
 */
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api, Status } from './api';
import { Dialogue } from './dialogue';
import { type PanelSettings, panelSettings } from './panel-settings';
import type { INotebookRuns, IRuns } from './tokens';

export class PanelModel implements IDisposable {
  constructor(
    private readonly _runs: IRuns,
    private readonly _tracker: INotebookTracker,
    private readonly _stored: ISettingRegistry.ISettings | null,
    private readonly _trans: TranslationBundle
  ) {
    _tracker.currentChanged.connect(this._onCurrent, this);
    _runs.added.connect(this._onCurrent, this);
    _stored?.changed.connect(this._onSettings, this);
    this._onSettings();
    this._onCurrent();
    void this.askStatus();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get api(): Api {
    return this._runs.api;
  }

  /** The active notebook's dialogue; null while no notebook is open. */
  get dialogue(): Dialogue | null {
    return this._dialogue;
  }

  /** What the server can do; null until it said so. */
  get status(): Status | null {
    return this._status;
  }

  /** Why the server did not say what it can do. */
  get statusTrouble(): string {
    return this._statusTrouble;
  }

  get settings(): PanelSettings {
    return this._settings;
  }

  async set(changes: Partial<PanelSettings>): Promise<void> {
    this._settings = { ...this._settings, ...changes };
    this._tell();
    for (const [name, value] of Object.entries(changes)) {
      await this._stored?.set(name, value);
    }
  }

  async askStatus(): Promise<void> {
    try {
      this._status = await this._runs.api.status();
      this._statusTrouble = '';
    } catch (error) {
      this._statusTrouble = error instanceof Error ? error.message : String(error);
    }
    this._tell();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._tracker.currentChanged.disconnect(this._onCurrent, this);
    this._stored?.changed.disconnect(this._onSettings, this);
    this._runs.added.disconnect(this._onCurrent, this);
    Signal.clearData(this);
  }

  /** The dialogue of a notebook; null when its runs are not known (yet). */
  of(notebook: NotebookPanel): Dialogue | null {
    const runs = this._runs.of(notebook);
    if (!runs) {
      return null;
    }
    const known = this._dialogues.get(runs);
    if (known && !known.isDisposed) {
      return known;
    }
    const dialogue = new Dialogue(this._runs, runs, () => this._settings, this._trans);
    this._dialogues.set(runs, dialogue);
    return dialogue;
  }

  /** The dialogue of a notebook that was just opened. */
  async ready(notebook: NotebookPanel): Promise<Dialogue | null> {
    await notebook.context.ready;
    for (let tries = 0; tries < 50 && !this.of(notebook) && !notebook.isDisposed; tries++) {
      await new Promise(done => setTimeout(done, 20)); // other plugins take it up meanwhile
    }
    return this.of(notebook);
  }

  private _onCurrent(): void {
    const notebook = this._tracker.currentWidget;
    this._dialogue = notebook && !notebook.isDisposed ? this.of(notebook) : null;
    this._tell();
  }

  private _onSettings(): void {
    this._settings = panelSettings(this._stored);
    this._tell();
  }

  private _tell(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _dialogues = new WeakMap<INotebookRuns, Dialogue>();
  private _dialogue: Dialogue | null = null;
  private _status: Status | null = null;
  private _statusTrouble = '';
  private _settings: PanelSettings = panelSettings(null);
  private _isDisposed = false;
}
