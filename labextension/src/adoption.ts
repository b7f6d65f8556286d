/**
 * Executions of the agent, taken over from the kernel's messages.
 *
 * An execution that somebody else asked for has no future in this front end, so JupyterLab would
 * not route its messages. But the services keep a future for any message that they send, under the
 * id that it carries: a cheap control request under the agent's id makes one. From then on streams,
 * displays, updates, widgets and tracebacks of the execution go wherever that future goes.
 */
import { Kernel, KernelMessage } from '@jupyterlab/services';
import type { PartialJSONObject } from '@lumino/coreutils';
import { runOf } from './cell-order';

/** The message id of an agent's execution is `codeact:<run>:<cell id>`. */
const PREFIX = 'codeact:';

const OUTPUTS: readonly string[] = [
  'stream',
  'display_data',
  'update_display_data',
  'execute_result',
  'error',
  'clear_output'
];

/** Which execution of the agent a message belongs to. */
export interface Execution {
  readonly message: string;
  readonly run: string;
  readonly cell: string;
}

/** The execution of which `message` is a part; null for all others. */
export function executionOf(message: KernelMessage.IMessage): Execution | null {
  const id = parentOf(message).msg_id ?? '';
  const [, run, cell] = id.startsWith(PREFIX) ? id.split(':') : [];
  return run && runOf(cell) === run ? { message: id, run, cell } : null;
}

/** The execution of this cell of a run. */
export function executionFor(run: string, cell: string): Execution {
  return { message: `${PREFIX}${run}:${cell}`, run, cell };
}

/** The header of the request that caused a message; empty where there is none. */
export function parentOf(
  message: KernelMessage.IMessage
): Partial<KernelMessage.IHeader> & { readonly codeact_after?: string } {
  return message.parent_header;
}

/** Whether `message` is the last of its execution, whichever front end of ours asked for it. */
export function isEnd(message: KernelMessage.IMessage): boolean {
  const type: string = message.header.msg_type;
  return (
    type === 'codeact_done' ||
    (KernelMessage.isStatusMsg(message) &&
      message.content.execution_state === 'idle' &&
      parentOf(message).msg_type === 'execute_request')
  );
}

/** Whether `message` is something that a cell shows. */
export function isOutput(message: KernelMessage.IMessage): message is KernelMessage.IIOPubMessage {
  return OUTPUTS.includes(message.header.msg_type);
}

/** The message of a kernel with this content. */
export function messageOf(kind: string, content: PartialJSONObject): KernelMessage.IIOPubMessage {
  return KernelMessage.createMessage({
    msgType: kind as 'stream',
    channel: 'iopub',
    session: '',
    content: content as unknown as KernelMessage.IStreamMsg['content']
  });
}

/** What an output area takes its messages from. */
export type ExecutionFuture = Kernel.IShellFuture<
  KernelMessage.IExecuteRequestMsg,
  KernelMessage.IExecuteReplyMsg
>;

/** The future that gets the messages of this execution from now on. */
export function adopt(kernel: Kernel.IKernelConnection, execution: Execution): ExecutionFuture {
  // A `kernel_info_request` would be refused while JupyterLab connects; this one waits for that.
  const request = KernelMessage.createMessage<KernelMessage.ICommInfoRequestMsg>({
    msgType: 'comm_info_request',
    channel: 'shell',
    msgId: execution.message,
    username: kernel.username,
    session: kernel.clientId,
    content: {}
  });
  // On the control channel it is answered while the agent's code runs; the type has no such name.
  const control = { ...request, channel: 'control' } as unknown as KernelMessage.IControlMessage;
  return kernel.sendControlMessage(control, false, false) as unknown as ExecutionFuture;
}
