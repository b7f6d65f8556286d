/** What the person allowed and locked for good: shown in a dialog, where each can be taken back. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { Api, Remembered } from './api';

export async function showApprovals(
  api: Pick<Api, 'remembered' | 'forget'>,
  trans: TranslationBundle
): Promise<void> {
  const entries = await api.remembered();
  const body = new Chosen(entries, trans);
  const close = Dialog.okButton({ label: trans.__('Close') });
  const forget = Dialog.warnButton({ label: trans.__('Forget the Chosen') });
  const { button, value } = await showDialog({
    title: trans.__('Allowed and Locked for Good'),
    body,
    buttons: entries.length > 0 ? [forget, close] : [close],
    defaultButton: entries.length > 0 ? 1 : 0
  });
  if (button.displayType === 'warn' && value && value.length > 0) {
    await api.forget(value);
  }
}

class Chosen extends Widget implements Dialog.IBodyWidget<readonly Remembered[]> {
  constructor(entries: readonly Remembered[], trans: TranslationBundle) {
    super();
    this.addClass('jp-codeact-Approvals');
    if (entries.length === 0) {
      this.node.textContent = trans.__('Nothing is remembered: every risky action asks.');
    }
    for (const entry of entries) {
      const label = document.createElement('label');
      const box = document.createElement('input');
      box.type = 'checkbox';
      const says =
        entry.part === 'locked'
          ? trans.__('%1 is locked in %2', entry.name, entry.notebook)
          : trans.__('%1 runs without a question in %2', entry.name, entry.notebook);
      label.append(box, ` ${says}`);
      this.node.append(label, document.createElement('br'));
      this._boxes.push([box, entry]);
    }
  }

  getValue(): readonly Remembered[] {
    return this._boxes.filter(([box]) => box.checked).map(([, entry]) => entry);
  }

  private readonly _boxes: [HTMLInputElement, Remembered][] = [];
}
