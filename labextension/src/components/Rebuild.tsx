/** A kernel that knows nothing of the conversation: the offer to rebuild it, and how that goes. */
import { closeIcon } from '@jupyterlab/ui-components';
import type { Rebuilding } from '../rebuilding';
import { useChanges } from './changes';
import { IconButton } from './IconButton';
import { useServices } from './services';

export function Rebuild({ rebuilding }: { rebuilding: Rebuilding }) {
  const { trans } = useServices();
  useChanges(rebuilding.changed);
  switch (rebuilding.state) {
    case 'none':
      return null;
    case 'offered':
      return (
        <Strip rebuilding={rebuilding}>
          <p>{trans.__('The kernel is a new one: the variables of this conversation are gone.')}</p>
          <Start rebuilding={rebuilding} words={trans.__('Rebuild')} />
        </Strip>
      );
    case 'going':
      return <Going rebuilding={rebuilding} />;
    default:
      return <Found rebuilding={rebuilding} />;
  }
}

function Going({ rebuilding }: { rebuilding: Rebuilding }) {
  const { trans } = useServices();
  const { cell, of } = rebuilding.progress;
  return (
    <div className="codeact-Rebuild" role="status">
      <p>
        <span className="codeact-Spinner" aria-hidden="true" />
        {of > 0
          ? trans.__('Running again what the notebook ran: cell %1 of %2', cell, of)
          : trans.__('Running again what the notebook ran…')}
      </p>
      {of > 0 && (
        <progress className="codeact-Rebuild-bar" value={cell - 1} max={of} aria-hidden="true" />
      )}
      <button type="button" className="codeact-Button" onClick={() => void rebuilding.stop()}>
        {trans.__('Stop rebuilding')}
      </button>
    </div>
  );
}

function Found({ rebuilding }: { rebuilding: Rebuilding }) {
  const { trans } = useServices();
  const { lines, kinds, state } = rebuilding;
  return (
    <Strip rebuilding={rebuilding}>
      {lines.map((line, place) => (
        <p key={place}>{line}</p>
      ))}
      {kinds.length > 0 && (
        <Start
          rebuilding={rebuilding}
          allow={kinds}
          restart
          words={trans.__('Restart the kernel and rebuild with these too: %1', kinds.join(', '))}
        />
      )}
      {state === 'failed' && <Start rebuilding={rebuilding} words={trans.__('Try again')} />}
    </Strip>
  );
}

interface StartProps {
  rebuilding: Rebuilding;
  words: string;
  allow?: readonly string[];
  restart?: boolean;
}

function Start({ rebuilding, words, allow = [], restart = false }: StartProps) {
  const { trans } = useServices();
  return (
    <button
      type="button"
      className="codeact-Button"
      title={trans.__('Run again, in order, what the agent and you ran; the cells stay as they are')}
      onClick={() => void rebuilding.start(allow, restart)}
    >
      {words}
    </button>
  );
}

function Strip({ rebuilding, children }: { rebuilding: Rebuilding; children: React.ReactNode }) {
  const { trans } = useServices();
  return (
    <div className="codeact-Rebuild" role="status">
      <IconButton
        icon={closeIcon}
        className="codeact-Rebuild-close"
        label={trans.__('Dismiss')}
        onClick={() => rebuilding.dismiss()}
      />
      {children}
    </div>
  );
}
