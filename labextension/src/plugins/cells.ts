import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIds, PLUGIN, type ShowCellArguments } from '../tokens';

const FOLDED = 'jp-mod-codeactThoughtsFolded';

/** The commands for the cells of runs. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: `${PLUGIN}:cells`,
  description: 'Commands that fold the thoughts of an agent, and go to a cell of its runs.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator, ICommandPalette],
  activate: (
    { commands, shell }: JupyterFrontEnd,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('codeact_jupyter');
    commands.addCommand(CommandIds.foldThoughts, {
      label: trans.__('Fold the Agent’s Thoughts'),
      isEnabled: () => tracker.currentWidget !== null,
      isToggleable: true,
      isToggled: () => tracker.currentWidget?.content.hasClass(FOLDED) ?? false,
      execute: () => tracker.currentWidget?.content.toggleClass(FOLDED)
    });
    palette?.addItem({ command: CommandIds.foldThoughts, category: trans.__('CodeAct') });
    commands.addCommand(CommandIds.showCell, {
      label: trans.__('Show a Cell of a Run'),
      execute: args => {
        const { path, cell } = args as ShowCellArguments;
        const notebook = tracker.find(panel => panel.context.localPath === path);
        const index = notebook?.content.widgets.findIndex(each => each.model.id === cell) ?? -1;
        if (notebook && index >= 0) {
          shell.activateById(notebook.id);
          notebook.content.activeCellIndex = index;
          const shown = notebook.content.scrollToItem(index, 'auto', 0);
          void shown.then(() => focusQuestion(notebook.content.widgets[index]));
        }
      }
    });
  }
};

/** What JupyterLab asks below a cell gets the caret. */
function focusQuestion(cell: Cell): void {
  cell.node.querySelector<HTMLElement>('.jp-Stdin-input')?.focus();
}

export default plugin;
