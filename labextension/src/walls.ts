/** Whether a notebook's kernel is in a sandbox, as its kernelspec says. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import * as read from './reading';

/** The provisioner that `codeact sandbox install` writes into a kernelspec. */
const PROVISIONER = 'codeact-sandbox';

export function isWalled({ sessionContext }: NotebookPanel): boolean {
  const name = sessionContext.session?.kernel?.name ?? '';
  const spec = sessionContext.specsManager.specs?.kernelspecs[name];
  const provisioner = read.record(read.record(spec?.metadata).kernel_provisioner);
  return provisioner.provisioner_name === PROVISIONER;
}
