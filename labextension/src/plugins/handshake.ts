import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { forgetStaleClients, Handshake } from '../handshake';
import { IRuns, PLUGIN } from '../tokens';

/** Tells the kernel, with each `%%codeact` that runs, that this front end shows its cells. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: `${PLUGIN}:handshake`,
  description: 'Lets %%codeact know that its cells are shown here.',
  autoStart: true,
  requires: [INotebookTracker, IRuns],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, runs: IRuns): void => {
    const handshake = new Handshake();
    runs.added.connect((_, { notebook }) => forgetStaleClients(notebook));
    NotebookActions.executionScheduled.connect((_, { notebook: content, cell }) => {
      const notebook = tracker.find(panel => panel.content === content);
      const own = notebook && runs.of(notebook);
      if (notebook && own) {
        own.ranByPerson(cell);
        handshake.before(own, cell);
      }
    });
    NotebookActions.executed.connect((_, { cell }) => handshake.after(cell));
  }
};

export default plugin;
