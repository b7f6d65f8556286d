import { readFileSync } from 'fs';
import { join } from 'path';
import { parseFrame } from '../parsing';
import type { Frame } from '../protocol';
import { ConversationModel } from '../run-model';

function golden(name: string): Frame[] {
  const path = join(__dirname, '../../../tests/golden/frames', name);
  const frames = JSON.parse(readFileSync(path, 'utf-8')) as unknown[];
  return frames.map(parseFrame).filter(frame => frame !== null);
}

let number = 0;

function frame(type: string, fields: object, run = 'r'): Frame {
  const made = parseFrame({ version: 1, run, number: ++number, type, ...fields });
  if (!made) {
    throw new Error(`no frame: ${type}`);
  }
  return made;
}

function told(...frames: Frame[]): ConversationModel {
  const model = new ConversationModel();
  frames.forEach(each => model.take(each));
  return model;
}

describe('ConversationModel', () => {
  it('folds a run into its turn', () => {
    const [turn, ...others] = told(...golden('story.json')).turns;
    expect(others).toEqual([]);
    expect(turn).toMatchObject({ task: 'Add up the numbers.', state: 'answered', asked: null });
    expect(turn.steps.map(step => [step.number, step.state])).toEqual([
      [1, 'error'],
      [2, 'ok'],
      [3, 'ok']
    ]);
    expect(turn.steps[1].code).toBe('x = [1, 2, 3]\nsum(x)');
    expect(turn.answer).toMatchObject({ cell: '0000cafe-4-answer' });
  });

  it('gives the same from a saved notebook, turn after turn', () => {
    const { turns } = told(...golden('kept.json'));
    expect(turns.map(turn => turn.turn)).toEqual([1, 2]);
    expect(turns[1]).toMatchObject({ task: 'And again.', state: 'answered' });
    expect(turns[1].steps.map(step => step.state)).toEqual(['error', 'ok', 'ok']);
  });

  it('shows the question while the run waits for an answer', () => {
    const frames = golden('asked.json');
    const asked = frames.findIndex(each => each.type === 'asked');
    expect(told(...frames.slice(0, asked + 1)).turns[0]).toMatchObject({
      waiting: 'approval',
      asked: { type: 'asked' }
    });
    expect(told(...frames).turns[0]).toMatchObject({ asked: null, state: 'stopped' });
  });

  it('changes nothing when a frame comes twice', () => {
    const frames = golden('story.json');
    const model = told(...frames);
    const before = model.turns;
    let changes = 0;
    model.changed.connect(() => changes++);
    frames.forEach(each => model.take(each));
    expect(model.turns).toBe(before);
    expect(changes).toBe(0);
  });

  it('keeps the objects of what did not change', () => {
    const model = told(...golden('kept.json'));
    const [first, second] = model.turns;
    model.take(frame('typed', { step: 9, part: 'thought', text: 'Hm' }, second.run));
    number = 100;
    model.take(frame('typed', { step: 9, part: 'thought', text: 'Hm' }, second.run));
    expect(model.turns[0]).toBe(first);
    expect(model.turns[1]).not.toBe(second);
    expect(model.turns[1].steps[0]).toBe(second.steps[0]);
    expect(model.turns[1].steps[3]).toMatchObject({ number: 9, thought: 'Hm', state: 'thinking' });
  });

  it('gathers what is typed, and takes words before code for a thought', () => {
    const words = [
      frame('typed', { step: 1, part: 'answer', text: 'I lo' }),
      frame('typed', { step: 1, part: 'answer', text: 'ok.' })
    ];
    const model = told(...words);
    expect(model.turns[0].answer).toEqual({ text: 'I look.', cell: '', figures: [] });
    model.take(frame('typed', { step: 1, part: 'code', text: 'x' }));
    model.take(frame('typed', { step: 1, part: 'code', text: ' = 1' }));
    expect(model.turns[0].answer).toBeNull();
    expect(model.turns[0].steps).toMatchObject([{ thought: 'I look.', code: 'x = 1' }]);
  });

  it('forgets what was typed of a query that is made again', () => {
    const model = told(
      frame('step', { step: 1, state: 'thinking' }),
      frame('typed', { step: 1, part: 'code', text: 'half' }),
      frame('retrying', { step: 1, attempt: 1, seconds: 2, reason: 'overloaded' })
    );
    expect(model.turns[0].steps).toEqual([]);
    expect(model.turns[0].retrying).toMatchObject({ reason: 'overloaded' });
    model.take(frame('typed', { step: 1, part: 'code', text: 'whole' }));
    expect(model.turns[0].retrying).toBeNull();
    expect(model.turns[0].steps).toMatchObject([{ code: 'whole' }]);
  });

  it('does not type into a step that is told', () => {
    const step = frame('step', { step: 1, state: 'running', code: 'x' });
    const late = frame('typed', { step: 1, part: 'code', text: 'x' });
    expect(told(step, late).turns[0].steps).toMatchObject([{ code: 'x' }]);
  });

  it('takes the end of a step that comes late, but not what is older than what it knows', () => {
    const running = frame('step', { step: 1, state: 'running' });
    const over = frame('step', { step: 1, state: 'ok' });
    const next = frame('step', { step: 2, state: 'thinking' });
    const { turns } = told(running, next, over, running);
    expect(turns[0].steps.map(step => step.state)).toEqual(['ok', 'thinking']);
  });

  it('waits for input until the step is over', () => {
    const model = told(
      frame('step', { step: 1, state: 'running' }),
      frame('input', { step: 1, request: 'q', prompt: 'Name? ', password: false })
    );
    expect(model.turns[0].input).toMatchObject({ prompt: 'Name? ' });
    model.take(frame('step', { step: 1, state: 'ok' }));
    expect(model.turns[0].input).toBeNull();
  });

  it('tells a run from its beginning again once it was forgotten', () => {
    const frames = golden('story.json');
    const model = told(...frames);
    model.forget('0000cafe');
    expect(model.turns).toEqual([]);
    frames.forEach(each => model.take(each));
    expect(model.turns).toMatchObject([{ state: 'answered' }]);
  });

  it('is empty when it was cleared', () => {
    const model = told(...golden('kept.json'));
    model.clear();
    expect(model.turns).toEqual([]);
  });
});
