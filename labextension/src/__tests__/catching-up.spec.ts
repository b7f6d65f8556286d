import { messageOf } from '../adoption';
import { CatchingUp } from '../catching-up';
import type { Printed } from '../protocol';

const stream = (text: string) => messageOf('stream', { name: 'stdout', text });
const [one, two, three] = ['one', 'two', 'three'].map(stream);

function printed(last: string, ...texts: string[]): Printed {
  const messages = texts.map(text => ({ kind: 'stream', content: { name: 'stdout', text } }));
  return { run: 'r', cell: 'c', messages, last };
}

describe('An execution that is taken over', () => {
  let catching: CatchingUp;

  beforeEach(() => {
    catching = new CatchingUp();
    catching.begin('c');
  });

  const texts = (messages: readonly { content: object }[] | null) =>
    messages?.map(({ content }) => (content as { text: string }).text) ?? null;

  it('shows what came before, and what was heard since', () => {
    expect(catching.hear('c', two)).toBeNull();
    expect(texts(catching.know(printed(one.header.msg_id, 'one')))).toEqual(['one', 'two']);
    expect(catching.hear('c', three)).toBeNull();
  });

  it('shows nothing twice that was heard before it was told', () => {
    catching.hear('c', two);
    catching.hear('c', three);
    const told = printed(two.header.msg_id, 'one', 'two');
    expect(texts(catching.know(told))).toEqual(['one', 'two', 'three']);
    expect(catching.has('c')).toBe(false);
  });

  it('shows nothing twice that was told before it was heard', () => {
    catching.know(printed(two.header.msg_id, 'one', 'two'));
    expect(catching.hear('c', one)).toBeNull();
    expect(texts(catching.hear('c', two))).toEqual(['one', 'two']);
    expect(catching.has('c')).toBe(false);
  });

  it('leaves one that began here alone', () => {
    catching.drop('c');
    expect(catching.know(printed(one.header.msg_id, 'one'))).toBeNull();
  });
});
