/**
 * One open notebook with its runs: takes frames from the kernel's socket and the server's, passes them
 * to the conversation and, where this front end projects, to the projector.
 *
 * Frames and executions on the kernel's socket are this notebook's when this very connection asked for
 * them, or when the server says that the run is: other notebooks may use the same kernel.
 */
import type { Cell } from '@jupyterlab/cells';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { executionOf, parentOf } from './adoption';
import type { Api } from './api';
import { Asking } from './asking';
import type { Connection } from './connection';
import { isGoingOn } from './conversations';
import { Forgotten } from './forgotten';
import { MagicReverts } from './magic-reverts';
import { parseFrame } from './parsing';
import { runParts } from './parts';
import { Projecting } from './projecting';
import { Projector } from './projector';
import { type DeedDone, type Frame, MESSAGE_TYPE, type ServerMessage } from './protocol';
import { ConversationModel } from './run-model';
import { Saves } from './saves';
import { cellId, type INotebookRuns } from './tokens';
import { Walls } from './walls';

export class NotebookRuns implements INotebookRuns, IDisposable {
  /** The notebook's context is ready: it has a model. */
  constructor(
    readonly notebook: NotebookPanel,
    private readonly _connection: Connection,
    private readonly _api: Api
  ) {
    this.projector = new Projector(notebook.content);
    this._projecting = new Projecting(this.projector, _connection, () => this._collaborative);
    this.asking = new Asking({
      api: _api,
      kernel: () => this._kernel,
      isHosted: run => this.isHosted(run),
      isOwn: run => this._runsOfKernel.has(run),
      waits: cell => this.projector.cell(cell)?.phase === 'waiting'
    });
    this.reverts = new MagicReverts(this, _api);
    this.walls = new Walls(notebook, _api);
    this._forgotten = new Forgotten(notebook, () => void this._load());
    this._saves = new Saves(_connection, this.projector, this._projecting);
    this.projector.done.connect(this._onDeed, this);
    notebook.sessionContext.iopubMessage.connect(this._onIOPub, this);
    notebook.sessionContext.kernelChanged.connect(this._onKernelChanged, this);
    notebook.sessionContext.statusChanged.connect(this._onStatus, this);
    notebook.sessionContext.connectionStatusChanged.connect(this._onHeard, this);
    notebook.context.saveState.connect(this._onSave, this);
    notebook.context.pathChanged.connect(this._follow, this);
    _connection.received.connect(this._onReceived, this);
    _connection.lostChanged.connect((_, lost) => this._projecting.connectionChanged(lost), this);
    notebook.disposed.connect(this.dispose, this);
    this._follow();
  }

  readonly conversation = new ConversationModel();
  readonly projector: Projector;
  readonly asking: Asking;
  readonly reverts: MagicReverts;
  readonly walls: Walls;

  get refusal(): string {
    return this._refusal;
  }

  get refusalChanged(): ISignal<this, string> {
    return this._refusalChanged;
  }

  /** The runs whose frames came by this notebook's kernel connection, since the kernel started. */
  get runsOfKernel(): ReadonlySet<string> {
    return this._runsOfKernel;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get queued(): readonly string[] {
    return this._queued;
  }

  get queuedChanged(): ISignal<this, void> {
    return this._queuedChanged;
  }

  forget(runs: readonly string[]): void {
    for (const run of runs) {
      this.conversation.forget(run);
      this._projecting.forget(run);
    }
    this._forgotten.add(runs);
    this._connection.tell({ type: 'forgotten', path: this._path, runs });
  }

  isHosted(run: string): boolean {
    return this._hosted.has(run);
  }

  originOf(run: string): string {
    return this._origins.get(run) ?? '';
  }

  takeDeeds(): readonly DeedDone[] {
    const deeds = this._deeds;
    this._deeds = [];
    return deeds;
  }

  ranByPerson(cell: Cell): void {
    this.projector.ranByPerson(cell);
  }

  load(): Promise<void> {
    this._loading ??= this._load().catch(error => {
      this._loading = null;
      throw error;
    });
    return this._loading;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._connection.unfollow(this._path);
    this.projector.dispose();
    this.walls.dispose();
    Signal.clearData(this);
  }

  private get _kernel(): Kernel.IKernelConnection | null {
    return this.notebook.sessionContext.session?.kernel ?? null;
  }

  /** Whether what is said of this kernel is still of this notebook. */
  private _isOfNow(kernel: string): boolean {
    return kernel === '' || kernel === this._kernel?.id;
  }

  private get _collaborative(): boolean {
    return this.notebook.context.model.collaborative ?? false;
  }

  private _follow(): void {
    const { localPath } = this.notebook.context;
    if (this._path && this._path !== localPath) {
      this._connection.unfollow(this._path);
    }
    this._path = localPath;
    this._connection.follow({
      path: localPath,
      kernel: this._kernel?.id ?? '',
      client: this._kernel?.clientId ?? '',
      collaborative: this._collaborative,
      loaded: this.notebook.context.contentsModel?.last_modified ?? ''
    });
  }

  private _onKernelChanged(): void {
    this._forgetKernel();
    this._follow();
  }

  private _forgetKernel(): void {
    this._runsOfKernel.clear();
    this._deeds = [];
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._forgetKernel();
    }
  }

  /** What came between the server's account and the opening of the kernel's socket came to nobody. */
  private _onHeard(_: unknown, status: Kernel.ConnectionStatus): void {
    const kernel = this._kernel?.id;
    if (status === 'connected' && kernel) {
      this._connection.tell({ type: 'printed', path: this._path, kernel });
    }
  }

  private _onReceived(_: Connection, message: ServerMessage): void {
    if (message.path !== this._path) {
      return;
    }
    switch (message.type) {
      case 'following':
        message.runs.forEach(run => this._projecting.own(run));
        this._breakOff(new Set([...message.runs, ...this._runsOfKernel]));
        this._setLead(message.lead);
        return this._setRefusal('');
      case 'lead':
        return this._setLead(message.lead);
      case 'frame':
        if (message.hosted) {
          this._hosted.add(message.frame.run);
        }
        this._projecting.own(message.frame.run);
        return this._take(message.frame, false);
      case 'queue':
        this._queued = message.tasks;
        return this._queuedChanged.emit();
      case 'printed':
        return this._kernel ? this._projecting.takePrinted(message, this._kernel) : undefined;
      case 'rebuilding':
      case 'rebuilt':
        return; // the panel takes these
      case 'refused':
        return this._isOfNow(message.kernel) ? this._setRefusal(message.message) : undefined;
    }
  }

  /** Runs that nobody knows any more are over: the server that they lived in has ended. */
  private _breakOff(known: ReadonlySet<string>): void {
    for (const turn of this.conversation.turns.filter(isGoingOn)) {
      if (!known.has(turn.run)) {
        this.conversation.breakOff(turn.run);
        this.projector.leave(turn.run);
      }
    }
  }

  private _onIOPub(_: unknown, message: KernelMessage.IMessage): void {
    const kernel = this._kernel;
    if (!kernel) {
      return;
    }
    const own = parentOf(message).session === kernel.clientId;
    const type: string = message.header.msg_type;
    if (type === MESSAGE_TYPE) {
      const frame = own ? parseFrame(message.content) : null;
      if (frame && !this._hosted.has(frame.run)) {
        this._projecting.own(frame.run);
        this._runsOfKernel.add(frame.run);
        this._take(frame, true);
      }
      return;
    }
    const execution = executionOf(message);
    if (execution) {
      this._projecting.takeMessage({ kernel, execution, message }, own);
    }
  }

  private _take(frame: Frame, own: boolean): void {
    if (this._kept.delete(frame.run)) {
      this.conversation.forget(frame.run);
    }
    if (frame.type === 'cell' && frame.cell.id === cellId(frame.run, 0, 'task')) {
      this._origins.set(frame.run, frame.after);
    }
    this.conversation.take(frame);
    this._projecting.take(frame, own);
  }

  private _setLead(lead: boolean): void {
    if (this._projecting.named(lead)) {
      this._connection.restart(this._path);
    }
  }

  private _setRefusal(refusal: string): void {
    if (refusal !== this._refusal) {
      this._refusal = refusal;
      this._refusalChanged.emit(refusal);
    }
  }

  private _onDeed(_: Projector, deed: DeedDone): void {
    this._connection.tell({ ...deed, path: this._path });
    // The kernel of a magic's run sees by itself what the person runs.
    if (this._runsOfKernel.has(deed.run) && deed.type !== 'ran') {
      this._deeds.push(deed);
    }
  }

  private _onSave(_: unknown, state: DocumentRegistry.SaveState): void {
    this._saves.take(this._path, state);
  }

  private async _load(): Promise<void> {
    const parts = runParts(this.notebook);
    if (parts.cells.length === 0) {
      return;
    }
    for (const frame of await this._api.read(parts)) {
      if (!this._projecting.has(frame.run)) {
        this._kept.add(frame.run);
        this.conversation.take(frame);
      }
    }
  }

  private readonly _refusalChanged = new Signal<this, string>(this);
  private readonly _queuedChanged = new Signal<this, void>(this);
  private readonly _projecting: Projecting;
  private readonly _saves: Saves;
  private readonly _forgotten: Forgotten;
  private readonly _runsOfKernel = new Set<string>();
  /** The runs of which the server is told by no kernel: code that runs in one may say anything. */
  private readonly _hosted = new Set<string>();
  private readonly _origins = new Map<string, string>();
  /** What the person did to cells of this kernel's runs, which it has not been told yet. */
  private _deeds: DeedDone[] = [];
  /** The runs that are known from the notebook only. */
  private readonly _kept = new Set<string>();
  private _loading: Promise<void> | null = null;
  private _path = '';
  /** The tasks that wait in the server behind the run that goes on. */
  private _queued: readonly string[] = [];
  private _refusal = '';
  private _isDisposed = false;
}
