/**
 * Messages of executions that cannot be shown yet, because their run or their cell is not known.
 *
 * The server tells of a run on its socket, the kernel of its executions on another, in any order. An
 * execution may also be of another notebook on the same kernel: then nobody asks for it.
 */
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { Execution } from './adoption';

/** More than this that nobody claims is not kept; the record repairs the outputs. */
const MOST = 1000;

export interface Held {
  readonly kernel: Kernel.IKernelConnection;
  readonly execution: Execution;
  readonly message: KernelMessage.IMessage;
}

/** By what is not known: runs, or cells. */
export class HeldMessages {
  hold(key: string, held: Held): void {
    const messages = this._held.get(key) ?? [];
    this._held.set(key, messages);
    if (messages.length < MOST) {
      messages.push(held);
    }
  }

  /** What was held of it, in order; it is held no more. */
  release(key: string): readonly Held[] {
    const messages = this._held.get(key) ?? [];
    this._held.delete(key);
    return messages;
  }

  clear(): void {
    this._held.clear();
  }

  private readonly _held = new Map<string, Held[]>();
}
