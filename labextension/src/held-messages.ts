/**
 * Messages of executions whose run is not known yet.
 *
 * The server tells of a run on its socket, the kernel of its executions on another, in any order. An
 * execution may also be of another notebook on the same kernel: then nobody asks for it.
 */
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { Execution } from './adoption';

/** More than this of a run that nobody claims is not kept; the record repairs the outputs. */
const MOST = 1000;

export interface Held {
  readonly kernel: Kernel.IKernelConnection;
  readonly execution: Execution;
  readonly message: KernelMessage.IMessage;
}

export class HeldMessages {
  hold(held: Held): void {
    const { run } = held.execution;
    const messages = this._runs.get(run) ?? [];
    this._runs.set(run, messages);
    if (messages.length < MOST) {
      messages.push(held);
    }
  }

  /** What was held of a run, in order; it is held no more. */
  release(run: string): readonly Held[] {
    const messages = this._runs.get(run) ?? [];
    this._runs.delete(run);
    return messages;
  }

  private readonly _runs = new Map<string, Held[]>();
}
