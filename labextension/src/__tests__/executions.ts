/** Messages of a kernel about an execution of the agent, and the connection that a front end has to it. */
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { executionOf } from '../adoption';
import type { Held } from '../held-messages';

type Future = Kernel.IControlFuture;

/** A connection that keeps a future for what is sent, as the services do, and hands messages to it. */
export class KernelTwin {
  readonly connection = {
    username: 'me',
    clientId: 'here',
    sendControlMessage: (message: KernelMessage.IMessage) => this._future(message.header.msg_id)
  } as unknown as Kernel.IKernelConnection;

  /** What a front end gets, after JupyterLab has passed it to the future that there is. */
  says(run: string, cell: string, type: string, content: object = {}, after = ''): Held {
    const id = `codeact:${run}:${cell}`;
    const message = KernelMessage.createMessage({
      msgType: type as 'stream',
      channel: 'iopub',
      session: 'elsewhere',
      content: content as KernelMessage.IStreamMsg['content'],
      parentHeader: {
        ...KernelMessage.createMessage({
          msgType: 'execute_request',
          channel: 'shell',
          session: 'elsewhere',
          msgId: id,
          content: { code: '' }
        }).header,
        ...(after && { codeact_after: after })
      }
    }) as KernelMessage.IIOPubMessage;
    void this._futures.get(id)?.onIOPub(message);
    const execution = executionOf(message);
    if (!execution) {
      throw new Error(`no execution of the agent: ${id}`);
    }
    return { kernel: this.connection, execution, message };
  }

  private _future(id: string): Future {
    const future = {
      isDisposed: false,
      done: new Promise(() => undefined),
      onIOPub: () => undefined,
      dispose: () => {
        future.isDisposed = true;
        this._futures.delete(id);
      }
    };
    this._futures.set(id, future as unknown as Future);
    return future as unknown as Future;
  }

  private readonly _futures = new Map<string, Future>();
}
