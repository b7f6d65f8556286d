/**
 * The turns of a conversation. The view follows what comes as long as the person has not scrolled
 * away from the end; then it stays where they read, and a button leads back.
 */
import { caretDownIcon } from '@jupyterlab/ui-components';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TurnView } from '../run-model';
import { CommandIds } from '../tokens';
import { useServices } from './services';
import { Turn } from './Turn';
import { Undone } from './Undo';

/** Pixels from the end that still count as the end. */
const NEAR = 32;

export interface TurnListProps {
  turns: readonly TurnView[];
  foldThoughts: boolean;
  path: string;
}

export function TurnList({ turns, foldThoughts, path }: TurnListProps) {
  const { commands, trans } = useServices();
  const { view, content, atEnd, onScroll, toEnd } = useFollowing(turns.length);
  const onShowCell = useCallback(
    (cell: string) => void commands.execute(CommandIds.showCell, { path, cell }),
    [commands, path]
  );
  return (
    <div className="codeact-Turns-frame">
      <div
        ref={view}
        className="codeact-Turns"
        role="log"
        aria-live="off"
        aria-label={trans.__('Conversation')}
        tabIndex={0}
        onScroll={onScroll}
      >
        <div ref={content} className="codeact-Turns-content">
          {turns.map((turn, index) => (
            <Turn
              key={turn.run}
              turn={turn}
              last={index === turns.length - 1}
              foldThoughts={foldThoughts}
              onShowCell={onShowCell}
            />
          ))}
          <Undone shown={turns} />
        </div>
      </div>
      {!atEnd && (
        <button type="button" className="codeact-Latest" onClick={toEnd}>
          <caretDownIcon.react tag="span" width="14px" height="14px" aria-hidden="true" />
          {trans.__('Jump to latest')}
        </button>
      )}
    </div>
  );
}

/** Keep the end in view; a new turn always leads there. */
function useFollowing(count: number) {
  const view = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const top = useRef(0);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = useCallback(() => {
    follows.current = true;
    setAtEnd(true);
    view.current?.scrollTo({ top: view.current.scrollHeight });
  }, []);
  const onScroll = useCallback(() => {
    const node = view.current;
    if (node) {
      // what is added moves the end away; only a person moves the view up
      const movedUp = node.scrollTop < top.current;
      const near = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
      top.current = node.scrollTop;
      follows.current = near || (follows.current && !movedUp);
      setAtEnd(follows.current);
    }
  }, []);
  useLayoutEffect(toEnd, [count, toEnd]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (follows.current) {
        view.current?.scrollTo({ top: view.current.scrollHeight });
      }
    });
    [view.current, content.current].forEach(node => node && observer.observe(node));
    return () => observer.disconnect();
  }, []);
  return { view, content, atEnd, onScroll, toEnd };
}
