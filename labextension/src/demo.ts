/** The demo in one click: its story, in the open notebook or in a new one. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { PanelModel } from './panel-model';

/** The task of the embedded demo's first story. */
const TASK =
  'Load the revenue file, add it up by quarter, plot it, and tell me what stands out.';

export async function playDemo(app: JupyterFrontEnd, model: PanelModel): Promise<void> {
  const notebook = model.dialogue?.notebook ?? (await newNotebook(app));
  await notebook?.sessionContext.ready;
  const dialogue = notebook ? await model.ready(notebook) : null;
  if (dialogue) {
    dialogue.choose();
    await dialogue.send({ model: 'demo' }, { text: TASK, attachments: [] });
  }
}

async function newNotebook(app: JupyterFrontEnd): Promise<NotebookPanel | null> {
  await app.serviceManager.kernelspecs.ready;
  const kernelName = app.serviceManager.kernelspecs.specs?.default;
  const notebook: unknown = await app.commands.execute('notebook:create-new', { kernelName });
  return (notebook as NotebookPanel | undefined) ?? null;
}
