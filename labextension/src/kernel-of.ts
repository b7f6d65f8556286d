/** The kernel of a notebook, also for who asks while it comes, or is being changed for another. */
import type { ISessionContext } from '@jupyterlab/apputils';

const COMING = ['initializing', 'starting', 'restarting', 'terminating'];
const PATIENCE = 15_000; // milliseconds

/** The id of the notebook's kernel, once it has come and a change that goes on is over; null without one. */
export async function kernelOf(context: ISessionContext): Promise<string | null> {
  await new Promise<void>(done => {
    const look = () => {
      if (!isComing(context)) {
        stop();
      }
    };
    const stop = () => {
      clearTimeout(timer);
      context.statusChanged.disconnect(look);
      context.kernelChanged.disconnect(look);
      done();
    };
    const timer = setTimeout(stop, PATIENCE);
    context.statusChanged.connect(look);
    context.kernelChanged.connect(look);
    look();
  });
  return context.session?.kernel?.id ?? null;
}

function isComing(context: ISessionContext): boolean {
  return !context.isDisposed && COMING.includes(context.kernelDisplayStatus);
}
