import { readFileSync } from 'fs';
import { join } from 'path';
import { conversationsOf, isGoingOn, speaksOf } from '../conversations';
import { parseFrame } from '../parsing';
import { ConversationModel, type TurnView } from '../run-model';

const GOLDEN = join(__dirname, '../../../tests/golden/frames');

function turnsOf(name: string): readonly TurnView[] {
  const model = new ConversationModel();
  const frames = JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), 'utf-8')) as unknown[];
  for (const data of frames) {
    const frame = parseFrame(data);
    if (frame) {
      model.take(frame);
    }
  }
  return model.turns;
}

describe('conversationsOf', () => {
  const turns = turnsOf('kept');

  it('groups the turns of a notebook', () => {
    const [one, ...others] = conversationsOf(turns);
    expect(others).toEqual([]);
    expect(one).toEqual({ id: '0000cafe', name: 'Add up the numbers.', turns });
  });

  it('puts the one that went on last at the end', () => {
    const [first, second] = turns;
    const other = { ...first, run: 'b', conversation: 'b' };
    const ids = conversationsOf([first, other, second]).map(each => each.id);
    expect(ids).toEqual(['b', '0000cafe']);
  });

  it('takes the name that the person gave', () => {
    expect(conversationsOf(turns, { '0000cafe': 'Sums' })[0].name).toBe('Sums');
  });
});

describe('speaksOf', () => {
  const [conversation] = conversationsOf(turnsOf('kept'));

  it('looks for all words, in all tasks', () => {
    expect(speaksOf(conversation, 'AGAIN numbers')).toBe(true);
    expect(speaksOf(conversation, 'again letters')).toBe(false);
    expect(speaksOf(conversation, '')).toBe(true);
  });
});

describe('isGoingOn', () => {
  it('is false of a turn that ended', () => {
    expect(turnsOf('story').map(isGoingOn)).toEqual([false]);
  });
});
