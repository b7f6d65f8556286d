import { BehindMagic } from '../behind-magic';
import type { TurnView } from '../run-model';

type State = TurnView['state'];

function turn(run: string, state: State): TurnView {
  return { run, state } as TurnView;
}

/** Tasks behind a magic's run `magic` in this state; without one none goes on. */
function behind(state?: State) {
  const told: number[] = [];
  const going = state ? turn('magic', state) : null;
  const tasks = new BehindMagic(
    () => going,
    () => told.push(1)
  );
  return { tasks, told };
}

describe('BehindMagic', () => {
  it('lets a task go at once where no magic runs', async () => {
    const { tasks, told } = behind();
    expect(await tasks.turn('one')).toBe(true);
    expect([tasks.tasks, told]).toEqual([[], []]);
  });

  it('lets all go, in order, when the magic has ended', async () => {
    const { tasks, told } = behind('running');
    const gone: string[] = [];
    const both = ['one', 'two'].map(task => tasks.turn(task).then(() => gone.push(task)));
    expect([tasks.tasks, told.length]).toEqual([['one', 'two'], 2]);
    tasks.look([turn('magic', 'waiting')]);
    expect(tasks.tasks).toHaveLength(2);
    tasks.look([turn('magic', 'answered')]);
    await Promise.all(both);
    expect([tasks.tasks, gone]).toEqual([[], ['one', 'two']]);
  });

  it.each<[string, TurnView[]]>([
    ['was interrupted', [turn('magic', 'interrupted')]],
    ['is known no more', [turn('other', 'answered')]]
  ])('sends nothing behind a magic that %s', async (_, now) => {
    const { tasks } = behind('running');
    const one = tasks.turn('one');
    tasks.look(now);
    expect(await one).toBe(false);
  });

  it('sends nothing that was called off', async () => {
    const { tasks } = behind('running');
    const one = tasks.turn('one');
    tasks.callOff();
    expect([await one, tasks.tasks]).toEqual([false, []]);
  });
});
