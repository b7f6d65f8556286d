/** Goes on from a step in a notebook of its own, in a kernel in which all is as it was there. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { PanelModel } from './panel-model';
import { cellId } from './tokens';

const MOST_NAMES = 1000;

/** Make the fork, open it, and rebuild its kernel; throws an ApiError where that is refused. */
export async function forkStep(
  app: JupyterFrontEnd,
  model: PanelModel,
  run: string,
  step: number
): Promise<void> {
  const notebook = model.dialogue?.notebook;
  if (!notebook) {
    return;
  }
  const { context } = notebook;
  const content = await model.api.fork({
    content: context.model.toJSON(),
    at: cellId(run, step, 'code'),
    name: PathExt.basename(context.path)
  });
  const { contents } = app.serviceManager;
  const path = await freePath(contents, context.path, step);
  await contents.save(path, { type: 'notebook', format: 'json', content });
  const opened: unknown = await app.commands.execute('docmanager:open', {
    path,
    factory: 'Notebook'
  });
  const fork = opened as NotebookPanel | undefined;
  const dialogue = fork ? await model.ready(fork) : null;
  await dialogue?.runs.load();
  await dialogue?.rebuilding.start();
}

/** A name beside the notebook, under which there is no file yet. */
async function freePath(contents: Contents.IManager, path: string, step: number): Promise<string> {
  const stem = path.slice(0, path.length - PathExt.extname(path).length);
  for (let number = 1; number < MOST_NAMES; number++) {
    const free = `${stem}-fork-${step}${number > 1 ? `-${number}` : ''}.ipynb`;
    const isThere = await contents.get(free, { content: false }).then(
      () => true,
      () => false
    );
    if (!isThere) {
      return free;
    }
  }
  throw new Error(`no name is free for a fork of ${path}`);
}
