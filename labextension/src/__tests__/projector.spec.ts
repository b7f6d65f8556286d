import { type CodeCell, type ICodeCellModel } from '@jupyterlab/cells';
import { type Notebook, NotebookModel } from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { Widget } from '@lumino/widgets';
import { readFileSync } from 'fs';
import { join } from 'path';
import { parseFrame } from '../parsing';
import type { DeedDone, Frame } from '../protocol';
import { Projector } from '../projector';

function golden(name: string): Frame[] {
  const path = join(__dirname, '../../../tests/golden/frames', name);
  const frames = JSON.parse(readFileSync(path, 'utf-8')) as unknown[];
  return frames.map(parseFrame).filter(frame => frame !== null);
}

const RUN = golden('story.json').find(each => each.type === 'run');
let number = 0;

function frame(type: string, fields: object): Frame {
  const made = parseFrame({ version: 1, run: 'r', number: ++number, type, ...fields });
  if (!made) {
    throw new Error(`no frame: ${type}`);
  }
  return made;
}

interface Fields {
  after?: string;
  source?: string;
  type?: string;
  status?: string;
  outputs?: object[];
}

function cell(role: string, step: number, phase: string, fields: Fields = {}): Frame {
  const { after = '', source = '', type, status, ...more } = fields;
  const cell_type = type ?? (role === 'action' ? 'code' : 'markdown');
  const mark = { version: 1, run: 'r', role, step, status };
  const id = `r-${step}-${role}`;
  return frame('cell', {
    after,
    phase,
    cell: { id, cell_type, source, metadata: { codeact: mark }, ...more }
  });
}

const typed = (step: number, text: string) => frame('typed', { step, part: 'code', text });

describe('Projector', () => {
  let notebook: Notebook;
  let projector: Projector;
  let deeds: DeedDone[];

  beforeEach(() => {
    jest.useFakeTimers();
    notebook = NBTestUtils.createNotebook();
    const model = new NotebookModel({ disableDocumentWideUndoRedo: true });
    model.sharedModel.insertCells(0, [
      { id: 'magic', cell_type: 'code', source: '%%codeact' },
      { id: 'mine', cell_type: 'code', source: 'x' }
    ]);
    model.sharedModel.clearUndoHistory();
    notebook.model = model;
    Widget.attach(notebook, document.body);
    project();
  });

  afterEach(() => {
    projector.dispose();
    notebook.dispose();
    jest.useRealTimers();
  });

  function project(): void {
    deeds = [];
    projector = new Projector(notebook);
    projector.done.connect((_, deed) => deeds.push(deed));
  }

  function take(...frames: Frame[]): void {
    frames.forEach(each => projector.take(each));
  }

  const shared = () => notebook.model!.sharedModel;
  const ids = () => shared().cells.map(each => each.getId());
  const index = (id: string) => ids().indexOf(id);
  const source = (id: string) => shared().cells[index(id)].getSource();
  const code = (id: string) => notebook.widgets[index(id)].model as ICodeCellModel;
  const stream = (text: string) => ({ output_type: 'stream', name: 'stdout', text });

  it('shows a run as Python projects it', () => {
    const frames = golden('story.json');
    take(...frames);
    jest.advanceTimersByTime(2000);
    expect(ids()).toEqual([
      'magic',
      '0000cafe-0-task',
      ...[1, 2, 3].flatMap(step => [`0000cafe-${step}-thought`, `0000cafe-${step}-action`]),
      '0000cafe-4-answer',
      'mine'
    ]);
    for (const last of frames.filter(each => each.type === 'cell')) {
      const written = frames.filter(each => each.type === 'cell' && each.cell.id === last.cell.id);
      if (written[written.length - 1] === last) {
        const { outputs, execution_count, ...shown } = last.cell;
        expect(shared().cells[index(last.cell.id)].toJSON()).toMatchObject(shown);
        expect(outputs && code(last.cell.id).outputs.length).toBe(outputs && outputs.length);
        expect(outputs && code(last.cell.id).executionCount).toBe(outputs && execution_count);
      }
    }
    expect(deeds).toEqual([]);
  });

  it('changes nothing when it is told a second time, by another front end', () => {
    take(...golden('story.json'));
    jest.advanceTimersByTime(2000);
    const before = notebook.model!.toJSON();
    projector.dispose();
    project();
    take(...golden('story.json'));
    jest.advanceTimersByTime(2000);
    expect(notebook.model!.toJSON()).toEqual(before);
    expect(deeds).toEqual([]);
  });

  it('leaves of a run that was stopped what the record has', () => {
    take(...golden('asked.json'));
    jest.advanceTimersByTime(2000);
    const cells = ids().filter(id => id.startsWith('0000cafe'));
    const final = golden('asked.json').filter(
      each => each.type === 'cell' && each.phase === 'final'
    );
    expect(new Set(cells)).toEqual(new Set(final.map(each => each.type === 'cell' && each.cell.id)));
  });

  it('ends the cells of a run that nobody could finish, as when its kernel died', () => {
    take(cell('action', 1, 'running', { after: 'magic', status: 'unknown' }));
    take(cell('thought', 2, 'typing', { after: 'r-1-action' }));
    expect(code('r-1-action').executionState).toBe('running');
    take(frame('run', { ...RUN, run: 'r', number, state: 'interrupted' }));
    expect(code('r-1-action').executionState).toBe('idle');
    for (const id of ['r-1-action', 'r-2-thought']) {
      expect(projector.cell(id)?.phase).toBe('final');
    }
  });

  it('types code into its cell, and makes it void when the query is made again', () => {
    take(cell('action', 1, 'typing', { after: 'magic' }), typed(1, 'pri'), typed(1, 'nt'));
    expect(source('r-1-action')).toBe('print');
    expect(projector.cell('r-1-action')?.phase).toBe('typing');
    take(frame('retrying', { step: 1, attempt: 1, seconds: 1, reason: '' }), typed(1, 'x'));
    expect(source('r-1-action')).toBe('x');
  });

  it('types no words of the model that Python has not disarmed', () => {
    take(cell('thought', 1, 'typing', { after: 'magic', source: 'Look:' }));
    take(frame('typed', { step: 1, part: 'thought', text: ' ![](https://example.com/x.png)' }));
    expect(source('r-1-thought')).toBe('Look:');
  });

  it('puts cells behind the last of their run where the one before is gone', () => {
    take(cell('task', 0, 'final', { after: 'magic' }), cell('thought', 1, 'final', { after: '?' }));
    expect(ids()).toEqual(['magic', 'r-0-task', 'r-1-thought', 'mine']);
  });

  it('never writes over what the person edited, and tells of it', () => {
    take(cell('action', 1, 'typing', { after: 'magic' }), typed(1, 'a = 1'));
    shared().cells[1].setSource('a = 2');
    take(typed(1, '\nb'), cell('action', 1, 'running', { source: 'a = 1\nb' }));
    take(cell('action', 1, 'final', { source: 'a = 1\nb', status: 'ok', outputs: [stream('1')] }));
    jest.advanceTimersByTime(2000);
    expect(source('r-1-action')).toBe('a = 2');
    expect(code('r-1-action').outputs.length).toBe(1);
    expect(deeds).toEqual([{ type: 'edited', run: 'r', cell: 'r-1-action', source: 'a = 2' }]);
  });

  it('does not write into a cell that is not editable', () => {
    take(cell('action', 1, 'typing', { after: 'magic', source: 'a' }));
    shared().cells[1].setMetadata('editable', false);
    take(cell('action', 1, 'running', { source: 'b' }));
    expect(source('r-1-action')).toBe('a');
  });

  it('does not bring back what the person deleted, unless they take that back', () => {
    take(cell('action', 1, 'typing', { after: 'magic' }), typed(1, 'a'));
    shared().deleteCell(1);
    take(typed(1, 'b'), cell('action', 1, 'final', { after: 'magic', status: 'ok' }));
    expect(ids()).toEqual(['magic', 'mine']);
    expect(deeds).toEqual([{ type: 'deleted', run: 'r', cell: 'r-1-action' }]);
    shared().undo();
    take(cell('action', 1, 'final', { after: 'magic', source: 'ab', status: 'ok' }));
    jest.advanceTimersByTime(2000);
    expect(source('r-1-action')).toBe('ab');
  });

  it('is undone one cell at a time, apart from what the person did just before', () => {
    shared().deleteCell(1);
    take(cell('task', 0, 'final', { after: 'magic' }), cell('action', 1, 'typing'), typed(1, 'a'));
    shared().undo();
    expect(ids()).toEqual(['magic', 'r-0-task']);
    shared().undo();
    expect(ids()).toEqual(['magic']);
    shared().undo();
    expect(ids()).toEqual(['magic', 'mine']);
  });

  it('goes on with a cell that the person moved', () => {
    take(cell('action', 1, 'typing', { after: 'magic' }), typed(1, 'a'));
    take(cell('thought', 2, 'final', { after: 'r-1-action' }));
    notebook.moveCell(1, 3);
    take(typed(1, 'b'));
    expect(ids()).toEqual(['magic', 'r-2-thought', 'mine', 'r-1-action']);
    expect(source('r-1-action')).toBe('ab');
    expect(deeds).toEqual([{ type: 'moved', run: 'r', cell: 'r-1-action' }]);
  });

  it('repairs the outputs that do not agree with the record, and those only', () => {
    const outputs = [stream('one\n'), stream('two\n')];
    take(cell('action', 1, 'final', { after: 'magic', status: 'ok', outputs }));
    jest.advanceTimersByTime(2000);
    const { outputs: shown } = code('r-1-action');
    expect(shown.toJSON()).toMatchObject([{ text: 'one\ntwo\n' }]);
    const first = shown.get(0);
    take(cell('action', 1, 'final', { status: 'ok', outputs }));
    jest.advanceTimersByTime(2000);
    expect(shown.get(0)).toBe(first);
    take(cell('action', 1, 'final', { status: 'ok', outputs: [stream('one\n')] }));
    jest.advanceTimersByTime(2000);
    expect(shown.toJSON()).toMatchObject([{ text: 'one\n' }]);
  });

  it('leaves the outputs of a cell that the person ran again', () => {
    take(cell('action', 1, 'final', { after: 'magic', status: 'ok', outputs: [stream('1')] }));
    jest.advanceTimersByTime(2000);
    projector.ranByPerson(notebook.widgets[1]);
    code('r-1-action').outputs.clear();
    take(cell('action', 1, 'final', { status: 'ok', outputs: [stream('1')] }));
    jest.advanceTimersByTime(2000);
    expect(code('r-1-action').outputs.length).toBe(0);
    expect(deeds).toEqual([{ type: 'ran', run: 'r', cell: 'r-1-action' }]);
  });

  it('folds a failed step once, and leaves it as the person has it', () => {
    const jupyter = { source_hidden: true, outputs_hidden: true };
    const failed = () => {
      const folded = cell('action', 1, 'final', { after: 'magic', status: 'error' });
      return folded.type === 'cell'
        ? { ...folded, cell: { ...folded.cell, metadata: { ...folded.cell.metadata, jupyter } } }
        : folded;
    };
    take(failed());
    jest.advanceTimersByTime(2000);
    const widget = notebook.widgets[1] as CodeCell;
    expect([widget.inputHidden, widget.outputHidden]).toEqual([true, true]);
    widget.inputHidden = false;
    widget.outputHidden = false;
    take(failed());
    expect([widget.inputHidden, widget.outputHidden]).toEqual([false, false]);
  });

  it('shows code that was refused as Markdown in its place', () => {
    take(cell('action', 1, 'waiting', { after: 'magic', source: 'rm()' }));
    take(cell('action', 1, 'final', { type: 'markdown', source: '*Not run*', status: 'rejected' }));
    expect(ids()).toEqual(['magic', 'r-1-action', 'mine']);
    expect(notebook.widgets[1].model.type).toBe('markdown');
    expect(source('r-1-action')).toBe('*Not run*');
    expect(deeds).toEqual([]);
  });

  it('takes away what the record does not have, unless the person made it theirs', () => {
    take(cell('action', 1, 'typing', { after: 'magic' }), typed(1, 'a'));
    take(cell('action', 2, 'typing', { after: 'r-1-action' }), typed(2, 'b'));
    shared().cells[2].setSource('mine now');
    take(frame('removed', { cell: 'r-1-action' }), frame('removed', { cell: 'r-2-action' }));
    expect(ids()).toEqual(['magic', 'r-2-action', 'mine']);
    expect(projector.cell('r-2-action')?.phase).toBe('final');
  });

  it('goes on with a cell that was saved while it was being typed', () => {
    shared().insertCell(1, {
      id: 'r-1-action',
      cell_type: 'code',
      source: 'a =',
      metadata: { codeact: { version: 1, run: 'r', role: 'action', step: 1 } }
    });
    take(cell('action', 1, 'running', { source: 'a = 1' }));
    expect(source('r-1-action')).toBe('a = 1');
  });

  it('gives the notebook its metadata where it has none', () => {
    take(frame('session', { metadata: { version: 1, system: 'be good' } }));
    take(frame('session', { metadata: { version: 1, system: 'be bad' } }));
    expect(shared().getMetadata('codeact')).toEqual({ version: 1, system: 'be good' });
  });
});
