/** What can be mentioned now: the kernel's variables, the notebook's cells, the files beside it. */
import { PathExt } from '@jupyterlab/coreutils';
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { Api } from '../api';
import { namesIn } from '../names-in';
import type { Mention } from './mentions';
import { described } from './words';

/** Ask all three; one that fails offers nothing, and keeps nobody waiting for the others. */
export async function mentionsIn(
  notebook: NotebookPanel,
  api: Api,
  contents: Contents.IManager
): Promise<readonly Mention[]> {
  const asked = [variables(notebook, api), Promise.resolve(cells(notebook)), files(notebook, contents)];
  const found = await Promise.allSettled(asked);
  return found.flatMap(each => (each.status === 'fulfilled' ? each.value : []));
}

async function variables(notebook: NotebookPanel, api: Api): Promise<readonly Mention[]> {
  const kernel = notebook.sessionContext.session?.kernel;
  const names = (kernel ? await namesIn(kernel, api) : null) ?? [];
  return names.map(variable => ({
    kind: 'variable',
    label: variable.name,
    detail: [described(variable), variable.detail].filter(Boolean).join(' · '),
    inserted: `\`${variable.name}\``
  }));
}

function cells(notebook: NotebookPanel): readonly Mention[] {
  return notebook.content.widgets.flatMap(cell => {
    const count = cell.model.type === 'code' ? (cell.model as ICodeCellModel).executionCount : null;
    const [line] = cell.model.sharedModel.getSource().trim().split('\n', 1);
    const label = `[${count}]`;
    return count === null
      ? []
      : [{ kind: 'cell', label, detail: line, inserted: `cell ${label}`, cell: cell.model.id }];
  });
}

async function files(
  notebook: NotebookPanel,
  contents: Contents.IManager
): Promise<readonly Mention[]> {
  const folder = PathExt.dirname(notebook.context.localPath);
  const listed = await contents.get(folder, { content: true });
  return (listed.content as Contents.IModel[])
    .filter(file => file.path !== notebook.context.localPath)
    .map(({ name, type }) => ({
      kind: 'file',
      label: type === 'directory' ? `${name}/` : name,
      detail: type === 'file' ? '' : type,
      inserted: `\`${name}\``
    }));
}
