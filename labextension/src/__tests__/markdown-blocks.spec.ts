import { markdownBlocks } from '../markdown-blocks';

describe('markdownBlocks', () => {
  it('cuts at blank lines', () => {
    expect(markdownBlocks('one\nstill one\n\ntwo\n\n\nthree')).toEqual([
      'one\nstill one',
      'two',
      'three'
    ]);
  });

  it('keeps a fence whole, though it holds blank lines and other fences', () => {
    const fence = '````\na\n\n```\nb\n\n````';
    expect(markdownBlocks(`before\n\n${fence}\n\nafter`)).toEqual(['before', fence, 'after']);
  });

  it('keeps a fence open that is still being written', () => {
    expect(markdownBlocks('say\n\n```python\nx = 1\n\ny')).toEqual([
      'say',
      '```python\nx = 1\n\ny'
    ]);
  });

  it('takes no inline code for a fence', () => {
    expect(markdownBlocks('```x``` is code\n\nmore')).toEqual(['```x``` is code', 'more']);
  });

  it('keeps maths over blank lines whole', () => {
    expect(markdownBlocks('$$\na\n\nb\n$$\n\nafter $$x$$ all\n\nend')).toEqual([
      '$$\na\n\nb\n$$',
      'after $$x$$ all',
      'end'
    ]);
  });

  it('leaves an indented line with the list item above', () => {
    expect(markdownBlocks('- a\n\n  more of a\n\nb')).toEqual(['- a\n\n  more of a', 'b']);
  });

  it('changes only the last block when text is added', () => {
    const text = 'one\n\ntwo\n\n```\ncode\n\nmore\n```\n\n- a\n- b\n\nlast words of it';
    for (let end = 1; end < text.length; end++) {
      const before = markdownBlocks(text.slice(0, end));
      const after = markdownBlocks(text.slice(0, end + 1));
      expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
    }
  });
});
