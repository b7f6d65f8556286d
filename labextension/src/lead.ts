/**
 * Which of the front ends of a document projects.
 *
 * A document of its own, each front end shows by itself. Of those that share one the server names the
 * leader. Until it has, what came by the kernel waits: two that project at once put each cell in twice.
 */
import type { Connection } from './connection';

export class Lead {
  constructor(
    private readonly _connection: Connection,
    private readonly _isShared: () => boolean
  ) {}

  /** Whether this front end projects; null while that is not known. `own` is a run begun through it. */
  projects(own: boolean): boolean | null {
    if (!this._isShared()) {
      return true;
    }
    // A server that cannot be reached names nobody: then who began the run shows it.
    return this._leads ?? (this._connection.isLost ? own : null);
  }

  /** The server named the leader. True when runs are to be applied from their beginning. */
  named(lead: boolean): boolean {
    const begins = this._isShared() && lead && this._leads !== true && this._wasNamed;
    this._leads = lead;
    this._wasNamed = true;
    return begins;
  }

  /** The connection is lost: the server names another, if there is one. */
  lost(): void {
    this._leads = this._leads === true ? null : this._leads;
  }

  private _leads: boolean | null = null;
  private _wasNamed = false;
}
