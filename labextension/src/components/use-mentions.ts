/** The state of the `@` menu: what it offers at the caret, and which keys it takes. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import type { Dialogue } from '../dialogue';
import { cellContext } from './attaching';
import { fitting, type Mention, mentionAt, withMention } from './mentions';
import { mentionsIn } from './mention-sources';
import { useServices } from './services';

const STEPS: Readonly<Record<string, number | undefined>> = { ArrowDown: 1, ArrowUp: -1 };

export interface Mentioning {
  readonly mentions: readonly Mention[];
  readonly selected: number;
  choose(mention: Mention): void;
  /** Whether the menu took the key. */
  takes(event: KeyboardEvent): boolean;
}

export function useMentions(
  text: string,
  caret: number,
  onText: (text: string, caret: number) => void
): Mentioning {
  const { model, trans } = useServices();
  const query = mentionAt(text, caret);
  const { start, words } = query ?? { start: -1, words: '' };
  const known = useKnown(start);
  const [selected, setSelected] = useState(0);
  const [closedAt, setClosedAt] = useState(-1);
  useEffect(() => setSelected(0), [words]);
  const open = start >= 0 && start !== closedAt;
  const mentions = useMemo(() => (open ? fitting(known, words) : []), [open, known, words]);
  const choose = (mention: Mention) => {
    if (query) {
      const after = withMention(text, query, mention.inserted);
      onText(after.text, after.caret);
      attachCell(model.dialogue, mention, trans);
    }
  };
  const takes = (event: KeyboardEvent) => {
    const chosen = mentions[Math.min(selected, mentions.length - 1)];
    const step = STEPS[event.key];
    if (!chosen) {
      return false;
    }
    if (step !== undefined) {
      setSelected((selected + step + mentions.length) % mentions.length);
    } else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') {
      choose(chosen);
    } else if (event.key === 'Escape') {
      setClosedAt(start);
    } else {
      return false;
    }
    return true;
  };
  return { mentions, selected, choose, takes };
}

/** What can be mentioned; asked for anew when a mention begins at another place. */
function useKnown(start: number): readonly Mention[] {
  const { model, contents } = useServices();
  const [known, setKnown] = useState<readonly Mention[]>([]);
  useEffect(() => {
    const { dialogue, api } = model;
    let stale = false;
    if (start >= 0 && dialogue) {
      void mentionsIn(dialogue.notebook, api, contents).then(found => {
        if (!stale) {
          setKnown(found);
        }
      });
    }
    return () => {
      stale = true;
    };
  }, [start, model, contents]);
  return known;
}

/** A cell that is mentioned goes along with the task: the model cannot look it up by its number. */
function attachCell(
  dialogue: Dialogue | null,
  mention: Mention,
  trans: TranslationBundle
): void {
  const cell = dialogue?.notebook.content.widgets.find(each => each.model.id === mention.cell);
  if (dialogue && cell) {
    dialogue.attach(cellContext(cell, trans));
  }
}
