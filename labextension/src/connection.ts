/**
 * Owns the one socket to the server's `follow` route.
 *
 * It connects when the first notebook is followed, reconnects with growing pauses, follows again
 * what was followed, from where the frames broke off, and tells the server what the person did.
 * While the socket is down such messages are kept, except for notebooks that are followed no more.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { ROUTES } from './api';
import { parseServerMessage } from './parsing';
import type { ClientMessage, Deed, ServerMessage } from './protocol';

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;

/** What is followed: a notebook, with the kernel connection through which this tab sees it. */
export interface Following {
  readonly path: string;
  readonly kernel: string;
  readonly client: string;
  readonly collaborative: boolean;
  /** When the file had last been written as this tab has it; empty where that is not known. */
  readonly loaded: string;
}

type Told = Extract<ClientMessage, { type: Deed | 'saved' | 'forgotten' | 'printed' }>;

export class Connection implements IDisposable {
  constructor(private readonly _settings = ServerConnection.makeSettings()) {}

  /** What the server sends, parsed. */
  get received(): ISignal<this, ServerMessage> {
    return this._received;
  }

  /** The socket that was up went down, and is tried again. */
  get isLost(): boolean {
    return this._isLost;
  }

  get lostChanged(): ISignal<this, boolean> {
    return this._lostChanged;
  }

  get connected(): boolean {
    return this._socket?.readyState === WebSocket.OPEN;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Follow a notebook, or follow it with another kernel. */
  follow(following: Following): void {
    this._followed.set(following.path, following);
    this._open();
    this._send(this._followMessage(following));
  }

  /** Have the frames of a notebook's runs sent again, from their beginning. */
  restart(path: string): void {
    const following = this._followed.get(path);
    if (following) {
      this._seen.delete(path);
      this._resumes.delete(path);
      this._send(this._followMessage(following));
    }
  }

  unfollow(path: string): void {
    if (this._followed.delete(path)) {
      this._seen.delete(path);
      this._resumes.delete(path);
      this._kept = this._kept.filter(message => message.path !== path);
      this._send({ type: 'unfollow', path });
    }
  }

  /** The number of the last frame of each run of a notebook that came by this socket. */
  seen(path: string): Readonly<Record<string, number>> {
    return this._seen.get(path) ?? {};
  }

  /** Tell what the person did to a cell of a run, that the notebook was saved, or its kernel is heard. */
  tell(message: Told): void {
    if (!this._send(message)) {
      this._kept.push(message);
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._followed.clear();
    this._socket?.close();
    this._socket = null;
    Signal.clearData(this);
  }

  private _open(): void {
    if (this._socket || this._timer !== undefined || this._isDisposed) {
      return;
    }
    const url = new URL(URLExt.join(this._settings.wsUrl, ROUTES, 'follow'));
    if (this._settings.appendToken && this._settings.token) {
      url.searchParams.append('token', this._settings.token);
    }
    const socket = new this._settings.WebSocket(url.href);
    socket.onopen = () => this._onOpen();
    socket.onmessage = event => this._onMessage(event);
    socket.onclose = () => this._onClose(socket);
    this._socket = socket;
  }

  private _onOpen(): void {
    this._pause = FIRST_PAUSE;
    this._setLost(false);
    for (const following of this._followed.values()) {
      this._send(this._followMessage(following));
    }
    const kept = this._kept;
    this._kept = [];
    kept.forEach(message => this.tell(message));
  }

  private _onMessage(event: MessageEvent<unknown>): void {
    let data: unknown;
    try {
      data = JSON.parse(String(event.data));
    } catch {
      return; // not of ours: proxies are known to send words of their own
    }
    const message = parseServerMessage(data);
    if (message && this._followed.has(message.path)) {
      this._note(message);
      this._received.emit(message);
    }
  }

  private _onClose(socket: WebSocket): void {
    if (this._isDisposed || socket !== this._socket) {
      return;
    }
    this._socket = null;
    this._setLost(true);
    this._timer = setTimeout(() => {
      this._timer = undefined;
      if (this._followed.size > 0) {
        this._open();
      }
    }, this._pause);
    this._pause = Math.min(this._pause * 2, LONGEST_PAUSE);
  }

  /**
   * Keep the number of the last frame that came by this socket, to resume behind it.
   *
   * Frames that came by the kernel's own socket do not count: that one drops some in a flood.
   */
  private _note(message: ServerMessage): void {
    if (message.type === 'following') {
      this._resumes.add(message.path);
    } else if (message.type === 'frame') {
      const seen = this.seen(message.path);
      const { run, number } = message.frame;
      this._seen.set(message.path, { ...seen, [run]: Math.max(seen[run] ?? 0, number) });
    }
  }

  private _followMessage(following: Following): ClientMessage {
    const { path } = following;
    return { type: 'follow', ...following, seen: this.seen(path), resumes: this._resumes.has(path) };
  }

  private _setLost(isLost: boolean): void {
    if (isLost !== this._isLost) {
      this._isLost = isLost;
      this._lostChanged.emit(isLost);
    }
  }

  private _send(message: ClientMessage): boolean {
    if (!this.connected) {
      return false;
    }
    this._socket?.send(JSON.stringify(message));
    return true;
  }

  private readonly _received = new Signal<this, ServerMessage>(this);
  private readonly _lostChanged = new Signal<this, boolean>(this);
  /** The notebooks that the server has told us it follows. */
  private readonly _resumes = new Set<string>();
  private _isLost = false;
  private readonly _followed = new Map<string, Following>();
  private readonly _seen = new Map<string, Readonly<Record<string, number>>>();
  private _kept: Told[] = [];
  private _socket: WebSocket | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _pause = FIRST_PAUSE;
  private _isDisposed = false;
}
