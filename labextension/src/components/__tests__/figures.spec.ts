import { nullTranslator } from '@jupyterlab/translation';
import type { Figure } from '../../protocol';
import { markFigures } from '../figures';

const trans = nullTranslator.load('codeact_jupyter');

function figure(text: string, support: Figure['support'] = 'output', ...cells: string[]): Figure {
  return { text, support, cells };
}

function marked(html: string, figures: Figure[], shown: string[] = []): HTMLElement {
  const node = document.createElement('div');
  node.innerHTML = html;
  markFigures(node, figures, { trans, run: 'cafe', onShowCell: cell => shown.push(cell) });
  return node;
}

function marks(node: HTMLElement): (string | null)[] {
  return Array.from(node.querySelectorAll('.codeact-Figure')).map(each => each.textContent);
}

describe('the numbers of an answer', () => {
  it('lead to the cells that they rest on, in the order of the text', () => {
    const shown: string[] = [];
    const node = marked(
      '<p>Of 120 in 12 rows, <b>12</b> fell.</p>',
      [figure('120', 'output', 'cafe-1-action'), figure('12', 'output', 'cafe-2-action', 'dead-3-action')],
      shown
    );
    expect(marks(node)).toEqual(['120', '12']);
    expect(node.textContent).toBe('Of 120 in 12 rows, 12 fell.');
    const [, second] = Array.from(node.querySelectorAll('button'));
    expect(second.title).toContain('step 2, step 3 of an earlier task');
    second.click();
    expect(shown).toEqual(['dead-3-action']);
  });

  it('say so when they stand in no output, and nothing of those of the task', () => {
    const node = marked('<p>20 of 4,711</p>', [figure('20', 'task'), figure('4,711', 'none')]);
    expect(marks(node)).toEqual(['4,711']);
    expect(node.querySelector('span')?.title).toContain('in no output');
  });

  it('are not taken from the middle of others, from links or from code', () => {
    const figures = [figure('42', 'none')];
    expect(marks(marked('<p>1.42 142 421 <a>42</a><pre>42</pre></p>', figures))).toEqual([]);
    expect(marks(marked('<p>1.42 is 42.</p>', figures))).toEqual(['42']);
  });

  it('are marked once, however often that is asked for', () => {
    const node = marked('<p>42 and 42</p>', [figure('42', 'none')]);
    markFigures(node, [figure('42', 'none')], { trans, run: 'cafe', onShowCell: () => undefined });
    expect(marks(node)).toEqual(['42']);
  });
});
