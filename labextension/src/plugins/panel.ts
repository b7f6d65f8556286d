import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { addCommands, EXPORTS, type Opened, PanelCommandIds } from '../commands';
import { PanelHolder } from '../panel-holder';
import { IRuns, PLUGIN } from '../tokens';

const ID = `${PLUGIN}:panel`;

/** The chat panel at the right side; its code is loaded when it is shown for the first time. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'A panel to work on the notebook in words.',
  autoStart: true,
  requires: [IRuns, INotebookTracker, IRenderMimeRegistry, IEditorServices, IEditorLanguageRegistry],
  optional: [ISettingRegistry, ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    runs: IRuns,
    tracker: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    editors: IEditorServices,
    languages: IEditorLanguageRegistry,
    settings: ISettingRegistry | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('codeact_jupyter');
    const stored = settings ? settings.load(ID).catch(() => null) : Promise.resolve(null);
    const load = async (): Promise<Opened> => {
      const [loaded, kept] = await Promise.all([import('../panel'), stored]);
      const model = loaded.makePanelModel(runs, tracker, kept, trans);
      const { commands, serviceManager } = app;
      const given = { model, trans, rendermime, languages, editors, commands };
      return { model, panel: loaded.makePanel({ ...given, contents: serviceManager.contents }) };
    };
    const holder = new PanelHolder(load, trans.__('Agent'));
    app.shell.add(holder, 'right', { rank: 900, type: 'Agent' });
    restorer?.add(holder, holder.id);
    const open = async () => {
      app.shell.activateById(holder.id);
      return holder.opened();
    };
    if (PageConfig.getOption('codeactPanel') === 'open') {
      void app.restored.then(open); // `codeact lab` asks for it
    }
    const listed = addCommands({ app, tracker, trans, open });
    const category = trans.__('CodeAct');
    listed.forEach(command => palette?.addItem({ command, category }));
    EXPORTS.forEach(args =>
      palette?.addItem({ command: PanelCommandIds.exportAs, args: { ...args }, category })
    );
  }
};

export default plugin;
