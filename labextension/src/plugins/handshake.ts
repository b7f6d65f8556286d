import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, type Notebook, NotebookActions } from '@jupyterlab/notebook';
import { forgetStaleClients, Handshake } from '../handshake';
import { IRuns, PLUGIN } from '../tokens';
import { WaitingCells } from '../waiting-cells';

/**
 * Tells the kernel, with each `%%codeact` that runs, that this front end shows its cells; and keeps cells
 * that wait for the person's word from being run without it.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: `${PLUGIN}:handshake`,
  description: 'Lets %%codeact know that its cells are shown here.',
  autoStart: true,
  requires: [INotebookTracker, IRuns],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, runs: IRuns): void => {
    const handshake = new Handshake();
    const of = (content: Notebook) => {
      const notebook = tracker.find(panel => panel.content === content);
      return notebook ? runs.of(notebook) : null;
    };
    const waiting = new WaitingCells((content, cell, alone, press) =>
      of(content)?.asking.tried({ cell, alone, press })
    );
    runs.added.connect((_, { notebook }) => forgetStaleClients(notebook));
    NotebookActions.executionScheduled.connect((_, { notebook: content, cell }) => {
      const own = of(content);
      if (own && !waiting.holds(content, cell, own.asking.isWaiting(cell))) {
        own.ranByPerson(cell);
        handshake.before(own, cell);
      }
    });
    NotebookActions.executed.connect((_, { cell }) => handshake.after(cell));
  }
};

export default plugin;
