import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { SandboxMark } from '../sandbox-mark';
import { IRuns, PLUGIN } from '../tokens';

const NAME = 'codeact-sandbox';

/** Marks the notebooks whose kernel is in a sandbox. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: `${PLUGIN}:sandbox`,
  description: 'Says at a glance which notebooks run in a sandbox.',
  autoStart: true,
  requires: [IRuns],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, runs: IRuns, translator: ITranslator | null): void => {
    const trans = (translator ?? nullTranslator).load('codeact_jupyter');
    runs.added.connect((_, { notebook, walls }) => {
      const mark = new SandboxMark(walls, trans);
      // what stands last is the first to be hidden where there is little room
      if (!notebook.toolbar.insertBefore('cellType', NAME, mark)) {
        notebook.toolbar.addItem(NAME, mark);
      }
    });
  }
};

export default plugin;
