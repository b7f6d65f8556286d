/** The mark in a notebook's toolbar that says its kernel is in a sandbox, and how far it is trusted. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Sandbox } from './api';
import type { Walls } from './walls';
import { askOfWalls } from './walls-dialog';
import { nameOf, strengthOf, wordsOf } from './walls-words';

export class SandboxMark extends Widget {
  constructor(
    private readonly _walls: Walls,
    private readonly _trans: TranslationBundle
  ) {
    super({ node: document.createElement('button') });
    this.addClass('codeact-SandboxMark');
    this.node.addEventListener('click', () => {
      void askOfWalls(_walls, _trans);
    });
    _walls.changed.connect(this._show, this);
    _walls.ended.connect(this._sayEnding, this);
    this._show();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._walls.changed.disconnect(this._show, this);
      this._walls.ended.disconnect(this._sayEnding, this);
    }
    super.dispose();
  }

  private _show(): void {
    this.setHidden(!this._walls.told?.sandboxed);
    this.node.textContent = nameOf(this._walls, this._trans);
    this.node.title = wordsOf(this._walls, this._trans);
    this.node.dataset.strength = strengthOf(this._walls);
  }

  /** A kernel that dies too often is not started again by itself. */
  private _sayEnding(_: Walls, { whyEnded }: Sandbox): void {
    const { sessionContext, title } = this._walls.notebook;
    const dead = sessionContext.session?.kernel?.status === 'dead';
    const label = this._trans.__('Restart the kernel');
    const restart = { label, callback: () => void sessionContext.restartKernel() };
    const actions = dead ? [restart] : [];
    Notification.error(this._trans.__('%1: %2. Its variables are gone.', title.label, whyEnded), {
      autoClose: false,
      actions
    });
  }
}
