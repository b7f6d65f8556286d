/** The commands of the panel, for the palette, shortcuts, menus and the panel's own buttons. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ExportedFile, type ExportFormat, type ExportShape } from './api';
import { showApprovals } from './approvals';
import { activeContext, cellContext, errorOf } from './components/attaching';
import { nameConversation } from './conversation-names';
import { deleteConversation } from './deleting';
import { playDemo } from './demo';
import type { Dialogue } from './dialogue';
import { forkStep } from './forking';
import { agentIcon } from './icons';
import type { ChatPanel } from './panel';
import type { PanelModel } from './panel-model';
import * as read from './reading';
import { CommandIds } from './tokens';

export namespace PanelCommandIds {
  export const open = 'codeact:open-panel';
  export const begin = 'codeact:new-conversation';
  export const stop = 'codeact:stop-thinking';
  export const interrupt = 'codeact:interrupt-cell';
  export const addContext = 'codeact:add-to-task';
  export const fixError = 'codeact:fix-error';
  export const playDemo = 'codeact:play-demo';
  export const rename = 'codeact:rename-conversation';
  export const deleteConversation = 'codeact:delete-conversation';
  export const rebuild = 'codeact:rebuild-kernel';
  /** Goes on from a step in a notebook of its own; the arguments are its `run` and `step`. */
  export const fork = 'codeact:fork-step';
  export const exportAs = 'codeact:export';
  export const approvals = 'codeact:approvals';
}

/** What can be exported, as arguments of the command. */
export const EXPORTS: readonly { readonly to: ExportFormat; readonly shape: ExportShape }[] = [
  { to: 'ipynb', shape: 'whole' },
  { to: 'ipynb', shape: 'clean' },
  { to: 'ipynb', shape: 'minimal' },
  { to: 'py', shape: 'whole' },
  { to: 'md', shape: 'whole' },
  { to: 'html', shape: 'whole' },
  { to: 'jsonl', shape: 'whole' }
];

/** The panel, once it is open. */
export interface Opened {
  readonly panel: ChatPanel;
  readonly model: PanelModel;
}

export interface CommandOptions {
  readonly app: JupyterFrontEnd;
  readonly tracker: INotebookTracker;
  readonly trans: TranslationBundle;
  /** Opens the panel, and loads it when this is the first time. */
  readonly open: () => Promise<Opened>;
}

/** Add the commands; returns the ids of those that belong into the palette. */
export function addCommands(options: CommandOptions): readonly string[] {
  addPanelCommands(options);
  addRunCommands(options);
  addFixCommand(options);
  addConversationCommands(options);
  addForkCommand(options);
  addExportCommand(options);
  const { open, begin, stop, interrupt, rebuild, addContext, fixError, approvals, playDemo: demo } =
    PanelCommandIds;
  return [open, begin, stop, interrupt, rebuild, addContext, fixError, approvals, demo];
}

function addPanelCommands({ app, trans, open }: CommandOptions): void {
  app.commands.addCommand(PanelCommandIds.open, {
    label: trans.__('Open the Agent Panel'),
    caption: trans.__('Work on the notebook in words'),
    execute: async () => (await open()).panel.compose()
  });
  app.commands.addCommand(PanelCommandIds.playDemo, {
    label: trans.__('Play the Demo'),
    caption: trans.__('A recorded story whose code runs live; needs no key'),
    execute: async () => playDemo(app, (await open()).model)
  });
  app.commands.addCommand(PanelCommandIds.approvals, {
    label: trans.__('What the Agent May Do…'),
    caption: trans.__('What you allowed, locked and lent, to take it back'),
    execute: () => showApprovals(trans)
  });
  app.commands.addCommand(CommandIds.openStep, {
    label: trans.__('Show the Step in the Agent Panel'),
    isVisible: () => false,
    execute: async args => {
      const { panel, model } = await open();
      const run = read.text(args.run);
      await model.dialogue?.runs.load().catch(() => undefined); // the panel tells what went wrong
      const conversation = model.dialogue?.conversations.find(each =>
        each.turns.some(turn => turn.run === run)
      );
      if (conversation) {
        model.dialogue?.choose(conversation.id);
        await panel.renderPromise;
        panel.showStep(run, read.number(args.step));
      }
    }
  });
}

function addRunCommands({ app, trans, tracker, open }: CommandOptions): void {
  const { commands } = app;
  const isEnabled = () => tracker.currentWidget !== null;
  const add = (id: string, label: string, act: (dialogue: Dialogue) => unknown) =>
    commands.addCommand(id, {
      label,
      isEnabled,
      execute: async () => {
        const { model, panel } = await open();
        const dialogue = model.dialogue;
        await (dialogue && act(dialogue));
        panel.compose();
      }
    });
  add(PanelCommandIds.begin, trans.__('New Conversation with the Agent'), each => each.choose());
  add(PanelCommandIds.stop, trans.__('Stop the Agent’s Thinking'), each => each.stop());
  add(PanelCommandIds.interrupt, trans.__('Interrupt the Agent’s Cell'), each => each.interrupt());
  add(PanelCommandIds.rebuild, trans.__('Rebuild the Kernel from What the Notebook Ran'), each => {
    void each.rebuilding.start();
  });
  add(PanelCommandIds.addContext, trans.__('Add the Cell or Selection to the Agent’s Task'), each => {
    const context = activeContext(each.notebook, trans);
    if (context) {
      each.attach(context);
    }
  });
}

function addFixCommand({ app, trans, tracker, open }: CommandOptions): void {
  const { commands } = app;
  const failed = () => tracker.activeCell !== null && errorOf(tracker.activeCell) !== '';
  commands.addCommand(PanelCommandIds.fixError, {
    label: trans.__('Explain and Fix This Error'),
    caption: trans.__('Explain and fix this error: give the cell to the agent'),
    icon: agentIcon,
    isVisible: failed,
    isEnabled: failed,
    execute: async () => {
      const cell = tracker.activeCell;
      const { dialogue } = (await open()).model;
      if (cell && dialogue) {
        const text = trans.__('Explain this error, and fix it: %1', errorOf(cell));
        await dialogue.send({}, { text, attachments: [cellContext(cell, trans)] });
      }
    }
  });
  const notify = () => commands.notifyCommandChanged(PanelCommandIds.fixError);
  tracker.activeCellChanged.connect(notify);
  NotebookActions.executed.connect(notify);
}

function addConversationCommands({ app, trans, open }: CommandOptions): void {
  const isVisible = () => false; // they act on a row of the list
  app.commands.addCommand(PanelCommandIds.rename, {
    label: trans.__('Rename the Conversation'),
    isVisible,
    execute: async args => {
      const { dialogue } = (await open()).model;
      if (dialogue) {
        nameConversation(dialogue.notebook, read.text(args.id), read.text(args.name));
      }
    }
  });
  app.commands.addCommand(PanelCommandIds.deleteConversation, {
    label: trans.__('Delete the Conversation'),
    isVisible,
    execute: async args => {
      const { dialogue } = (await open()).model;
      const conversation = dialogue?.conversations.find(each => each.id === args.id);
      if (dialogue && conversation) {
        await deleteConversation(dialogue, conversation, trans);
      }
    }
  });
}

function addForkCommand({ app, trans, open }: CommandOptions): void {
  app.commands.addCommand(PanelCommandIds.fork, {
    label: trans.__('Go On from This Step in a New Notebook'),
    isVisible: () => false, // it acts on a step
    execute: async args => {
      const { model } = await open();
      const fork = () => forkStep(app, model, read.text(args.run), read.number(args.step));
      await model.dialogue?.attempt(fork);
    }
  });
}

function addExportCommand({ app, trans, tracker, open }: CommandOptions): void {
  const words: Readonly<Record<ExportFormat, string>> = {
    ipynb: trans.__('Export the Conversation as a Notebook'),
    py: trans.__('Export the Conversation as a Python Script'),
    md: trans.__('Export the Conversation as Markdown'),
    html: trans.__('Export the Conversation as a Web Page'),
    jsonl: trans.__('Export the Conversation as JSON Lines')
  };
  const short: Readonly<Record<ExportFormat, string>> = {
    ipynb: trans.__('Notebook (.ipynb)'),
    py: trans.__('Python Script (.py)'),
    md: trans.__('Markdown (.md)'),
    html: trans.__('Web Page (.html)'),
    jsonl: trans.__('JSON Lines (.jsonl)')
  };
  const shorter = {
    clean: [
      trans.__('Notebook, Working Cells Only (.ipynb)'),
      trans.__('Export the Conversation as a Notebook, Working Cells Only')
    ],
    minimal: [
      trans.__('Notebook, Only What the Answer Needs (.ipynb)'),
      trans.__('Export the Conversation as a Notebook, Only What the Answer Needs')
    ]
  };
  const formatOf = (args: { readonly to?: unknown }) =>
    read.oneOf(['ipynb', 'py', 'md', 'html', 'jsonl'] as const, args.to, 'ipynb');
  const shapeOf = (args: { readonly shape?: unknown }) =>
    read.oneOf(['whole', 'clean', 'minimal'] as const, args.shape, 'whole');
  app.commands.addCommand(PanelCommandIds.exportAs, {
    label: args => {
      const shape = shapeOf(args);
      if (shape !== 'whole') {
        return shorter[shape][args.inMenu === true ? 0 : 1];
      }
      return (args.inMenu === true ? short : words)[formatOf(args)];
    },
    isEnabled: () => tracker.currentWidget !== null,
    execute: async args => {
      const { dialogue } = (await open()).model;
      const file = await dialogue?.export(formatOf(args), shapeOf(args));
      if (file) {
        download(file);
      }
    }
  });
}

function download({ name, data }: ExportedFile): void {
  const bytes = Uint8Array.from(atob(data), char => char.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
