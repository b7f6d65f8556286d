/** How a turn ended: one quiet line; where it went wrong, why and what to do next. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { TurnView } from '../run-model';
import { OnDisk } from './OnDisk';
import { useServices } from './services';
import { TurnUndo } from './Undo';
import { allTokens, counted, duration, money } from './words';

export function Ending({ turn, last }: { turn: TurnView; last: boolean }) {
  const { trans, model } = useServices();
  const trouble = troubleOf(trans, turn);
  const goOn = () => {
    void model.dialogue?.send({}, { text: trans.__('Go on.'), attachments: [] });
  };
  return (
    <>
      {trouble && (
        <div className="codeact-Trouble" data-state={turn.state} role="alert">
          <strong>{trouble.title}</strong>
          {turn.reason && !isSaid(turn) && <p>{turn.reason}</p>}
          <p className="codeact-Trouble-advice">{trouble.advice}</p>
          {last && (
            <button type="button" className="codeact-Button" onClick={goOn}>
              {trans.__('Go on')}
            </button>
          )}
        </div>
      )}
      <p className="codeact-Facts">
        {facts(trans, turn).map((fact, place) => (
          <span key={place}>{fact}</span>
        ))}
      </p>
      {last && turn.steps.some(step => step.code) && <OnDisk key={`files-${turn.run}`} turn={turn} />}
      {turn.steps.some(step => step.code) && <TurnUndo turn={turn} last={last} />}
    </>
  );
}

interface Trouble {
  readonly title: string;
  readonly advice: string;
}

function troubleOf(trans: TranslationBundle, turn: TurnView): Trouble | null {
  switch (turn.state) {
    case 'stopped':
      return {
        title: trans.__('Stopped'),
        advice: trans.__('Variables and cells are as they were. Write what to do instead, or go on.')
      };
    case 'interrupted':
      return interruption(trans, turn);
    case 'limit':
      return {
        title: trans.__('A limit was reached'),
        advice: trans.__('The next task begins with fresh limits; the settings hold their numbers.')
      };
    case 'failed':
      return {
        title: trans.__('The run failed'),
        advice: trans.__('What was done is in the notebook. Going on continues from there.')
      };
    default:
      return null;
  }
}

/** What is known after a run that did not come to its end: by the person, a kernel or a server. */
function interruption(trans: TranslationBundle, { steps }: TurnView): Trouble {
  const last = steps[steps.length - 1]?.state;
  if (last === 'interrupted') {
    return {
      title: trans.__('Interrupted'),
      advice: trans.__('The cell was interrupted; variables are kept. Write what to do, or go on.')
    };
  }
  const title = trans.__('Broken off');
  return last === 'unknown' || last === 'running'
    ? {
        title,
        advice: trans.__(
          'How far its last cell came is not known, and it is not run again by itself. If the kernel ended too, its variables are gone. Look at the cell, then write what to do; or go on, and the agent looks itself.'
        )
      }
    : {
        title,
        advice: trans.__('What was done until then is in the notebook. Going on continues from there.')
      };
}

/** Whether the reason says no more than the title: that the person did it. */
function isSaid({ state, reason }: TurnView): boolean {
  return reason === `${state} by the person`;
}

function facts(trans: TranslationBundle, { meter, model }: TurnView): string[] {
  return [
    trans._n('%1 step', '%1 steps', meter.steps, meter.steps),
    duration(meter.seconds),
    trans.__('%1 tokens', counted(allTokens(meter))),
    meter.cost === null ? '' : money(meter.cost),
    model
  ].filter(Boolean);
}
