import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import { parseFrame, parseServerMessage } from '../parsing';
import type { RunFrame, StepFrame } from '../protocol';

const GOLDEN = join(__dirname, '../../../tests/golden/frames');

function golden(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(GOLDEN, name), 'utf-8')) as Record<string, unknown>[];
}

describe('parseFrame', () => {
  test.each(readdirSync(GOLDEN))('reads every frame of %s as Python wrote it', name => {
    for (const { version: _version, ...written } of golden(name)) {
      const read = parseFrame({ version: 1, ...written });
      expect(read).toMatchObject(
        written.type === 'cell' ? { type: 'cell', after: written.after, phase: written.phase } : written
      );
    }
  });

  it('keeps of a cell what is to be shown', () => {
    const [frame] = golden('story.json').filter(each => each.type === 'cell');
    expect(parseFrame(frame)).toMatchObject({ cell: frame.cell });
  });

  it('drops what it does not know', () => {
    const frame = { version: 1, run: 'r', number: 1, type: 'typed', step: 1, part: 'code', text: 'x' };
    expect(parseFrame(frame)).not.toBeNull();
    expect(parseFrame({ ...frame, version: 2 })).toBeNull();
    expect(parseFrame({ ...frame, type: 'sung' })).toBeNull();
    expect(parseFrame({ ...frame, run: 7 })).toBeNull();
    expect(parseFrame({ ...frame, number: 0 })).toBeNull();
    expect(parseFrame({ ...frame, type: 'toString' })).toBeNull();
    expect(parseFrame('frame')).toBeNull();
    expect(parseFrame(null)).toBeNull();
  });

  it('gives every field its type, whatever was sent', () => {
    const run = parseFrame({ version: 1, run: 'r', number: 1, type: 'run', state: 9, meter: [] });
    const { state, meter } = run as RunFrame;
    expect(state).toBe('running');
    expect(meter.cost).toBeNull();
    expect(meter.limits).toEqual({ steps: null, tokens: null, cost: null, seconds: null });
    const step = parseFrame({ version: 1, run: 'r', number: 2, type: 'step', change: { added: [3] } });
    expect((step as StepFrame).change.added).toEqual([
      { name: '', type: '', shape: null, size: null, detail: '' }
    ]);
  });
});

describe('parseServerMessage', () => {
  it('reads the messages of the server', () => {
    const following = { type: 'following', path: 'a.ipynb', lead: true, runs: ['r'] };
    expect(parseServerMessage(following)).toEqual(following);
    const lead = { type: 'lead', path: 'a.ipynb', lead: false };
    expect(parseServerMessage(lead)).toEqual(lead);
    const refused = { type: 'refused', path: 'a.ipynb', kernel: '', message: 'no' };
    expect(parseServerMessage(refused)).toEqual(refused);
    const rebuilding = { type: 'rebuilding', path: 'a.ipynb', cell: 2, of: 3 };
    expect(parseServerMessage(rebuilding)).toEqual(rebuilding);
    const found = { lines: ['Rebuilt: 3 same.'], kinds: [], same: true };
    const rebuilt = { type: 'rebuilt', path: 'a.ipynb', found };
    expect(parseServerMessage(rebuilt)).toEqual(rebuilt);
    expect(parseServerMessage({ ...rebuilt, found: null })).toEqual({ ...rebuilt, found: null });
  });

  it('drops a frame that it does not know', () => {
    expect(parseServerMessage({ type: 'frame', path: 'a.ipynb', frame: {} })).toBeNull();
    expect(parseServerMessage({ type: 'sung', path: 'a.ipynb' })).toBeNull();
  });
});
