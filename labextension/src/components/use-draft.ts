/** The text that is being written, kept with its notebook, and the caret in it. */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Dialogue } from '../dialogue';
import type { Draft } from '../draft';

export interface Drafting {
  readonly draft: Draft;
  readonly caret: number;
  write(text: string, caret: number): void;
  setCaret(caret: number): void;
}

export function useDraft(dialogue: Dialogue, field: RefObject<HTMLTextAreaElement>): Drafting {
  const subscribe = useCallback(
    (listen: () => void) => {
      dialogue.changed.connect(listen);
      return () => void dialogue.changed.disconnect(listen);
    },
    [dialogue]
  );
  const draft = useSyncExternalStore(subscribe, () => dialogue.draft);
  const [caret, setCaret] = useState(draft.text.length);
  const placed = useRef<number | null>(null);
  const write = (text: string, at: number) => {
    placed.current = at;
    setCaret(at);
    dialogue.draft = { ...dialogue.draft, text };
  };
  useLayoutEffect(() => {
    if (placed.current !== null && field.current?.selectionStart !== placed.current) {
      field.current?.setSelectionRange(placed.current, placed.current);
    }
    placed.current = null;
  });
  return { draft, caret, write, setCaret };
}
