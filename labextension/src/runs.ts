/**
 * All open notebooks with their runs.
 *
 * Two views of one document share its cells: one of them projects, and when it is closed, another.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';
import { Api } from './api';
import { CellQuestions } from './cell-questions';
import { Connection } from './connection';
import { Marks } from './marks';
import { NotebookRuns } from './notebook-runs';
import { claimPage } from './person';
import { Standing } from './standing';
import type { IRuns, OpenStepArguments } from './tokens';

type Document = NotebookPanel['context'];

export class Runs implements IRuns {
  constructor(
    private readonly _trans: TranslationBundle,
    private readonly _open: (step: OpenStepArguments) => void
  ) {
    const standing = new Standing();
    this.api = new Api(undefined, claimPage(trouble => standing.tell(trouble)), standing);
  }

  readonly api: Api;
  readonly connection = new Connection();

  /** A notebook was opened, and its runs are followed. */
  get added(): ISignal<this, NotebookRuns> {
    return this._added;
  }

  of(notebook: NotebookPanel): NotebookRuns | null {
    return this._runs.get(notebook.context) ?? null;
  }

  /** Follow the runs of a notebook, once it is loaded. */
  async add(notebook: NotebookPanel): Promise<void> {
    await notebook.context.ready;
    if (notebook.isDisposed) {
      return;
    }
    const { context } = notebook;
    const views = this._views.get(context) ?? [];
    this._views.set(context, [...views, notebook]);
    notebook.disposed.connect(() => this._onClosed(context, notebook));
    if (views.length === 0) {
      this._begin(notebook);
    }
    this._mark(notebook);
  }

  private _begin(notebook: NotebookPanel): void {
    const runs = new NotebookRuns(notebook, this.connection, this.api);
    this._runs.set(notebook.context, runs);
    this._added.emit(runs);
  }

  private _mark(notebook: NotebookPanel): void {
    const runs = this._runs.get(notebook.context);
    if (runs) {
      const { projector } = runs;
      const open = (run: string, step: number) =>
        this._open({ path: notebook.context.localPath, run, step });
      const shown = { notebook: notebook.content, trans: this._trans, open };
      const marks = new Marks({ ...shown, projector });
      const questions = new CellQuestions({ ...shown, runs, api: this.api });
      for (const each of [marks, questions]) {
        projector.disposed.connect(() => each.dispose());
        notebook.disposed.connect(() => each.dispose());
      }
    }
  }

  private _onClosed(context: Document, notebook: NotebookPanel): void {
    const others = (this._views.get(context) ?? []).filter(view => view !== notebook);
    this._views.set(context, others);
    const runs = this._runs.get(context);
    if (runs?.notebook !== notebook) {
      return;
    }
    runs.dispose();
    this._runs.delete(context);
    if (others.length > 0) {
      this._begin(others[0]);
      others.forEach(view => this._mark(view));
    }
  }

  private readonly _added = new Signal<this, NotebookRuns>(this);
  private readonly _runs = new Map<Document, NotebookRuns>();
  private readonly _views = new Map<Document, readonly NotebookPanel[]>();
}
