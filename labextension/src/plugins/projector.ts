import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Runs } from '../runs';
import { CommandIds, IRuns, type OpenStepArguments, PLUGIN } from '../tokens';

/** Shows the cells of runs in the open notebooks, and offers the runs to the other plugins. */
const plugin: JupyterFrontEndPlugin<IRuns> = {
  id: `${PLUGIN}:projector`,
  description: 'Inserts the cells of an agent’s run into the open notebook while it runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  provides: IRuns,
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): IRuns => {
    const open = (step: OpenStepArguments) => {
      if (app.commands.hasCommand(CommandIds.openStep)) {
        void app.commands.execute(CommandIds.openStep, step);
      }
    };
    const trans = (translator ?? nullTranslator).load('codeact_jupyter');
    const runs = new Runs(trans, open);
    tracker.forEach(notebook => void runs.add(notebook));
    tracker.widgetAdded.connect((_, notebook) => void runs.add(notebook));
    return runs;
  }
};

export default plugin;
