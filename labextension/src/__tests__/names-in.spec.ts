import type { Kernel } from '@jupyterlab/services';
import { namesIn } from '../names-in';
import type { Variable } from '../protocol';

const ONE = [{ name: 'total' } as Variable];

/** What is found in a kernel of this status, where the server answers this, one after the other. */
async function found(status: Kernel.Status, ...answers: (readonly Variable[] | null)[]) {
  let asked = 0;
  const api = { names: () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)]) };
  return { names: await namesIn({ id: 'k', status }, api, 0), asked };
}

describe('namesIn', () => {
  it('asks again where the server has not heard yet that the last cell is over', async () => {
    expect(await found('idle', null, null, ONE)).toEqual({ names: ONE, asked: 3 });
  });

  it('does not wait for a cell that runs', async () => {
    expect(await found('busy', null, ONE)).toEqual({ names: null, asked: 1 });
  });

  it('takes a kernel with nothing in it for one', async () => {
    expect(await found('idle', [])).toEqual({ names: [], asked: 1 });
  });

  it('ends also where the server never hears of it', async () => {
    expect((await found('idle', null)).names).toBeNull();
  });
});
