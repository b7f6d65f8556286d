/** Says what the walls around a kernel are, and asks how far the person trusts what is in them. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactElement } from 'react';
import type { Walls } from './walls';
import { nameOf, wordsOf } from './walls-words';

export async function askOfWalls(walls: Walls, trans: TranslationBundle): Promise<void> {
  await walls.look();
  const { told } = walls;
  if (!told) {
    return;
  }
  const trust = told.trusted
    ? Dialog.okButton({ label: trans.__('Filter scripts again') })
    : Dialog.warnButton({ label: trans.__('Trust scripts') });
  const refused = told.refused.map(each => trans.__('Refused: %1.', each)).join(' ');
  const ended = told.whyEnded ? trans.__('It died: %1.', told.whyEnded) : '';
  const gives = told.trusted ? '' : told.givesAway;
  const { button } = await showDialog({
    title: trans.__('This notebook’s kernel: %1', nameOf(walls, trans)),
    body: paragraphs([wordsOf(walls, trans), ended, refused, gives]),
    buttons: [Dialog.cancelButton({ label: trans.__('Close') }), trust],
    defaultButton: 0
  });
  if (button.accept) {
    await walls.trust(!told.trusted);
  }
}

function paragraphs(texts: readonly string[]): ReactElement {
  return (
    <>
      {texts.filter(Boolean).map(text => (
        <p key={text} className="codeact-Walls-paragraph">
          {text}
        </p>
      ))}
    </>
  );
}
