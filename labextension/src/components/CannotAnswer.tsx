/** The server was started anew since the page was loaded, and takes no word from it. */
import { useChanges } from './changes';
import { useServices } from './services';

export function CannotAnswer() {
  const { model, trans } = useServices();
  const standing = model.dialogue?.standing;
  useChanges(standing?.changed);
  if (!standing?.trouble) {
    return null;
  }
  return (
    <p className="codeact-CannotAnswer" role="alert">
      <span>{standing.trouble}</span>
      <button type="button" className="codeact-Button" onClick={() => window.location.reload()}>
        {trans.__('Load the page again')}
      </button>
    </p>
  );
}
