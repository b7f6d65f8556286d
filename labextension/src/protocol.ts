/** What travels: the frames of a run, and the messages of the socket that carries them. */
import type * as nbformat from '@jupyterlab/nbformat';
import type { PartialJSONObject } from '@lumino/coreutils';

export const VERSION = 1;

/** The message type of a frame on iopub. */
export const MESSAGE_TYPE = 'codeact';

/** The one metadata key of ours, of notebooks and cells. */
export const KEY = 'codeact';

export const RUN_STATES = [
  'running',
  'waiting',
  'answered',
  'stopped',
  'limit',
  'failed',
  'interrupted'
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const STEP_STATES = [
  'thinking',
  'waiting',
  'running',
  'ok',
  'error',
  'interrupted',
  'rejected',
  'unknown'
] as const;
export type StepState = (typeof STEP_STATES)[number];

export const PARTS = ['thought', 'code', 'answer'] as const;
export type Part = (typeof PARTS)[number];

export const PHASES = ['typing', 'waiting', 'running', 'final'] as const;
export type Phase = (typeof PHASES)[number];

export const WAITING = ['', 'approval', 'input', 'kernel'] as const;
export const APPROVALS = ['', 'allowed', 'edited', 'rejected'] as const;

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[] | null;
  readonly size: number | null;
  readonly detail: string;
}

export interface Change {
  readonly added: readonly Variable[];
  readonly changed: readonly Variable[];
  readonly deleted: readonly string[];
}

export interface Meter {
  readonly steps: number;
  readonly input: number;
  readonly output: number;
  readonly cache_read: number;
  readonly cache_write: number;
  readonly cost: number | null;
  readonly seconds: number;
  readonly context: { readonly used: number; readonly of: number };
  readonly limits: {
    readonly steps: number | null;
    readonly tokens: number | null;
    readonly cost: number | null;
    readonly seconds: number | null;
  };
}

export interface Head {
  readonly run: string;
  /** Frames of one run are numbered from 1, growing, with gaps. */
  readonly number: number;
}

/** The run as a whole. */
export interface RunFrame extends Head {
  readonly type: 'run';
  readonly task: string;
  readonly model: string;
  readonly notice: string;
  readonly state: RunState;
  readonly reason: string;
  readonly waiting: (typeof WAITING)[number];
  readonly conversation: string;
  readonly turn: number;
  readonly started: string;
  readonly meter: Meter;
}

/** The model wrote these characters. */
export interface TypedFrame extends Head {
  readonly type: 'typed';
  readonly step: number;
  readonly part: Part;
  readonly text: string;
}

/** What was typed of this step is void. */
export interface RetryFrame extends Head {
  readonly type: 'retrying';
  readonly step: number;
  readonly attempt: number;
  readonly seconds: number;
  readonly reason: string;
}

/** A step as it is now. */
export interface StepFrame extends Head {
  readonly type: 'step';
  readonly step: number;
  readonly state: StepState;
  readonly thought: string;
  readonly code: string;
  readonly cells: { readonly thought: string; readonly action: string };
  readonly seconds: number;
  readonly change: Change;
  readonly outputs: string;
  readonly lost: string;
  readonly mistake: string;
  readonly approval: (typeof APPROVALS)[number];
  readonly input: number;
  readonly output: number;
  readonly cost: number | null;
}

/** The run waits for the person's word on this code. */
export interface AskedFrame extends Head {
  readonly type: 'asked';
  readonly step: number;
  readonly code: string;
  readonly hash: string;
  readonly reasons: readonly string[];
  /** For how long a yes may count: `once`, for its kind in this `run`, or in this `notebook`. */
  readonly scopes: readonly string[];
}

/** The running code calls `input()`. */
export interface InputFrame extends Head {
  readonly type: 'input';
  readonly step: number;
  readonly request: string;
  readonly prompt: string;
  readonly password: boolean;
}

/** A number of an answer: where it stands, and the cells of the steps that it rests on. */
export interface Figure {
  readonly text: string;
  readonly support: (typeof SUPPORTS)[number];
  readonly cells: readonly string[];
}

/** In an output, in the task, only in code that ran, nowhere. */
export const SUPPORTS = ['output', 'task', 'code', 'none'] as const;

export interface AnswerFrame extends Head {
  readonly type: 'answer';
  readonly step: number;
  readonly text: string;
  readonly cell: string;
  readonly figures: readonly Figure[];
}

/** A cell of the run; `outputs` and `execution_count` only where the sender knows them. */
export interface ProjectedCell {
  readonly id: string;
  readonly cell_type: 'code' | 'markdown';
  readonly source: string;
  readonly metadata: nbformat.IBaseCellMetadata;
  readonly outputs: readonly nbformat.IOutput[] | null;
  readonly execution_count: number | null;
}

/** This cell is there, after that one. */
export interface CellFrame extends Head {
  readonly type: 'cell';
  readonly after: string;
  readonly phase: Phase;
  readonly cell: ProjectedCell;
}

/** The notebook's own metadata of ours, where it has none yet. */
export interface SessionFrame extends Head {
  readonly type: 'session';
  readonly metadata: PartialJSONObject;
}

/** This cell was there while the model wrote, and is not part of the record. */
export interface RemovedFrame extends Head {
  readonly type: 'removed';
  readonly cell: string;
}

export type Frame =
  | RunFrame
  | TypedFrame
  | RetryFrame
  | StepFrame
  | AskedFrame
  | InputFrame
  | AnswerFrame
  | CellFrame
  | RemovedFrame
  | SessionFrame;

/** What the person did to a cell of a run. */
export type Deed = 'edited' | 'deleted' | 'moved' | 'ran';

export interface DeedDone {
  readonly type: Deed;
  readonly run: string;
  readonly cell: string;
  readonly source?: string;
}

/** How a rebuilding of a kernel went, in lines; and for which effects code was skipped. */
export interface Rebuilt {
  readonly lines: readonly string[];
  readonly kinds: readonly string[];
  readonly same: boolean;
}

/** What a cell that goes on has put out before this front end was there, as a kernel says it. */
export interface Printed {
  readonly run: string;
  readonly cell: string;
  readonly messages: readonly { readonly kind: string; readonly content: PartialJSONObject }[];
  /** The id of the kernel's message that was the last of it. */
  readonly last: string;
}

export type ClientMessage =
  | {
      readonly type: 'follow';
      readonly path: string;
      readonly kernel: string;
      readonly client: string;
      readonly collaborative: boolean;
      readonly loaded: string;
      readonly seen: Readonly<Record<string, number>>;
      /** This tab was told that it follows, and has had the notebook open since. */
      readonly resumes: boolean;
    }
  | { readonly type: 'unfollow'; readonly path: string }
  /** The kernel is heard from now on: what its cells put out before is to be told (again). */
  | { readonly type: 'printed'; readonly path: string; readonly kernel: string }
  | {
      readonly type: 'saved';
      readonly path: string;
      /** The notebook was saved with everything up to these frames in it. */
      readonly seen: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'forgotten';
      readonly path: string;
      /** The person deleted these from the notebook: nobody is to be told of them. */
      readonly runs: readonly string[];
    }
  | (DeedDone & { readonly path: string });

export type ServerMessage =
  | {
      readonly type: 'following';
      readonly path: string;
      readonly lead: boolean;
      readonly runs: readonly string[];
    }
  | { readonly type: 'lead'; readonly path: string; readonly lead: boolean }
  | {
      readonly type: 'frame';
      readonly path: string;
      readonly frame: Frame;
      /** The run lives in the server, so nothing that a kernel says of it counts. */
      readonly hosted: boolean;
    }
  | { readonly type: 'queue'; readonly path: string; readonly tasks: readonly string[] }
  | (Printed & { readonly type: 'printed'; readonly path: string })
  | {
      readonly type: 'rebuilding';
      readonly path: string;
      /** Which cell of how many is run again in the kernel. */
      readonly cell: number;
      readonly of: number;
    }
  | {
      readonly type: 'rebuilt';
      readonly path: string;
      /** What came of it; null when it broke off. */
      readonly found: Rebuilt | null;
    }
  | {
      readonly type: 'refused';
      readonly path: string;
      /** Of which kernel it is said; empty when it is of the notebook. */
      readonly kernel: string;
      readonly message: string;
    };
