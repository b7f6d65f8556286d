import { YNotebook } from '@jupyter/ydoc';
import { keepEnd, movedChains } from '../chain-ends';
import { KEY } from '../protocol';

const note = { runs: ['b'], cell: 'b-2-answer' };
const another = { runs: ['c'], cell: 'c-2-answer' };
const there = { a: { cell: 'b-2-answer', signature: '1' } };
const gone = { a: { cell: 'a-2-answer', signature: '2' }, undone: [note] };

describe('movedChains', () => {
  it('names the other end, and takes the note away or brings it', () => {
    expect(movedChains(there, there, gone)).toEqual(gone);
    expect(movedChains(gone, gone, there)).toEqual(there);
  });

  it('leaves an end that was named since, and the notes of other undos', () => {
    const later = { a: { cell: 'd-2-answer' }, other: { cell: 'e-2-answer' } };
    expect(movedChains({ ...later, undone: [note, another] }, gone, there)).toEqual({
      ...later,
      undone: [another]
    });
    expect(movedChains({ ...later, undone: [another] }, there, gone)).toEqual({
      ...later,
      undone: [another, note]
    });
  });

  it('knows a conversation that is gone altogether', () => {
    expect(movedChains(there, there, { undone: [note] })).toEqual({ undone: [note] });
    expect(movedChains({ undone: [note] }, { undone: [note] }, there)).toEqual(there);
  });
});

describe('keepEnd', () => {
  it('follows the cells as they go and come, also behind a later run', () => {
    const model = YNotebook.create();
    const cell = { cell_type: 'markdown' as const, id: 'b-2-answer', source: '', metadata: {} };
    const chain = () => (model.getMetadata(KEY) as { chain: unknown }).chain;
    model.setMetadata(KEY, { version: 1, chain: there });
    keepEnd(model, new Set(['b-2-answer']), { gone, there });
    expect(chain()).toEqual(gone);
    model.insertCell(0, cell);
    expect(chain()).toEqual(there);
    model.deleteCell(0);
    expect(chain()).toEqual(gone);
    const later = { a: { cell: 'd-2-answer' } };
    model.setMetadata(KEY, { version: 1, chain: { ...later, undone: [note] } });
    model.insertCell(0, cell);
    expect(chain()).toEqual(later);
    model.deleteCell(0);
    expect(chain()).toEqual({ ...later, undone: [note] });
    expect(model.getMetadata(KEY)).toMatchObject({ version: 1 });
    model.dispose();
  });
});
