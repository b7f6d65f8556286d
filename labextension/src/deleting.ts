/** Takes a conversation out of its notebook: one step, which Ctrl+Z takes back. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ConversationView } from './conversations';
import type { Dialogue } from './dialogue';
import { KEY } from './protocol';
import * as read from './reading';

export async function deleteConversation(
  dialogue: Dialogue,
  conversation: ConversationView,
  trans: TranslationBundle
): Promise<void> {
  const model = dialogue.notebook.context.model.sharedModel;
  const runs = new Set(conversation.turns.map(turn => turn.run));
  const isOfIt = (metadata: unknown) => runs.has(read.text(read.record(read.record(metadata)[KEY]).run));
  const count = model.cells.filter(cell => isOfIt(cell.getMetadata())).length;
  const { button } = await showDialog({
    title: trans.__('Delete the conversation?'),
    body: trans._n(
      'Its %1 cell is taken out of the notebook. Variables stay, and Undo brings the cell back.',
      'Its %1 cells are taken out of the notebook. Variables stay, and Undo brings the cells back.',
      count,
      count
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  if (!button.accept) {
    return;
  }
  model.transact(() => {
    for (let place = model.cells.length - 1; place >= 0; place--) {
      if (isOfIt(model.cells[place].getMetadata())) {
        model.deleteCell(place);
      }
    }
  });
  dialogue.forget(conversation);
}
