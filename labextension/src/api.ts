/** The server extension's REST routes, with JupyterLab's own authentication. */
import { URLExt } from '@jupyterlab/coreutils';
import type * as nbformat from '@jupyterlab/nbformat';
import { ServerConnection } from '@jupyterlab/services';
import { parseFrame, parseRebuilt, parseVariable } from './parsing';
import type { Give, Press } from './press';
import type { Frame, Rebuilt, Variable } from './protocol';
import * as read from './reading';
import { Standing } from './standing';

/** Below the server's base URL. */
export const ROUTES = 'codeact/api';

/** What the server can do, before the first task. */
export interface Status {
  readonly version: string;
  readonly model: string;
  readonly models: readonly string[];
  readonly key: boolean;
  readonly ready: boolean;
  readonly notice: string;
  /** How to go on when it is not ready. */
  readonly ways: readonly string[];
  readonly approve: string;
  readonly limits: read.Fields;
}

/** A notebook as the server wants it: the cells of runs whole, the person's without outputs. */
export interface NotebookParts {
  readonly cells: readonly nbformat.ICell[];
  readonly metadata: unknown;
}

export interface ContextItem {
  readonly kind: 'selection' | 'cell' | 'text';
  readonly title: string;
  readonly text: string;
}

export interface Task extends NotebookParts {
  readonly path: string;
  readonly kernel: string;
  readonly task: string;
  /** The id of the cell that the run's cells follow. */
  readonly after: string;
  readonly context: readonly ContextItem[];
  readonly images: readonly { readonly mime: string; readonly data: string }[];
  readonly options: {
    readonly model?: string;
    readonly approve?: string;
    readonly max_steps?: number;
    readonly max_cost?: number;
    readonly max_seconds?: number;
  };
}

export interface Approval {
  readonly step: number;
  readonly hash: string;
  readonly decision: 'run' | 'run-for-run' | 'run-kind' | 'edit' | 'reject';
  readonly code?: string;
  readonly word?: string;
}

export type ExportFormat = 'ipynb' | 'py' | 'md' | 'html' | 'jsonl';

/** All of it; only the cells that worked; only what the answer depends on. */
export type ExportShape = 'whole' | 'clean' | 'minimal';

/** `name` is what the file is called, without its ending. */
export type ExportOrder = NotebookParts & {
  readonly to: ExportFormat;
  readonly shape: ExportShape;
  readonly name: string;
};

/** A file to download; several come as one archive. */
export interface ExportedFile {
  readonly name: string;
  /** Its bytes, in base64. */
  readonly data: string;
}

/** What the server says of a kernel's walls. */
export interface Sandbox {
  readonly sandboxed: boolean;
  readonly walls: string;
  /** In what the walls are weaker than they could be; empty when they are not. */
  readonly lacking: string;
  /** The hosts that it reaches. */
  readonly hosts: readonly string[];
  /** Which connections it was refused, and why. */
  readonly refused: readonly string[];
  /** How often it was ended because it used too much. */
  readonly endings: number;
  /** Why it was, if that is how it ended last. */
  readonly whyEnded: string;
  /** The person lets its scripts through. */
  readonly trusted: boolean;
  /** What that gives away. */
  readonly givesAway: string;
}

/** What is to be run again in a notebook's kernel. */
export interface RebuildOrder extends NotebookParts {
  readonly path: string;
  readonly kernel: string;
  /** Kinds of effect that need no question. */
  readonly allow: readonly string[];
}

/** An undo of a run, or a redo; until it is confirmed, the server says what it does. */
export type RevertOrder = NotebookParts & {
  readonly path: string;
  readonly kernel: string;
  readonly task: string;
  /** From this step of the run on; 0 for all of it. */
  readonly step: number;
  readonly redo: boolean;
  readonly confirmed: boolean;
  /** Also what was changed again since the run, or may be the person's. */
  readonly overwrite: boolean;
  /** Stands for the preview that is confirmed. */
  readonly shown: string;
};

/** What an undo or redo will do; all of it in words for the person. */
export interface RevertPreview {
  readonly undone: boolean;
  /** Stands for all that the preview says. */
  readonly shown: string;
  readonly lines: readonly string[];
  readonly cells: number;
  readonly edited: number;
  readonly heading: string;
  readonly conflicts: readonly string[];
  /** Changed while the run went on, but not while its code ran. */
  readonly unsure: readonly string[];
  readonly gaps: readonly string[];
  readonly never: string;
}

/** The run that a redo would bring back now; its id is empty if there is none. */
export interface UndoneRun {
  readonly run: string;
  readonly task: string;
}

/** A cell that comes again, and the one that it is below; at the top if that is empty. */
export interface PlacedCell {
  readonly after: string;
  readonly cell: nbformat.ICell;
}

export interface Reverted {
  readonly undone: boolean;
  readonly said: readonly string[];
  readonly remove: readonly string[];
  readonly cells: readonly PlacedCell[];
  /** The notebook's own metadata of ours, which name the end of its chain. */
  readonly metadata: read.Fields;
}

/** What a run changed on disk; those in `restore` are put back first. */
export interface FilesOrder {
  readonly path: string;
  readonly restore: readonly string[];
  /** Also what was changed again since the run. */
  readonly overwrite: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly what: 'added' | 'changed' | 'deleted';
  readonly folder: boolean;
  /** Somebody changed it again since the run. */
  readonly conflict: boolean;
  readonly restored: boolean;
  /** What the person must know of it. */
  readonly warning: string;
  /** The lines that differ, or the sizes. */
  readonly difference: string;
}

export interface FilesSeen {
  readonly files: readonly FileChange[];
  /** So many more are not listed. */
  readonly more: number;
  readonly notes: readonly string[];
  /** What was put back, and what was not. */
  readonly said: readonly string[];
}

/** The server refused or could not be reached; the message is for the person. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export class Api {
  /** `give` gives the person's word on code that asks; only the page's own has one. `standing` says
   * whether it can be given here. */
  constructor(
    readonly settings = ServerConnection.makeSettings(),
    private readonly _give: Give | null = null,
    readonly standing = new Standing()
  ) {}

  async status(): Promise<Status> {
    const from = await this._get('status');
    return {
      version: read.text(from.version),
      model: read.text(from.model),
      models: read.texts(from.models),
      key: from.key === true,
      ready: from.ready === true,
      notice: read.text(from.notice),
      ways: read.texts(from.ways),
      approve: read.text(from.approve),
      limits: read.record(from.limits)
    };
  }

  async start(task: Task): Promise<{ run: string; queued: boolean }> {
    const from = await this._post('runs', task);
    return { run: read.text(from.run), queued: from.queued === true };
  }

  /** Ends the model's call; the kernel is left alone. */
  async stop(run: string): Promise<void> {
    await this._post(`runs/${encodeURIComponent(run)}/stop`, {});
  }

  /** Interrupts the agent's own running cell. */
  async interrupt(run: string): Promise<void> {
    await this._post(`runs/${encodeURIComponent(run)}/interrupt`, {});
  }

  /** Answer with a press of the person's, inside the question. */
  async approve(run: string, approval: Approval, press: Press | null): Promise<void> {
    await this._give?.(run, approval, press);
  }

  /** Whether a kernel is in a sandbox. */
  async sandbox(kernel: string): Promise<Sandbox> {
    return readSandbox(await this._get(`sandbox?kernel=${encodeURIComponent(kernel)}`));
  }

  /** Let a sandboxed kernel's scripts through, or filter them again. */
  async trustSandbox(kernel: string, trusted: boolean): Promise<Sandbox> {
    return readSandbox(await this._post('sandbox', { kernel, trusted }));
  }

  async input(run: string, request: string, value: string): Promise<void> {
    await this._post(`runs/${encodeURIComponent(run)}/input`, { request, value });
  }

  async previewRevert(run: string, order: RevertOrder): Promise<RevertPreview> {
    const from = await this._post(`runs/${encodeURIComponent(run)}/revert`, order);
    return {
      undone: from.undone === true,
      shown: read.text(from.shown),
      lines: read.texts(from.lines),
      cells: read.number(from.cells),
      edited: read.number(from.edited),
      heading: read.text(from.heading),
      conflicts: read.texts(from.conflicts),
      unsure: read.texts(from.unsure),
      gaps: read.texts(from.gaps),
      never: read.text(from.never)
    };
  }

  async revert(run: string, order: RevertOrder): Promise<Reverted> {
    const from = await this._post(`runs/${encodeURIComponent(run)}/revert`, order);
    return {
      undone: from.undone === true,
      said: read.texts(from.said),
      remove: read.texts(from.remove),
      cells: read.list(from.cells).map(placedCell),
      metadata: read.record(from.metadata)
    };
  }

  async undone(path: string): Promise<UndoneRun> {
    const from = await this._post('undone', { path });
    return { run: read.text(from.run), task: read.text(from.task) };
  }

  /** The cells that go with what a magic undid, or come again with what it redid. */
  async undoneCells(
    reverted: { points: readonly string[]; undone: boolean } & NotebookParts
  ): Promise<Pick<Reverted, 'remove' | 'cells' | 'metadata'>> {
    const from = await this._post('undone/cells', { path: '', ...reverted });
    return {
      remove: read.texts(from.remove),
      cells: read.list(from.cells).map(placedCell),
      metadata: read.record(from.metadata)
    };
  }

  /** The conversation that a saved notebook holds. */
  async read(notebook: NotebookParts): Promise<readonly Frame[]> {
    const from = await this._post('read', notebook);
    return read
      .list(from.frames)
      .map(parseFrame)
      .filter(frame => frame !== null);
  }

  /** The variables of a kernel; null while it is busy, for then nobody can tell. */
  async names(kernel: string): Promise<readonly Variable[] | null> {
    const { variables } = await this._get(`names?kernel=${encodeURIComponent(kernel)}`);
    return variables === null ? null : read.list(variables).map(parseVariable);
  }

  async export(order: ExportOrder): Promise<ExportedFile> {
    const from = await this._post('export', order);
    return { name: read.text(from.name), data: read.text(from.data) };
  }

  /** Run again what the notebook holds; comes when that is over. */
  async rebuild(order: RebuildOrder): Promise<Rebuilt> {
    return parseRebuilt(await this._post('rebuild', order));
  }

  async stopRebuild(path: string): Promise<void> {
    await this._post('rebuild/stop', { path });
  }

  /** The notebook up to a step, which is named by its cell. */
  async fork(order: { content: unknown; at: string; name: string }): Promise<read.Fields> {
    const from = await this._post('fork', order);
    return read.record(from.content);
  }

  /** What a run changed on disk, after what is to be restored is. */
  async files(run: string, order: FilesOrder): Promise<FilesSeen> {
    const from = await this._post(`runs/${encodeURIComponent(run)}/files`, order);
    return {
      files: read.list(from.files).map(fileChange),
      more: read.number(from.more),
      notes: read.texts(from.notes),
      said: read.texts(from.said)
    };
  }

  private _get(route: string): Promise<read.Fields> {
    return this.request(route, { method: 'GET' });
  }

  private _post(route: string, body: unknown): Promise<read.Fields> {
    return this.request(route, { method: 'POST', body: JSON.stringify(body) });
  }

  /** Ask a route of ours; throws an ApiError for what went wrong, in words. */
  async request(route: string, init: RequestInit): Promise<read.Fields> {
    const url = URLExt.join(this.settings.baseUrl, ROUTES, route);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      throw new ApiError(error instanceof Error ? error.message : String(error), 0);
    }
    const data = read.record(await response.json().catch(() => null));
    if (!response.ok) {
      const said = read.text(data.message) || `${response.status} ${response.statusText}`;
      throw new ApiError(said, response.status);
    }
    return data;
  }
}

function readSandbox(from: read.Fields): Sandbox {
  return {
    sandboxed: from.sandboxed === true,
    walls: read.text(from.walls),
    lacking: read.text(from.lacking),
    hosts: read.texts(from.hosts),
    refused: read.texts(from.refused),
    endings: read.number(from.endings),
    whyEnded: read.text(from.why_ended),
    trusted: from.trusted === true,
    givesAway: read.text(from.gives_away)
  };
}

function fileChange(value: unknown): FileChange {
  const from = read.record(value);
  return {
    path: read.text(from.path),
    what: read.oneOf(['added', 'deleted'], from.what, 'changed'),
    folder: from.folder === true,
    conflict: from.conflict === true,
    restored: from.restored === true,
    warning: read.text(from.warning),
    difference: read.text(from.difference)
  };
}

function placedCell(value: unknown): PlacedCell {
  const from = read.record(value);
  return { after: read.text(from.after), cell: read.record(from.cell) as unknown as nbformat.ICell };
}
