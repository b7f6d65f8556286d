import type { ICodeCellModel } from '@jupyterlab/cells';
import { type Notebook, NotebookModel } from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { Widget } from '@lumino/widgets';
import { parseFrame } from '../parsing';
import { Projector } from '../projector';
import type { Frame } from '../protocol';
import { KernelTwin } from './executions';

let number = 0;

function cell(role: string, step: number, phase: string, after = '', more: object = {}): Frame {
  const cell_type = role === 'action' ? 'code' : 'markdown';
  const status = phase === 'final' ? 'ok' : 'unknown';
  const made = parseFrame({
    version: 1,
    run: 'r',
    number: ++number,
    type: 'cell',
    after,
    phase,
    cell: {
      id: `r-${step}-${role}`,
      cell_type,
      source: '',
      metadata: { codeact: { version: 1, run: 'r', role, step, status } },
      ...more
    }
  });
  if (!made) {
    throw new Error('no frame');
  }
  return made;
}

const stream = (text: string) => ({ output_type: 'stream', name: 'stdout', text });

describe('Executions in a notebook', () => {
  let notebook: Notebook;
  let projector: Projector;
  let kernel: KernelTwin;

  beforeEach(() => {
    jest.useFakeTimers();
    notebook = NBTestUtils.createNotebook();
    const model = new NotebookModel();
    model.sharedModel.insertCells(0, [
      { id: 'magic', cell_type: 'code', source: '%%codeact' },
      { id: 'mine', cell_type: 'code', source: 'x' }
    ]);
    notebook.model = model;
    Widget.attach(notebook, document.body);
    projector = new Projector(notebook);
    kernel = new KernelTwin();
  });

  afterEach(() => {
    projector.dispose();
    notebook.dispose();
    jest.useRealTimers();
  });

  const shared = () => notebook.model!.sharedModel;
  const ids = () => shared().cells.map(each => each.getId());
  const outputs = (id: string) =>
    (notebook.widgets[ids().indexOf(id)].model as ICodeCellModel).outputs.toJSON();

  function take(...frames: Frame[]): void {
    frames.forEach(each => projector.take(each));
  }

  function begins(step: number, after: string): void {
    says(step, 'execute_input', { code: `${step}`, execution_count: step }, after);
  }

  function says(step: number, type: string, content: object = {}, after = ''): void {
    projector.takeMessage(kernel.says('r', `r-${step}-action`, type, content, after));
  }

  const prints = (step: number, text: string) => says(step, 'stream', { name: 'stdout', text });
  const ends = (step: number) => says(step, 'codeact_done', { execution_count: step });

  const WHOLE = ['magic', 'r-0-task', 'r-1-thought', 'r-1-action', 'r-2-action', 'r-3-answer', 'mine'];
  const TOLD = [
    cell('task', 0, 'final', 'magic'),
    cell('thought', 1, 'final', 'r-0-task'),
    cell('action', 1, 'running', 'r-1-thought'),
    cell('action', 2, 'running', 'r-1-action'),
    cell('answer', 3, 'final', 'r-2-action')
  ];

  it.each([0, 1, 2, 3, 4, 5])(
    'stand in order when two begin after %i frames, before the others have come',
    early => {
      take(...TOLD.slice(0, early));
      begins(1, 'magic');
      ends(1);
      begins(2, 'r-1-action');
      take(...TOLD.slice(early));
      expect(ids()).toEqual(WHOLE);
    }
  );

  it('stand in order when the second is known before the first', () => {
    take(TOLD[0]);
    begins(2, 'r-1-action');
    begins(1, 'magic');
    take(...TOLD.slice(1));
    expect(ids()).toEqual(WHOLE);
  });

  it('go on in a front end that was not there when they began', () => {
    prints(1, 'two\n');
    take(cell('task', 0, 'final', 'magic'), cell('action', 1, 'running', 'r-0-task'));
    expect(outputs('r-1-action')).toMatchObject([stream('two\n')]);
    prints(1, 'three\n');
    expect(outputs('r-1-action')).toMatchObject([stream('two\nthree\n')]);
    ends(1);
    prints(1, 'late\n');
    const recorded = { outputs: [stream('one\ntwo\nthree\n')], execution_count: 1 };
    take(cell('action', 1, 'final', '', recorded));
    jest.advanceTimersByTime(2000);
    expect(outputs('r-1-action')).toMatchObject(recorded.outputs);
  });

  it('go on below the outputs that the notebook was saved with', () => {
    shared().insertCell(1, { id: 'r-1-action', cell_type: 'code', outputs: [stream('one\n')] });
    take(cell('action', 1, 'running', 'magic'));
    prints(1, 'two\n');
    expect(outputs('r-1-action')).toMatchObject([stream('one\ntwo\n')]);
  });

  it('are shown by one front end only', () => {
    take(cell('action', 1, 'running', 'magic'));
    begins(1, 'magic');
    prints(1, 'one\n');
    projector.letGo();
    kernel.says('r', 'r-1-action', 'stream', { name: 'stdout', text: 'two\n' });
    expect(outputs('r-1-action')).toMatchObject([stream('one\n')]);
  });

  it('begin in cells of their own run alone', () => {
    take(cell('task', 0, 'final', 'magic'));
    const frame = cell('action', 1, 'running', 'magic');
    take({ ...frame, run: 'other' });
    expect(ids()).toEqual(['magic', 'r-0-task', 'mine']);
    expect(() => kernel.says('r', 'mine', 'execute_input')).toThrow();
  });

  it('go on in one cell when another front end put the same one in', () => {
    begins(1, 'magic');
    prints(1, 'one\n');
    shared().insertCell(1, { id: 'r-1-action', cell_type: 'code', source: '1' });
    expect(ids()).toEqual(['magic', 'r-1-action', 'mine']);
    ends(1);
    const recorded = { source: '1', outputs: [stream('one\n')], execution_count: 1 };
    take(cell('action', 1, 'final', '', recorded));
    jest.advanceTimersByTime(2000);
    expect(outputs('r-1-action')).toMatchObject(recorded.outputs);
  });
});
