/** What a run asks the person in the notebook: whether a cell may run, and for a line of words. */
import type { Cell } from '@jupyterlab/cells';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import type { Api } from './api';
import type { Press } from './press';
import type { InputFrame } from './protocol';

/** A cell that waits for the person's word, whether it was run alone, and by which press of theirs. */
export interface Tried {
  readonly cell: Cell;
  readonly alone: boolean;
  readonly press: Press | null;
}

export interface AskingOptions {
  readonly api: Pick<Api, 'input'>;
  readonly kernel: () => Kernel.IKernelConnection | null;
  readonly isHosted: (run: string) => boolean;
  /** Whether this page began the run, so that the kernel asks it. */
  readonly isOwn: (run: string) => boolean;
  readonly waits: (cell: string) => boolean;
}

export class Asking {
  constructor(private readonly _options: AskingOptions) {}

  /** Whether a run is to be answered here: what this page's own magic asks, JupyterLab shows. */
  isHere(run: string): boolean {
    return this._options.isHosted(run) || !this._options.isOwn(run);
  }

  /** Give the running code the line that it asks for; throws where that cannot be done. */
  async answer({ run, request }: InputFrame, line: string): Promise<void> {
    const { api, kernel, isHosted } = this._options;
    if (isHosted(run)) {
      await api.input(run, request, line);
    } else {
      // The kernel takes the line from whoever gives it; whom it asked may be a page that is gone.
      const nobody = {} as KernelMessage.IInputReplyMsg['parent_header'];
      kernel()?.sendInputReply({ status: 'ok', value: line }, nobody);
    }
  }

  /** Whether this cell waits for the person's word. */
  isWaiting({ model }: Cell): boolean {
    return this._options.waits(model.id);
  }

  /** The person tried to run a cell that waits. */
  tried(tried: Tried): void {
    this._wasTried.emit(tried);
  }

  get wasTried(): ISignal<this, Tried> {
    return this._wasTried;
  }

  private readonly _wasTried = new Signal<this, Tried>(this);
}
