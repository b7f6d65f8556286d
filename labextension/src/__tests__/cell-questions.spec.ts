import { type Notebook, NotebookModel } from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { type Kernel, ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { Api } from '../api';
import { Asking } from '../asking';
import { CellQuestions } from '../cell-questions';
import { parseFrame } from '../parsing';
import { ConversationModel } from '../run-model';
import { Standing } from '../standing';

const RUN = {
  task: 't',
  model: 'm',
  notice: '',
  state: 'running',
  reason: '',
  conversation: 'r',
  turn: 1,
  started: '',
  meter: {}
};
const ASKED = "os.remove('a')";

describe('CellQuestions', () => {
  let notebook: Notebook;
  let conversation: ConversationModel;
  let questions: CellQuestions;
  let hosted: boolean;
  let reloaded: boolean;
  let answers: string[];
  let asking: Asking;
  let number: number;
  let posted: { run: string; body: unknown }[];
  let opened: [string, number][];
  let standing: Standing;
  let refusal: string;

  beforeEach(() => {
    notebook = NBTestUtils.createNotebook();
    const model = new NotebookModel({ disableDocumentWideUndoRedo: true });
    model.sharedModel.insertCells(0, [
      { id: 'mine', cell_type: 'code', source: 'x' },
      { id: 'r-1-action', cell_type: 'code', source: ASKED }
    ]);
    notebook.model = model;
    Widget.attach(notebook, document.body);
    conversation = new ConversationModel();
    [hosted, number, posted, opened] = [true, 0, [], []];
    [reloaded, answers] = [false, []];
    Element.prototype.scrollIntoView = () => undefined; // jsdom shows nothing
    refusal = '';
    standing = new Standing();
    const api = new Api(ServerConnection.makeSettings(), give, standing);
    const sendInputReply = ({ value }: { value: string }) => answers.push(value);
    asking = new Asking({
      api,
      kernel: () => ({ sendInputReply }) as unknown as Kernel.IKernelConnection,
      isHosted: () => hosted,
      isOwn: () => !reloaded,
      waits: () => true
    });
    questions = new CellQuestions({
      notebook,
      runs: {
        conversation,
        isHosted: () => hosted,
        asking
      },
      api,
      trans: nullTranslator.load('codeact_jupyter'),
      open: (run, step) => opened.push([run, step])
    });
  });

  afterEach(() => {
    questions.dispose();
    notebook.dispose();
  });

  function give(run: string, body: object): Promise<void> {
    posted.push({ run, body });
    return refusal ? Promise.reject(new Error(refusal)) : Promise.resolve();
  }

  function take(type: string, fields: object): void {
    const frame = parseFrame({ version: 1, run: 'r', number: ++number, type, ...fields });
    conversation.take(frame!);
  }

  const ask = (hash = 'h') =>
    take('asked', { step: 1, code: ASKED, hash, reasons: ['deletes files'], scopes: ['once', 'run', 'notebook'] });
  const run = () => take('step', { step: 1, state: 'running', code: ASKED });
  const source = (index: number) => notebook.model!.sharedModel.cells[index];
  // a notebook attaches no more cells than are in view
  const shown = () =>
    notebook.widgets.flatMap(each => [
      ...each.node.querySelectorAll<HTMLElement>('.jp-codeact-Question')
    ]);
  const buttons = () =>
    [...shown()[0].querySelectorAll<HTMLButtonElement>('button')].filter(each => !each.hidden);
  const labels = () => buttons().map(each => each.textContent);

  async function press(label: string): Promise<void> {
    buttons()
      .find(each => each.textContent === label)!
      .click();
    await new Promise(done => setTimeout(done, 0));
    await new Promise(done => setTimeout(done, 0));
  }

  it('says before a press that this page cannot answer, and offers to load it again', () => {
    standing.tell('This page cannot answer.');
    ask();
    expect(shown()[0].textContent).toContain('This page cannot answer. Load the page again');
    standing.tell('');
    expect(shown()[0].textContent).not.toContain('cannot answer');
  });

  it('shows the question at the cell that waits, until it is answered', () => {
    expect(shown().length).toBe(0);
    ask();
    expect(shown().length).toBe(1);
    expect(notebook.widgets[1].node.contains(shown()[0])).toBe(true);
    expect(shown()[0].textContent).toContain('deletes files');
    expect(labels()).toEqual(['Run', 'Always allow in this notebook', 'Reject', 'Answer in the panel…']);
    run();
    expect(shown().length).toBe(0);
  });

  it('shows nothing for a run that the server does not host', () => {
    hosted = false;
    ask();
    expect(shown().length).toBe(0);
  });

  it('runs what was asked, bound by its hash, and once', async () => {
    ask('abc');
    await press('Run');
    await press('Run');
    await press('Reject');
    expect(posted).toEqual([
      { run: 'r', body: { step: 1, hash: 'abc', decision: 'run' } }
    ]);
  });

  it('runs what the cell holds when the person has changed it', async () => {
    ask();
    source(1).setSource('safe()');
    expect(labels()).toEqual(['Run as edited', 'Reject', 'Answer in the panel…']);
    await press('Run as edited');
    const body = { step: 1, hash: 'h', decision: 'edit', code: 'safe()' };
    expect(posted.map(each => each.body)).toEqual([body]);
  });

  it('does not run a cell that the person emptied', async () => {
    ask();
    source(1).setSource(' ');
    await press('Run as edited');
    expect(posted).toEqual([]);
  });

  it.each([
    ['Always allow in this notebook', 'run-kind'],
    ['Reject', 'reject']
  ])('says the word of the button %s', async (label, decision) => {
    ask();
    await press(label);
    expect(posted.map(each => each.body)).toEqual([{ step: 1, hash: 'h', decision }]);
  });

  it('leads to the question in the panel', async () => {
    ask();
    await press('Answer in the panel…');
    expect([opened, posted]).toEqual([[['r', 1]], []]);
  });

  it('says why a word was not taken, and takes another', async () => {
    refusal = 'look at it again';
    ask();
    await press('Run');
    expect(shown()[0].querySelector('[role=alert]')?.textContent).toBe('look at it again');
    refusal = '';
    await press('Reject');
    expect(posted.length).toBe(2);
  });

  it('follows the cell when the person moves it, and goes with it', () => {
    ask();
    notebook.moveCell(1, 0);
    expect(notebook.widgets[0].node.contains(shown()[0])).toBe(true);
    expect(shown().length).toBe(1);
    notebook.model!.sharedModel.deleteCell(0);
    expect(shown().length).toBe(0);
  });

  it('comes when the cell comes after the question', () => {
    notebook.model!.sharedModel.deleteCell(1);
    ask();
    expect(shown().length).toBe(0);
    notebook.model!.sharedModel.insertCell(1, { id: 'r-1-action', cell_type: 'code', source: ASKED });
    expect(shown().length).toBe(1);
  });

  it('runs what the cell holds when the person runs the cell alone, and not along with others', async () => {
    ask();
    const cell = notebook.widgets[1];
    asking.tried({ cell, alone: false, press: {} });
    expect(shown()[0].querySelector('[role=alert]')?.textContent).toContain('Not run');
    expect(posted).toEqual([]);
    asking.tried({ cell: notebook.widgets[0], alone: true, press: {} });
    asking.tried({ cell, alone: true, press: null });
    expect(shown()[0].querySelector('[role=alert]')?.textContent).toContain('press Run here');
    expect(posted).toEqual([]);
    asking.tried({ cell, alone: true, press: {} });
    await new Promise(done => setTimeout(done, 0));
    expect(posted.map(each => each.body)).toEqual([{ step: 1, hash: 'h', decision: 'run' }]);
  });

  it('asks for a line below the cell whose code wants one, where nobody else asks for it', async () => {
    hosted = false;
    const wants = () => take('input', { step: 1, request: 'q', prompt: 'Name? ', password: true });
    wants();
    expect(shown()).toEqual([]);
    reloaded = true;
    wants();
    const field = shown()[0].querySelector('input')!;
    expect([shown()[0].textContent, field.type]).toEqual(['Name? Send', 'password']);
    field.value = 'Ada';
    (shown()[0] as HTMLFormElement).requestSubmit();
    await new Promise(done => setTimeout(done, 0));
    expect([answers, field.disabled]).toEqual([['Ada'], true]);
    run();
    take('run', { ...RUN, waiting: '' });
    expect(shown()).toEqual([]);
  });
});
