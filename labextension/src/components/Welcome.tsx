/** What the panel says before the first task. */
import { notebookIcon, runIcon } from '@jupyterlab/ui-components';
import { PanelCommandIds } from '../commands';
import type { PanelModel } from '../panel-model';
import { useServices } from './services';

export function Welcome({ model }: { model: PanelModel }) {
  const { commands, trans } = useServices();
  const { status, statusTrouble, dialogue } = model;
  const demo = () => void commands.execute(PanelCommandIds.playDemo);
  return (
    <div className="codeact-Welcome">
      <h2>{trans.__('Work on this notebook, in words')}</h2>
      <p>
        {trans.__(
          'Write what you want done. The agent writes Python, runs it in your kernel, reads the outputs and goes on; every cell of it appears in the notebook.'
        )}
      </p>
      {statusTrouble && (
        <div className="codeact-Trouble" role="alert">
          <strong>{trans.__('The server does not answer')}</strong>
          <p>{statusTrouble}</p>
          <button type="button" className="codeact-Button" onClick={() => void model.askStatus()}>
            {trans.__('Ask again')}
          </button>
        </div>
      )}
      {status && !status.ready && <Ways ways={status.ways} notice={status.notice} />}
      {status?.ready && status.notice && <p className="codeact-Line">{status.notice}</p>}
      {!dialogue && <p className="codeact-Line">{trans.__('Open a notebook to begin.')}</p>}
      <div className="codeact-Welcome-buttons">
        {!dialogue && (
          <button
            type="button"
            className="codeact-Button codeact-mod-accept"
            onClick={() => void commands.execute('notebook:create-new')}
          >
            <notebookIcon.react tag="span" width="14px" height="14px" aria-hidden="true" />
            {trans.__('New notebook')}
          </button>
        )}
        <button
          type="button"
          className={`codeact-Button ${status?.ready || !dialogue ? '' : 'codeact-mod-accept'}`}
          onClick={demo}
        >
          <runIcon.react tag="span" width="14px" height="14px" aria-hidden="true" />
          {trans.__('Play the demo')}
        </button>
        <span className="codeact-Line">{trans.__('needs no key, costs nothing')}</span>
      </div>
    </div>
  );
}

function Ways({ ways, notice }: { ways: readonly string[]; notice: string }) {
  const { trans } = useServices();
  return (
    <section className="codeact-Ways" aria-label={trans.__('How to begin')}>
      <strong>{notice || trans.__('No model is set up yet. Choose a way:')}</strong>
      <ol>
        {ways.map(way => (
          <li key={way}>{way}</li>
        ))}
      </ol>
    </section>
  );
}
