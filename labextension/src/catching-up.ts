/**
 * Executions that this front end took over, until it is sure of what they had put out before.
 *
 * The server tells that, up to a message of the kernel which it names; the kernel's own messages come on
 * another socket. Which of them the server's account has in it, that one message tells, if it comes here.
 */
import type { KernelMessage } from '@jupyterlab/services';
import { messageOf } from './adoption';
import type { Printed } from './protocol';

/** With more than this since it was taken over, the record is waited for. */
const MOST = 1000;

type Message = KernelMessage.IIOPubMessage;

export class CatchingUp {
  /** An execution is taken over. */
  begin(cell: string): void {
    this._since.set(cell, { heard: [], before: null });
  }

  has(cell: string): boolean {
    return this._since.has(cell);
  }

  drop(cell: string): void {
    this._since.delete(cell);
  }

  clear(): void {
    this._since.clear();
  }

  /** The kernel says this. Gives all that is to be shown instead, where it turns out to be known. */
  hear(cell: string, message: Message): readonly Message[] | null {
    const since = this._since.get(cell);
    if (since?.before?.last === message.header.msg_id) {
      this.drop(cell);
      return messagesOf(since.before);
    }
    since?.heard.push(message);
    if (since && since.heard.length > MOST) {
      this.drop(cell);
    }
    return null;
  }

  /** The server says what came before. Gives all that is to be shown by now. */
  know(printed: Printed): readonly Message[] | null {
    const since = this._since.get(printed.cell);
    if (!since) {
      return null;
    }
    const last = since.heard.findIndex(each => each.header.msg_id === printed.last);
    if (last < 0) {
      since.before = printed; // all that was heard is newer, or all of it older
    } else {
      this.drop(printed.cell);
    }
    return [...messagesOf(printed), ...since.heard.slice(last + 1)];
  }

  private readonly _since = new Map<string, { heard: Message[]; before: Printed | null }>();
}

function messagesOf({ messages }: Printed): Message[] {
  return messages.map(({ kind, content }) => messageOf(kind, content));
}
