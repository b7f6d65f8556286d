/** One piece of Markdown in the page: rendered again when its text grows, never twice at once. */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { IDisposable } from '@lumino/disposable';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

const MIME = 'text/markdown';

export class MarkdownRendering implements IDisposable {
  constructor(
    private readonly _rendermime: IRenderMimeRegistry,
    host: HTMLElement,
    private readonly _onShown: () => void
  ) {
    this._renderer = _rendermime.createRenderer(MIME);
    host.replaceChildren(this._renderer.node);
    // it hangs in a node of React's, so nobody else tells it that it may typeset
    MessageLoop.sendMessage(this._renderer, Widget.Msg.AfterAttach);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Show this text, or what was asked for last when more comes while it is being rendered. */
  show(text: string): void {
    this._wanted = text;
    if (!this._busy) {
      this._busy = true;
      this._render()
        .catch(console.warn)
        .finally(() => (this._busy = false));
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    MessageLoop.sendMessage(this._renderer, Widget.Msg.BeforeDetach);
    MessageLoop.sendMessage(this._renderer, Widget.Msg.AfterDetach);
    this._renderer.dispose();
  }

  private async _render(): Promise<void> {
    let shown: string | null = null;
    while (shown !== this._wanted && !this._isDisposed) {
      shown = this._wanted;
      await this._renderer.renderModel(this._rendermime.createModel({ data: { [MIME]: shown } }));
    }
    if (!this._isDisposed) {
      this._onShown();
    }
  }

  private readonly _renderer: IRenderMime.IRenderer;
  private _wanted = '';
  private _busy = false;
  private _isDisposed = false;
}
