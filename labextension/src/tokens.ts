/** What one plugin offers to the others. */
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Api } from './api';
import type { Asking } from './asking';
import type { Connection } from './connection';
import type { DeedDone, Part } from './protocol';
import type { MagicReverts } from './magic-reverts';
import type { ConversationModel } from './run-model';
import type { Walls } from './walls';

/** The plugins' common prefix. */
export const PLUGIN = 'codeact-jupyter-labextension';

export namespace CommandIds {
  /** Opens the panel of a notebook at a step; the arguments are an `OpenStepArguments`. */
  export const openStep = 'codeact:open-step';
  /** Scrolls to a cell of a run; the arguments are a `ShowCellArguments`. */
  export const showCell = 'codeact:show-cell';
  /** Folds, or unfolds, all thoughts of the current notebook. */
  export const foldThoughts = 'codeact:fold-thoughts';
}

export type OpenStepArguments = {
  path: string;
  run: string;
  step: number;
};

export type ShowCellArguments = {
  path: string;
  cell: string;
};

/** An open notebook with its runs. */
export interface INotebookRuns {
  readonly notebook: NotebookPanel;
  readonly conversation: ConversationModel;
  /** Why the server does not follow this notebook; empty when it does. */
  readonly refusal: string;
  readonly refusalChanged: ISignal<INotebookRuns, string>;
  /** The tasks that wait in the server for the end of the run that goes on. */
  readonly queued: readonly string[];
  readonly queuedChanged: ISignal<INotebookRuns, void>;
  /** Forget runs whose cells the person took out of the notebook. */
  forget(runs: readonly string[]): void;
  /** The runs that the notebook's kernel told of itself, since it started. */
  readonly runsOfKernel: ReadonlySet<string>;
  /** Whether the server hosts this run, so that it takes the person's word there. */
  isHosted(run: string): boolean;
  /** The cell that this run's cells follow: of a magic's run, the magic's; empty when unknown. */
  originOf(run: string): string;
  /** What the person did to cells of these runs, and the kernel was not told; once. */
  takeDeeds(): readonly DeedDone[];
  /** What magics undo in this notebook. */
  readonly reverts: MagicReverts;
  /** What is around the notebook's kernel. */
  readonly walls: Walls;
  /** What runs ask the person in the notebook. */
  readonly asking: Asking;
  /** The person is about to run this cell. */
  ranByPerson(cell: Cell): void;
  /** Read the conversation that the notebook was saved with, once; throws an ApiError. */
  load(): Promise<void>;
}

/** All open notebooks with their runs. */
export interface IRuns {
  readonly api: Api;
  readonly connection: Connection;
  /** A notebook was opened and has loaded. */
  readonly added: ISignal<IRuns, INotebookRuns>;
  /** The runs of an open notebook; null until it has loaded. */
  of(notebook: NotebookPanel): INotebookRuns | null;
}

export const IRuns = new Token<IRuns>(
  `${PLUGIN}:IRuns`,
  'The runs of the open notebooks: their conversations, and the way to the server.'
);

/** The id of a cell of a run is computed: the same wherever the run is shown. */
export function cellId(run: string, step: number, part: Part | 'task'): string {
  return `${run}-${step}-${part === 'code' ? 'action' : part}`;
}
