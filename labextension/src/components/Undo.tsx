/** Takes runs and steps back: buttons, and a card that says all that will be done, and asks. */
import { useEffect, useState } from 'react';
import type { RevertPreview } from '../api';
import type { Dialogue } from '../dialogue';
import type { RevertTarget } from '../reverting';
import type { TurnView } from '../run-model';
import { useChanges } from './changes';
import { useServices } from './services';
import { taskParts } from './task-parts';

/** Below a turn: its last one may be undone, and any may be redone if it was undone last. */
export function TurnUndo({ turn, last }: { turn: TurnView; last: boolean }) {
  const { model } = useServices();
  const { dialogue } = model;
  return dialogue && <OfTurn dialogue={dialogue} turn={turn} last={last} />;
}

interface OfTurnProps {
  dialogue: Dialogue;
  turn: TurnView;
  last: boolean;
}

function OfTurn({ dialogue, turn, last }: OfTurnProps) {
  const { reverting } = dialogue;
  useChanges(reverting.changed);
  const { run, task, state } = turn;
  // what was undone does not come back once another run acted, and only the server knows of that
  useEffect(() => void (last && reverting.look()), [last, reverting, state]);
  const redo = reverting.undone.run === run;
  const lines = reverting.said.run === run ? reverting.said.lines : [];
  const target = { run, task, step: 0, redo };
  return (
    (redo || last || lines.length > 0) && (
      <div className="codeact-Undo">
        {lines.length > 0 && (
          <p className="codeact-Line" role="status">
            {lines.join(' ')}
          </p>
        )}
        {(redo || last) && <Asks dialogue={dialogue} target={target} />}
      </div>
    )
  );
}

/** What is asked about a step from which on all is to be undone. */
export function StepUndo({ run, step }: { run: string; step: number }) {
  const { model } = useServices();
  const { dialogue } = model;
  return dialogue && <OfStep dialogue={dialogue} run={run} step={step} />;
}

function OfStep({ dialogue, run, step }: { dialogue: Dialogue; run: string; step: number }) {
  useChanges(dialogue.reverting.changed);
  const { card } = dialogue.reverting;
  return (
    card?.run === run &&
    card.step === step && <Card dialogue={dialogue} seen={card.seen} from={step} />
  );
}

/** What a redo would bring back, where its turn is not shown: its cells are not in the notebook. */
export function Undone({ shown }: { shown: readonly TurnView[] }) {
  const { model } = useServices();
  const { dialogue } = model;
  return dialogue && <OfUndone dialogue={dialogue} shown={shown} />;
}

function OfUndone({ dialogue, shown }: { dialogue: Dialogue; shown: readonly TurnView[] }) {
  const { trans } = useServices();
  const { reverting } = dialogue;
  useChanges(reverting.changed);
  const { run, task } = reverting.undone;
  if (!run || shown.some(turn => turn.run === run)) {
    return null;
  }
  const words = taskParts(task).words;
  return (
    <section className="codeact-Undo codeact-mod-gone" aria-label={trans.__('Undone')}>
      <p className="codeact-Line">{words ? trans.__('Undone: %1', words) : trans.__('A run is undone.')}</p>
      <Asks dialogue={dialogue} target={{ run, task, step: 0, redo: true }} />
    </section>
  );
}

/** The button, or the card once it was pressed. */
function Asks({ dialogue, target }: { dialogue: Dialogue; target: RevertTarget }) {
  const { trans } = useServices();
  const { reverting } = dialogue;
  const { card } = reverting;
  if (card?.run === target.run && card.step === 0) {
    return <Card dialogue={dialogue} seen={card.seen} />;
  }
  return (
    <button
      type="button"
      className="codeact-Button"
      disabled={reverting.busy || dialogue.going !== null}
      onClick={() => void reverting.preview(target)}
    >
      {target.redo ? trans.__('Redo this run…') : trans.__('Undo this run…')}
    </button>
  );
}

interface CardProps {
  dialogue: Dialogue;
  seen: RevertPreview;
  /** The step from which on it is undone; 0 for the run. */
  from?: number;
}

function Card({ dialogue, seen, from = 0 }: CardProps) {
  const { trans } = useServices();
  const { reverting } = dialogue;
  const [overwrite, setOverwrite] = useState(false);
  const undo = from ? trans.__('Undo from step %1 on?', from) : trans.__('Undo this run?');
  const title = seen.undone ? trans.__('Redo this run?') : undo;
  return (
    <section className="codeact-Action codeact-Approval" role="group" aria-label={title}>
      <header className="codeact-Action-head">
        <span className="codeact-Action-name">{title}</span>
      </header>
      <p className="codeact-Undo-heading">{seen.heading}</p>
      <Changes seen={seen} />
      {seen.conflicts.length + seen.unsure.length > 0 && (
        <label className="codeact-Approval-reasons">
          <input
            type="checkbox"
            checked={overwrite}
            onChange={event => setOverwrite(event.target.checked)}
          />{' '}
          <Contested seen={seen} />
        </label>
      )}
      <Limits seen={seen} />
      <footer className="codeact-Approval-buttons">
        <button
          type="button"
          className="codeact-Button codeact-mod-accept"
          disabled={reverting.busy}
          onClick={() => void reverting.confirm(overwrite)}
        >
          {seen.undone ? trans.__('Redo') : trans.__('Undo')}
        </button>
        <button
          type="button"
          className="codeact-Button"
          disabled={reverting.busy}
          onClick={() => reverting.dismiss()}
        >
          {trans.__('Keep as it is')}
        </button>
      </footer>
    </section>
  );
}

/** What is left as it is unless the person says otherwise, and why. */
function Contested({ seen: { conflicts, unsure } }: { seen: RevertPreview }) {
  const { trans } = useServices();
  return (
    <span>
      {[
        conflicts.length > 0 &&
          trans.__('Also what was changed again since: %1', conflicts.join(', ')),
        unsure.length > 0 &&
          trans.__(
            'Also what may be yours, because it was changed while no code of the run ran: %1',
            unsure.join(', ')
          )
      ]
        .filter(Boolean)
        .join('. ')}
    </span>
  );
}

function Changes({ seen }: { seen: RevertPreview }) {
  const { trans } = useServices();
  const cells = seen.undone
    ? trans._n('%1 cell comes again', '%1 cells come again', seen.cells, seen.cells)
    : trans._n('%1 cell goes', '%1 cells go', seen.cells, seen.cells);
  const edited = trans._n(
    '%1 that you edited stays',
    '%1 that you edited stay',
    seen.edited,
    seen.edited
  );
  const lines = [...seen.lines, seen.edited > 0 ? `${cells}; ${edited}` : cells];
  return (
    <ul className="codeact-Undo-changes">
      {lines.map((line, place) => (
        <li key={place}>{line.trim()}</li>
      ))}
    </ul>
  );
}

/** What cannot be taken back, folded when it is long. */
function Limits({ seen }: { seen: RevertPreview }) {
  const { trans } = useServices();
  if (!seen.never) {
    return null;
  }
  return (
    <details className="codeact-Undo-limits" open={seen.gaps.length > 0 && seen.gaps.length < 4}>
      <summary>
        {seen.gaps.length > 0
          ? trans._n(
              'What may have been changed in %1 thing cannot be taken back',
              'What may have been changed in %1 things cannot be taken back',
              seen.gaps.length,
              seen.gaps.length
            )
          : trans.__('What an undo never takes back')}
      </summary>
      <ul className="codeact-Undo-changes">
        {seen.gaps.map((gap, place) => (
          <li key={place}>{gap.trim()}</li>
        ))}
      </ul>
      <p>{seen.never}</p>
    </details>
  );
}
