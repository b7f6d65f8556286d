/** The state of the `@` menu: what it offers at the caret, and which keys it takes. */
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { cellContext } from './attaching';
import { fitting, type Mention, mentionAt, withMention } from './mentions';
import { mentionsIn } from './mention-sources';
import { useServices } from './services';

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
  const { model, contents } = useServices();
  const query = mentionAt(text, caret);
  const [known, setKnown] = useState<readonly Mention[]>([]);
  const [selected, setSelected] = useState(0);
  const [closedAt, setClosedAt] = useState(-1);
  const start = query?.start ?? -1;
  useEffect(() => {
    const dialogue = model.dialogue;
    let stale = false;
    if (start >= 0 && dialogue) {
      void mentionsIn(dialogue.notebook, model.api, contents).then(found => {
        if (!stale) {
          setKnown(found);
        }
      });
    }
    return () => {
      stale = true;
    };
  }, [start, model, contents]);
  const words = query?.words;
  useEffect(() => setSelected(0), [words]);
  const mentions = useMemo(
    () => (words === undefined || start === closedAt ? [] : fitting(known, words)),
    [known, words, start, closedAt]
  );

  const choose = (mention: Mention) => {
    if (query) {
      const after = withMention(text, query, mention.inserted);
      onText(after.text, after.caret);
      const cells = model.dialogue?.notebook.content.widgets ?? [];
      const cell = cells.find(each => each.model.id === mention.cell);
      if (cell) {
        model.dialogue?.attach(cellContext(cell));
      }
    }
  };
  const takes = (event: KeyboardEvent) => {
    const chosen = mentions[Math.min(selected, mentions.length - 1)];
    if (!chosen) {
      return false;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
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
