/** One turn: the task, the steps, the answer, and how it ended. */
import { linkIcon } from '@jupyterlab/ui-components';
import { memo, useCallback } from 'react';
import { Markdown } from '../markdown';
import { isGoingOn } from '../conversations';
import type { TurnView } from '../run-model';
import { InputBelow } from './Elsewhere';
import { Ending } from './Ending';
import { markFigures } from './figures';
import { IconButton } from './IconButton';
import { useServices } from './services';
import { Step } from './Step';
import { Task } from './Task';
import { taskParts } from './task-parts';

export interface TurnProps {
  turn: TurnView;
  /** Nothing came after it in its conversation. */
  last: boolean;
  foldThoughts: boolean;
  onShowCell: (cell: string) => void;
}

export const Turn = memo(function Turn({ turn, last, foldThoughts, onShowCell }: TurnProps) {
  const { trans } = useServices();
  return (
    <article className="codeact-Turn" aria-label={trans.__('Task: %1', taskParts(turn.task).words)}>
      <Task task={turn.task} />
      {turn.notice && (
        <p className="codeact-Line" role="status">
          {turn.notice}
        </p>
      )}
      {turn.steps.map(step => (
        <Step
          key={step.number}
          run={turn.run}
          step={step}
          asked={turn.asked?.step === step.number ? turn.asked : null}
          input={turn.input?.step === step.number ? turn.input : null}
          held={turn.waiting === 'kernel' && step === turn.steps[turn.steps.length - 1]}
          folded={foldThoughts}
          onShowCell={onShowCell}
        />
      ))}
      <Answer turn={turn} onShowCell={onShowCell} />
      <Retry turn={turn} />
      {isGoingOn(turn) ? <InputBelow turn={turn} /> : <Ending turn={turn} last={last} />}
    </article>
  );
});

function Answer({ turn, onShowCell }: Pick<TurnProps, 'turn' | 'onShowCell'>) {
  const { trans } = useServices();
  const { answer } = turn;
  const figures = answer?.figures;
  const mark = useCallback(
    (node: HTMLElement) => markFigures(node, figures ?? [], { trans, run: turn.run, onShowCell }),
    [figures, trans, turn.run, onShowCell]
  );
  if (!answer) {
    return null;
  }
  return (
    <section className="codeact-Answer" aria-label={trans.__('Answer')}>
      <Markdown text={answer.text} final={answer.cell !== '' || !isGoingOn(turn)} onWhole={mark} />
      {answer.cell && (
        <IconButton
          icon={linkIcon}
          className="codeact-Answer-link"
          label={trans.__('Show the cell')}
          onClick={() => onShowCell(answer.cell)}
        />
      )}
    </section>
  );
}

function Retry({ turn: { retrying } }: { turn: TurnView }) {
  const { trans } = useServices();
  return (
    retrying && (
      <p className="codeact-Line codeact-mod-warn" role="status">
        {trans.__(
          'Asking again in %1 s: %2 (attempt %3)',
          Math.ceil(retrying.seconds),
          retrying.reason,
          retrying.attempt
        )}
      </p>
    )
  );
}
