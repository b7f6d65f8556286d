/** What the panel says before the first task. */
import { addIcon, type LabIcon, runIcon } from '@jupyterlab/ui-components';
import { PanelCommandIds } from '../commands';
import type { PanelModel } from '../panel-model';
import type { Walls } from '../walls';
import { wordsOf } from '../walls-words';
import { useChanges } from './changes';
import { useServices } from './services';
import { waysOf } from './ways';

export function Welcome({ model }: { model: PanelModel }) {
  const { trans } = useServices();
  const { status, dialogue } = model;
  return (
    <div className="codeact-Welcome">
      <h2>{trans.__('Work on this notebook, in words')}</h2>
      <p>
        {trans.__(
          'Write what you want done. The agent writes Python, runs it in your kernel, reads the outputs and goes on; every cell of it appears in the notebook.'
        )}
      </p>
      {dialogue && <WhereItRuns walls={dialogue.runs.walls} />}
      <NoAnswer model={model} />
      {status && !status.ready && <Ways lines={status.ways} notice={status.notice} />}
      {status?.ready && status.notice && <p className="codeact-Line">{status.notice}</p>}
      {!dialogue && <p className="codeact-Line">{trans.__('Open a notebook to begin.')}</p>}
      <Beginnings open={dialogue !== null} ready={status?.ready !== false} />
    </div>
  );
}

/** Which kernel is safe for what. */
function WhereItRuns({ walls }: { walls: Walls }) {
  const { trans } = useServices();
  useChanges(walls.changed);
  return (
    <p>
      {walls.stand
        ? trans.__('The code runs in a sandbox. %1', wordsOf(walls, trans))
        : trans.__(
            'The code runs in your kernel, with your rights. For data or code that you do not trust, choose a sandboxed kernel; the command "codeact sandbox install" adds one on Linux.'
          )}
    </p>
  );
}

function NoAnswer({ model }: { model: PanelModel }) {
  const { trans } = useServices();
  return model.statusTrouble ? (
    <div className="codeact-Trouble" role="alert">
      <strong>{trans.__('The server does not answer')}</strong>
      <p>{model.statusTrouble}</p>
      <button type="button" className="codeact-Button" onClick={() => void model.askStatus()}>
        {trans.__('Ask again')}
      </button>
    </div>
  ) : null;
}

/** The one button that is the best way to begin now is the accented one. */
function Beginnings({ open, ready }: { open: boolean; ready: boolean }) {
  const { commands, trans } = useServices();
  const button = (label: string, icon: LabIcon, command: string, best: boolean) => (
    <button
      type="button"
      className={`codeact-Button ${best ? 'codeact-mod-accept' : ''}`}
      onClick={() => void commands.execute(command)}
    >
      <icon.react tag="span" width="14px" height="14px" aria-hidden="true" />
      {label}
    </button>
  );
  const { playDemo } = PanelCommandIds;
  return (
    <div className="codeact-Welcome-buttons">
      {!open && button(trans.__('New notebook'), addIcon, 'notebook:create-new', true)}
      {button(trans.__('Play the demo'), runIcon, playDemo, open && !ready)}
      <span className="codeact-Line">{trans.__('needs no key, costs nothing')}</span>
    </div>
  );
}

function Ways({ lines, notice }: { lines: readonly string[]; notice: string }) {
  const { trans } = useServices();
  const { title, ways } = waysOf(lines);
  return (
    <section className="codeact-Ways" aria-label={trans.__('How to begin')}>
      <strong>{notice || title || trans.__('No model is set up yet.')}</strong>
      <dl>
        {ways.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{name.includes('demo') ? trans.__('play it here, below') : text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
