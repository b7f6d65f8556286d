/** What of a notebook the person looks at, so that the view follows a run only where they do. */
import type { Notebook } from '@jupyterlab/notebook';

/** Whether they look at a part of this node of a cell's; not while they write somewhere: that stays where it is. */
export function looksAt(notebook: Notebook, node: HTMLElement | undefined): boolean {
  if (!node?.isConnected || notebook.mode === 'edit') {
    return false;
  }
  const view = notebook.node.getBoundingClientRect();
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > view.top && top < view.bottom;
}
