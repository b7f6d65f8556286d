/** Marks the numbers of an answer in the page: the way to what each rests on, or that it has nothing. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Figure } from '../protocol';

export interface Marking {
  readonly trans: TranslationBundle;
  readonly run: string;
  readonly onShowCell: (cell: string) => void;
}

const CLASS = 'codeact-Figure';
const LEFT_ALONE = `a, button, pre, mjx-container, .MathJax, .${CLASS}`;

/** Mark these numbers, which are in the order of the text; one that is not found is passed over. */
export function markFigures(node: HTMLElement, figures: readonly Figure[], marking: Marking): void {
  if (node.querySelector(`.${CLASS}`)) {
    return;
  }
  let texts = textsOf(node);
  let from = 0;
  for (const figure of figures) {
    const found = find(texts, figure.text, from);
    if (!found) {
      continue;
    }
    const { index, at } = found;
    const rest = texts[index].splitText(at);
    const after = rest.splitText(figure.text.length);
    const mark = marked(figure, marking);
    if (mark) {
      rest.replaceWith(mark);
    }
    texts = [after, ...texts.slice(index + 1)];
    from = 0;
  }
}

function textsOf(node: HTMLElement): Text[] {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    if (!text.parentElement?.closest(LEFT_ALONE)) {
      texts.push(text);
    }
  }
  return texts;
}

function find(
  texts: readonly Text[],
  words: string,
  from: number
): { index: number; at: number } | null {
  for (const [index, text] of texts.entries()) {
    let at = text.data.indexOf(words, index === 0 ? from : 0);
    while (at >= 0 && !standsAlone(text.data, at, words.length)) {
      at = text.data.indexOf(words, at + 1);
    }
    if (at >= 0) {
      return { index, at };
    }
  }
  return null;
}

/** Whether these characters are not in the middle of a longer number or word. */
function standsAlone(text: string, at: number, length: number): boolean {
  return !/[\w.,]$/.test(text.slice(0, at).slice(-1)) && !/^(\w|[.,]\d)/.test(text.slice(at + length));
}

function marked(figure: Figure, { trans, run, onShowCell }: Marking): HTMLElement | null {
  if (figure.support === 'task') {
    return null;
  }
  if (figure.support === 'none') {
    const mark = document.createElement('span');
    mark.className = `${CLASS} codeact-mod-unsupported`;
    mark.tabIndex = 0;
    mark.title = trans.__('This number stands in no output that the agent saw');
    mark.append(figure.text);
    return mark;
  }
  const steps = figure.cells.map(cell => stepOf(cell, run, trans)).join(', ');
  const mark = document.createElement('button');
  mark.type = 'button';
  mark.className = CLASS;
  mark.title =
    figure.support === 'code'
      ? trans.__('This number stands only in the code of %1, in no output', steps)
      : trans.__('From the output of %1. Click to show the cell', steps);
  mark.append(figure.text);
  mark.addEventListener('click', () => onShowCell(figure.cells[figure.cells.length - 1]));
  return mark;
}

function stepOf(cell: string, run: string, trans: TranslationBundle): string {
  const [of, step] = cell.split('-');
  return of === run ? trans.__('step %1', step) : trans.__('step %1 of an earlier task', step);
}
