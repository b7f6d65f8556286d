/** What the person allowed, locked and lent for longer than a run, and the ways to take it back. */
import type { Api } from './api';
import * as read from './reading';

/** Something that the person allowed, or locked, for good in a notebook; `says` what it does. */
export interface Remembered {
  readonly notebook: string;
  readonly part: 'allowed' | 'locked';
  readonly name: string;
  readonly says: string;
}

/** A kernel whose magics ask the server's model, and what they took so far. */
export interface Loan {
  readonly kernel: string;
  readonly notebook: string;
  readonly tokens: number;
  /** US dollars; null where no price is known. */
  readonly cost: number | null;
  readonly takenBack: boolean;
}

export class Permissions {
  constructor(private readonly _api: Pick<Api, 'request'>) {}

  async remembered(): Promise<readonly Remembered[]> {
    const from = await this._api.request('approvals', { method: 'GET' });
    return read.list(from.entries).map(each => {
      const { notebook, part, name, says } = read.record(each);
      return {
        notebook: read.text(notebook),
        part: read.oneOf(['locked'], part, 'allowed'),
        name: read.text(name),
        says: read.text(says)
      };
    });
  }

  async forget(entry: Remembered): Promise<void> {
    const body = JSON.stringify({ forget: [entry] });
    await this._api.request('approvals', { method: 'POST', body });
  }

  async loans(): Promise<readonly Loan[]> {
    const from = await this._api.request('lent', { method: 'GET' });
    return read.list(from.kernels).map(each => {
      const { kernel, path, tokens, cost, taken_back } = read.record(each);
      return {
        kernel: read.text(kernel),
        notebook: read.text(path),
        tokens: read.number(tokens),
        cost: read.numberOrNull(cost),
        takenBack: taken_back === true
      };
    });
  }

  /** Lend the model to this kernel no more. */
  async takeBack(kernel: string): Promise<void> {
    await this._api.request(`lent/${encodeURIComponent(kernel)}`, { method: 'DELETE' });
  }
}
