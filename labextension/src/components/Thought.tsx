/** What the model thought before an action: quiet, and foldable to its first line. */
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { memo, useState } from 'react';
import { Markdown } from '../markdown';
import { useServices } from './services';

export interface ThoughtProps {
  text: string;
  final: boolean;
  /** As the person set it for all; one may be turned over. */
  folded: boolean;
}

export const Thought = memo(function Thought({ text, final, folded }: ThoughtProps) {
  const { trans } = useServices();
  const [turned, setTurned] = useState<{ from: boolean } | null>(null);
  const isFolded = turned?.from === folded ? !folded : folded;
  const Caret = isFolded ? caretRightIcon : caretDownIcon;
  return (
    <div className="codeact-Thought">
      <button
        type="button"
        className="codeact-Thought-fold"
        aria-expanded={!isFolded}
        title={isFolded ? trans.__('Unfold the thought') : trans.__('Fold the thought')}
        aria-label={trans.__('Thought')}
        onClick={() => setTurned(isFolded === folded ? { from: folded } : null)}
      >
        <Caret.react tag="span" width="14px" height="14px" aria-hidden="true" />
      </button>
      {isFolded ? (
        <div className="codeact-Thought-line">{firstLine(text)}</div>
      ) : (
        <Markdown text={text} final={final} />
      )}
    </div>
  );
});

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0].replace(/[*_`#>]/g, '');
}
