import { TaskHistory } from '../history';

describe('TaskHistory', () => {
  it('walks back to the first task, and forth to what was being written', () => {
    const history = new TaskHistory(['one', 'two']);
    expect(history.back('draft')).toBe('two');
    expect(history.back('two')).toBe('one');
    expect(history.back('one')).toBeNull();
    expect(history.forth()).toBe('two');
    expect(history.forth()).toBe('draft');
    expect(history.forth()).toBeNull();
    expect(history.isWalking).toBe(false);
  });

  it('gives a task that was sent twice in a row once', () => {
    const history = new TaskHistory(['one', 'one', 'two', 'one']);
    expect([history.back(''), history.back(''), history.back(''), history.back('')]).toEqual([
      'one',
      'two',
      'one',
      null
    ]);
  });
});
