import { fitting, type Mention, mentionAt, withMention } from '../mentions';

function mention(kind: Mention['kind'], label: string, detail = ''): Mention {
  return { kind, label, detail, inserted: `\`${label}\`` };
}

describe('mentionAt', () => {
  it.each([
    ['@', 1, { start: 0, words: '' }],
    ['look at @df', 11, { start: 8, words: 'df' }],
    ['(@df', 4, { start: 1, words: 'df' }],
    ['look at @df and', 15, null],
    ['mail@example', 12, null],
    ['look at @df', 4, null]
  ])('finds in %p at %d what is being mentioned', (text, caret, query) =>
    expect(mentionAt(text, caret)).toEqual(query)
  );
});

describe('fitting', () => {
  const all = [
    mention('variable', 'total_sales'),
    mention('variable', 'sales', 'DataFrame 10×4'),
    mention('variable', 'resales'),
    mention('variable', 'x', 'DataFrame'),
    mention('cell', '[3]', 'sales.head()'),
    mention('file', 'sales.csv')
  ];
  const labels = (words: string) => fitting(all, words).map(each => each.label);

  it('puts what begins so before what has it within, kind by kind', () => {
    expect(labels('sa')).toEqual(['sales', 'total_sales', 'resales', '[3]', 'sales.csv']);
  });

  it('finds a variable by its type', () => {
    expect(labels('frame')).toEqual(['sales', 'x']);
  });

  it('offers a few of each kind at most', () => {
    const many = Array.from({ length: 50 }, (_, n) => mention('variable', `v${n}`));
    expect(fitting([...many, mention('file', 'v.csv')], 'v')).toHaveLength(7);
  });
});

describe('withMention', () => {
  it('puts the mention in place of what was typed, and the caret behind it', () => {
    const query = { start: 8, words: 'sa' };
    expect(withMention('look at @sa', query, '`sales`')).toEqual({
      text: 'look at `sales` ',
      caret: 16
    });
    expect(withMention('look at @sa now', query, '`sales`')).toEqual({
      text: 'look at `sales` now',
      caret: 16
    });
  });
});
