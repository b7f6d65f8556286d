import { allTokens, counted, described, duration, money, percent, share } from '../words';

describe('counted', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [12_345, '12.3k'],
    [123_456, '123k'],
    [999_949, '1000k'],
    [999_950, '1M'],
    [1_250_000, '1.3M']
  ])('says %d as %s', (tokens, words) => expect(counted(tokens)).toBe(words));
});

describe('duration', () => {
  it.each([
    [0.24, '0.2 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3725, '1 h 02 min']
  ])('says %d as %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});

describe('money', () => {
  it.each([
    [0, '$0.00'],
    [0.00001, '<$0.0001'],
    [0.0045, '$0.0045'],
    [0.0321, '$0.032'],
    [0.1, '$0.10'],
    [12.4, '$12.40']
  ])('says %d as %s', (dollars, words) => expect(money(dollars)).toBe(words));
});

describe('shares', () => {
  it('are of a limit, and stay within it', () => {
    expect([share(1, 4), share(9, 4), share(1, null), share(0, 4)]).toEqual([0.25, 1, null, 0]);
  });

  it('say that little is not nothing', () => {
    expect([percent(0), percent(0.004), percent(0.256)]).toEqual(['0%', '<1%', '26%']);
  });
});

describe('allTokens', () => {
  it('counts what came from the cache too', () => {
    const rest = { steps: 0, cost: null, seconds: 0, context: { used: 0, of: 0 } };
    const limits = { steps: null, tokens: null, cost: null, seconds: null };
    const meter = { ...rest, limits, input: 1, output: 2, cache_read: 4, cache_write: 8 };
    expect(allTokens(meter)).toBe(15);
  });
});

describe('described', () => {
  const variable = { name: 'x', shape: null, size: null, detail: '' };

  it('names the type without its modules, its shape, and its bytes when they are many', () => {
    const type = 'pandas.core.frame.DataFrame';
    expect(described({ ...variable, type, shape: [10, 4], size: 320 })).toBe('DataFrame 10×4');
    const big = { ...variable, type: 'numpy.ndarray', shape: [9000, 9000], size: 648_000_000 };
    expect(described(big)).toBe('ndarray 9000×9000, 648 MB');
    expect(described({ ...variable, type: 'int', size: 28 })).toBe('int');
  });
});
