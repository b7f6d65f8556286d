/** Takes the cells out of the notebook that go with what `%codeact undo` took back, or puts them in. */
import type { KernelMessage } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { parentOf } from './adoption';
import type { Api } from './api';
import { notebookParts } from './parts';
import * as read from './reading';
import { applyReverted } from './reverting';
import type { INotebookRuns } from './tokens';

/** What the kernel says when the magic's undo is done. */
const REVERTED = 'codeact_reverted';

export class MagicReverts {
  constructor(
    private readonly _runs: INotebookRuns,
    private readonly _api: Api
  ) {
    _runs.notebook.sessionContext.iopubMessage.connect(this._onIOPub, this);
  }

  /** The cells of what a magic undid or redid went or came. */
  get done(): ISignal<this, void> {
    return this._done;
  }

  /** Only this very connection's own cell may say it: other notebooks may use the same kernel. */
  private _onIOPub(_: unknown, message: KernelMessage.IMessage): void {
    const type: string = message.header.msg_type;
    const kernel = this._runs.notebook.sessionContext.session?.kernel;
    if (type === REVERTED && kernel && parentOf(message).session === kernel.clientId) {
      void this._take(read.record(message.content));
    }
  }

  private async _take(said: read.Fields): Promise<void> {
    const points = read.texts(said.points);
    const parts = notebookParts(this._runs.notebook);
    const undone = said.undone === true;
    const found = await this._api.undoneCells({ points, undone, ...parts });
    applyReverted(this._runs, { undone, ...found });
    this._done.emit();
  }

  private readonly _done = new Signal<this, void>(this);
}
