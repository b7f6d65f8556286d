/**
 * One notebook's side of the panel: which of its conversations is shown, what the person is writing,
 * what they queued, and what they do to its run. Knows nothing of the DOM.
 */
import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import {
  type Api,
  ApiError,
  type Approval,
  type ExportedFile,
  type ExportFormat,
  type ExportShape,
  type NotebookParts
} from './api';
import { BehindMagic } from './behind-magic';
import { namesOf } from './conversation-names';
import { type ConversationView, conversationsOf, isGoingOn } from './conversations';
import { type Attachment, type Draft, EMPTY, given, joined } from './draft';
import { kernelOf } from './kernel-of';
import type { PanelSettings } from './panel-settings';
import { notebookParts } from './parts';
import type { Press } from './press';
import { type InputFrame, KEY } from './protocol';
import * as read from './reading';
import type { TurnView } from './run-model';
import { Rebuilding } from './rebuilding';
import { Reverting } from './reverting';
import type { Standing } from './standing';
import type { INotebookRuns, IRuns } from './tokens';

/** The person asked for a conversation that has no turn yet. */
const NEW = '';

export class Dialogue implements IDisposable {
  constructor(
    private readonly _runs: IRuns,
    readonly runs: INotebookRuns,
    private readonly _settings: () => PanelSettings,
    private readonly _trans: TranslationBundle
  ) {
    runs.conversation.changed.connect(this._onTurns, this);
    runs.queuedChanged.connect(this._tell, this);
    this.notebook.model?.sharedModel.metadataChanged.connect(this._tell, this);
    runs.refusalChanged.connect(this._tell, this);
    _runs.connection.lostChanged.connect(this._tell, this);
    this.notebook.disposed.connect(this.dispose, this);
    this.rebuilding = new Rebuilding(runs, _runs.api, _runs.connection);
    this.reverting = new Reverting(runs, _runs.api, act => this.attempt(act));
    void this.attempt(async () => {
      await runs.load();
      await this.reverting.look();
      await this.rebuilding.look();
    });
  }

  readonly rebuilding: Rebuilding;
  readonly reverting: Reverting;

  get notebook(): NotebookPanel {
    return this.runs.notebook;
  }

  get api(): Api {
    return this._runs.api;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get conversations(): readonly ConversationView[] {
    return conversationsOf(this.runs.conversation.turns, namesOf(this.notebook));
  }

  /** The conversation that is shown; null before its first task. */
  get conversation(): ConversationView | null {
    const all = this.conversations;
    const chosen = this._chosen;
    return chosen === null
      ? (all[all.length - 1] ?? null)
      : (all.find(each => each.id === chosen) ?? null);
  }

  get turns(): readonly TurnView[] {
    return this.conversation?.turns ?? [];
  }

  /** The turn that goes on in this notebook, whichever conversation is shown. */
  get going(): TurnView | null {
    const going = this.runs.conversation.turns.filter(isGoingOn);
    return going[going.length - 1] ?? null;
  }

  /** Tasks that wait for the end of the run that goes on. */
  get queued(): readonly string[] {
    return [...this.runs.queued, ...this._behind.tasks];
  }

  /** What went wrong last, for the person. */
  get trouble(): string {
    return this._wrong === this._dismissed ? '' : this._wrong;
  }

  get draft(): Draft {
    return this._draft;
  }

  set draft(draft: Draft) {
    this._draft = draft;
    this._tell();
  }

  attach(attachment: Attachment): void {
    const others = this._draft.attachments.filter(each => each.key !== attachment.key);
    this.draft = { ...this._draft, attachments: [...others, attachment] };
  }

  /** Show one conversation; without its id begin a new one. */
  choose(id: string = NEW): void {
    this._chosen = id;
    this._tell();
  }

  /** Forget a conversation whose cells were taken out of the notebook. */
  forget({ id, turns }: ConversationView): void {
    this._chosen = this._chosen === id ? null : this._chosen;
    this.runs.forget(turns.map(turn => turn.run));
  }

  /** The person has read what went wrong; it is shown again when it is another, or comes again. */
  dismiss(): void {
    this._dismissed = this.trouble;
    this._trouble = '';
    this._tell();
  }

  /** Send the draft, or what is `written` for the person; it comes back when the server does not take it. */
  async send(options: { model?: string } = {}, written?: Draft): Promise<void> {
    const draft = written ?? this._draft;
    const text = draft.text.trim();
    if (!text) {
      return;
    }
    this.draft = written ? this._draft : EMPTY;
    const turn = this._behind.turn(text);
    // one after the other: the second is queued behind the run that the first begins
    const sending = this._sending
      .then(() => turn)
      .then(goesOn => goesOn && this.attempt(() => this._start(text, draft, options)));
    this._sending = sending;
    if (!(await sending) && (!written || this._draft === EMPTY)) {
      this.draft = joined(draft, this._draft); // with what they wrote since
    }
  }

  /** End the model's call; the kernel is left alone. */
  async stop(): Promise<void> {
    await this._end(async run => {
      if (!this.runs.isHosted(run)) {
        const said = this._trans.__('A cell of yours began this run: interrupt it to end it.');
        throw new ApiError(said, 0);
      }
      await this._runs.api.stop(run);
    });
  }

  /** Interrupt the agent's own running cell; of a magic's run, the magic's, which ends the run. */
  async interrupt(): Promise<void> {
    if (this._goingMagic) {
      this._behind.callOff();
      await this.attempt(async () => this.notebook.sessionContext.session?.kernel?.interrupt());
    } else {
      await this._end(run => this._runs.api.interrupt(run));
    }
  }

  /** Whether this page can give the person's word. */
  get standing(): Standing {
    return this._runs.api.standing;
  }

  approve(run: string, approval: Approval, press: Press | null): Promise<boolean> {
    return this.attempt(() => this._runs.api.approve(run, approval, press));
  }

  input(input: InputFrame, line: string): Promise<boolean> {
    return this.attempt(() => this.runs.asking.answer(input, line));
  }

  /** The conversation as a file; null when the server could not make it. */
  async export(to: ExportFormat, shape: ExportShape): Promise<ExportedFile | null> {
    let file = null;
    await this.attempt(async () => {
      await this.runs.load();
      const name = PathExt.basename(this.notebook.context.localPath, '.ipynb');
      file = await this._runs.api.export({ ...this.parts(), to, shape, name });
    });
    return file;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.rebuilding.dispose();
    this._behind.callOff();
    this.runs.conversation.changed.disconnect(this._onTurns, this);
    this.runs.queuedChanged.disconnect(this._tell, this);
    this.notebook.model?.sharedModel.metadataChanged.disconnect(this._tell, this);
    this.runs.refusalChanged.disconnect(this._tell, this);
    this._runs.connection.lostChanged.disconnect(this._tell, this);
    Signal.clearData(this);
  }

  private async _start(text: string, draft: Draft, options: { model?: string }): Promise<void> {
    await this.runs.load(); // else a conversation that the notebook holds would not go on
    const kernel = await kernelOf(this.notebook.sessionContext);
    if (!kernel) {
      throw new ApiError(
        this._trans.__('This notebook has no kernel. Choose one, then send again.'),
        0
      );
    }
    const { insertCells, model, approve, limits } = this._settings();
    const active = this.notebook.content.activeCell?.model.id ?? '';
    await this._runs.api.start({
      path: this.notebook.context.localPath,
      kernel,
      task: text,
      ...this.parts(),
      after: insertCells === 'below-active' ? active : '',
      ...given(draft),
      options: { ...limits, ...(model && { model }), ...(approve && { approve }), ...options }
    });
    this._chosen = null; // a queued task goes on with the conversation that is going on
  }

  /** The notebook with one conversation: the one that is shown, which a task continues. */
  parts(): NotebookParts {
    const shown = new Set(this.turns.map(turn => turn.run));
    const { cells, metadata } = notebookParts(this.notebook);
    const kept = cells.filter(cell => {
      const mark = read.record(cell.metadata)[KEY];
      return mark === undefined || shown.has(read.text(read.record(mark).run));
    });
    return { cells: kept, metadata };
  }

  /** Both stops drop what was queued; the person gets those words back. */
  private async _end(act: (run: string) => Promise<void>): Promise<void> {
    const { going } = this;
    const { queued } = this.runs;
    if (going && (await this.attempt(() => act(going.run)))) {
      const text = [...queued, this._draft.text].filter(Boolean).join('\n\n');
      this.draft = { ...this._draft, text };
    }
  }

  /** Do something with the server; what goes wrong is told to the person. */
  async attempt(act: () => Promise<void>): Promise<boolean> {
    this._trouble = this._dismissed = '';
    try {
      await act();
      return true;
    } catch (error) {
      this._trouble = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      this._tell();
    }
  }

  private get _wrong(): string {
    return this._trouble || this.runs.refusal || this._away();
  }

  private _away(): string {
    return this._runs.connection.isLost
      ? this._trans.__('The server cannot be reached now; what it tells is shown when it is back.')
      : '';
  }

  private get _goingMagic(): TurnView | null {
    const { going } = this;
    return going && !this.runs.isHosted(going.run) ? going : null;
  }

  private _onTurns(): void {
    this._behind.look(this.runs.conversation.turns);
    this._tell();
  }

  private _tell(): void {
    this._dismissed = this._wrong ? this._dismissed : '';
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _behind = new BehindMagic(
    () => this._goingMagic,
    () => this._tell()
  );
  private _draft = EMPTY;
  private _chosen: string | null = null;
  private _trouble = '';
  private _dismissed = '';
  private _sending: Promise<unknown> = Promise.resolve();
  private _isDisposed = false;
}
