/** Takes a run back: a button, then a card that says all that will be done, and asks. */
import { useState } from 'react';
import type { RevertPreview } from '../api';
import { previewRevert, revert } from '../reverting';
import type { TurnView } from '../run-model';
import { useServices } from './services';

export function Undo({ turn }: { turn: TurnView }) {
  const { trans, model } = useServices();
  const { dialogue } = model;
  const [seen, setSeen] = useState<RevertPreview | null>(null);
  const [undone, setUndone] = useState(false);
  const [said, setSaid] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  if (!dialogue) {
    return null;
  }
  const doing = async (act: () => Promise<void>) => {
    setBusy(true);
    await act();
    setBusy(false);
  };
  const look = () => doing(async () => setSeen(await previewRevert(dialogue, turn)));
  const confirm = (shown: string, overwrite: boolean) =>
    doing(async () => {
      const done = await revert(dialogue, turn, { shown, overwrite });
      if (!done) {
        setSeen(null); // why is said; what there is to do by now is to be looked at again
      } else {
        setUndone(done.undone);
        setSaid(done.said);
        setSeen(null);
      }
    });
  return (
    <div className="codeact-Undo">
      {said.length > 0 && (
        <p className="codeact-Line" role="status">
          {said.join(' ')}
        </p>
      )}
      {seen ? (
        <Card seen={seen} busy={busy} onConfirm={confirm} onBack={() => setSeen(null)} />
      ) : (
        <button
          type="button"
          className="codeact-Button"
          disabled={busy || dialogue.going !== null}
          onClick={() => void look()}
        >
          {undone ? trans.__('Redo this run…') : trans.__('Undo this run…')}
        </button>
      )}
    </div>
  );
}

interface CardProps {
  seen: RevertPreview;
  busy: boolean;
  onConfirm: (shown: string, overwrite: boolean) => Promise<void>;
  onBack: () => void;
}

function Card({ seen, busy, onConfirm, onBack }: CardProps) {
  const { trans } = useServices();
  const [overwrite, setOverwrite] = useState(false);
  const title = seen.undone ? trans.__('Redo this run?') : trans.__('Undo this run?');
  return (
    <section className="codeact-Action codeact-Approval" role="group" aria-label={title}>
      <header className="codeact-Action-head">
        <span className="codeact-Action-name">{title}</span>
      </header>
      <Changes seen={seen} />
      {seen.conflicts.length > 0 && (
        <label className="codeact-Approval-reasons">
          <input
            type="checkbox"
            checked={overwrite}
            onChange={event => setOverwrite(event.target.checked)}
          />{' '}
          {trans.__('Also what was changed again since: %1', seen.conflicts.join(', '))}
        </label>
      )}
      <Limits seen={seen} />
      <footer className="codeact-Approval-buttons">
        <button
          type="button"
          className="codeact-Button codeact-mod-accept"
          disabled={busy}
          onClick={() => void onConfirm(seen.shown, overwrite)}
        >
          {seen.undone ? trans.__('Redo') : trans.__('Undo')}
        </button>
        <button type="button" className="codeact-Button" disabled={busy} onClick={onBack}>
          {trans.__('Keep as it is')}
        </button>
      </footer>
    </section>
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
