import { waysOf } from '../ways';

describe('waysOf', () => {
  it('makes a list of numbered lines, and a title of the others', () => {
    const lines = ['No key is set.', '  1. a key:     set KEY, or `key: x`', '  2. the demo:  play it'];
    expect(waysOf(lines)).toEqual({
      title: 'No key is set.',
      ways: [
        { name: 'a key', text: 'set KEY, or `key: x`' },
        { name: 'the demo', text: 'play it' }
      ]
    });
  });
});
