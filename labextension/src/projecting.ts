/**
 * What of a notebook's runs reaches its projector: what is news, of runs that are the notebook's, while
 * this front end is the one that projects. What cannot be decided yet waits, in order.
 */
import type { Kernel } from '@jupyterlab/services';
import type { Connection } from './connection';
import { type Held, HeldMessages } from './held-messages';
import { Lead } from './lead';
import type { Projector } from './projector';
import type { Frame, Printed } from './protocol';
import { Sequence } from './sequence';

export class Projecting {
  constructor(
    private readonly _projector: Projector,
    connection: Connection,
    isShared: () => boolean
  ) {
    this._lead = new Lead(connection, isShared);
  }

  /** Whether this front end projects what others began. */
  get leads(): boolean {
    return this._lead.projects(false) ?? false;
  }

  has(run: string): boolean {
    return this._runs.has(run);
  }

  /** Take a frame; `own` says that its run was begun through this front end. */
  take(frame: Frame, own: boolean): void {
    const projects = this._lead.projects(own);
    if (projects === null) {
      this._undecided.push(() => this.take(frame, own));
    } else if (projects && this._sequence.takes(frame)) {
      this._projector.take(frame);
    }
  }

  /** Take a message of an execution; one that comes `late` JupyterLab has passed on to nobody. */
  takeMessage(held: Held, own: boolean, late = false): void {
    const projects = this._lead.projects(own);
    const { run } = held.execution;
    if (projects === null) {
      this._undecided.push(() => this.takeMessage(held, own, true));
    } else if (projects && (own || this.has(run))) {
      this._projector.takeMessage(held, late);
    } else if (projects) {
      this._held.hold(run, held);
    }
  }

  /** Take what an execution put out before this front end was there. */
  takePrinted(printed: Printed, kernel: Kernel.IKernelConnection): void {
    const projects = this._lead.projects(false);
    if (projects === null) {
      this._undecided.push(() => this.takePrinted(printed, kernel));
    } else if (projects) {
      this._projector.takePrinted(printed, kernel);
    }
  }

  /** This run is the notebook's; what came of it before that was known is shown now. */
  own(run: string): void {
    if (!this.has(run)) {
      this._runs.add(run);
      this._held.release(run).forEach(held => this.takeMessage(held, false, true));
    }
  }

  /** This run is the notebook's no more. */
  forget(run: string): void {
    this._runs.delete(run);
  }

  /**
   * The server named the leader of those who share the document.
   *
   * True when the runs are to be told from their beginning: another may have gone in the midst of them.
   */
  named(lead: boolean): boolean {
    const begins = this._lead.named(lead);
    if (begins) {
      this._sequence.clear();
    }
    this._decide();
    return begins;
  }

  /** The connection to the server is lost, or is there again. */
  connectionChanged(isLost: boolean): void {
    if (isLost) {
      this._lead.lost();
      this._decide();
    }
  }

  private _decide(): void {
    if (!this.leads) {
      this._projector.letGo();
    }
    this._undecided.splice(0).forEach(take => take());
  }

  private readonly _lead: Lead;
  private readonly _held = new HeldMessages();
  private readonly _sequence = new Sequence();
  /** The runs of this notebook that are, or were, live. */
  private readonly _runs = new Set<string>();
  private readonly _undecided: (() => void)[] = [];
}
