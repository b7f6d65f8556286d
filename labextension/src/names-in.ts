/**
 * The variables of a kernel that this page knows to be idle. The page hears that a cell is over by its
 * own connection to the kernel, often before the server does by its own.
 */
import type { Kernel } from '@jupyterlab/services';
import type { Api } from './api';
import type { Variable } from './protocol';

const ROUNDS = 10;
const PAUSE = 300; // milliseconds

/** The variables; null where a cell runs, for then nobody can tell. */
export async function namesIn(
  kernel: Pick<Kernel.IKernelConnection, 'id' | 'status'>,
  api: Pick<Api, 'names'>,
  pause = PAUSE
): Promise<readonly Variable[] | null> {
  for (let round = 1; ; round++) {
    const names = await api.names(kernel.id);
    if (names || kernel.status !== 'idle' || round === ROUNDS) {
      return names;
    }
    await new Promise(done => setTimeout(done, pause));
  }
}
