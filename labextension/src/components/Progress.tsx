/** What the run is doing now, and the two stops, which say what they do. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { TurnView } from '../run-model';
import { useElapsed } from './changes';
import { useAsksBelow } from './Elsewhere';
import { useServices } from './services';
import { duration } from './words';

export function Progress({ turn }: { turn: TurnView }) {
  const { trans } = useServices();
  const doing = useAsksBelow(turn) ? 'input' : doingOf(turn);
  const elapsed = Math.floor(useElapsed(true, `${turn.run} ${doing} ${turn.steps.length}`));
  const waits = doing === 'approval' || doing === 'input';
  return (
    <div className="codeact-Progress" data-doing={doing}>
      <div className="codeact-Progress-words">
        {!waits && <span className="codeact-Spinner" aria-hidden="true" />}
        <span role="status">{words(trans, doing, turn)}</span>
        {!waits && elapsed >= 2 && (
          <span className="codeact-Progress-seconds">{duration(elapsed)}</span>
        )}
        {waits && (
          <button type="button" className="codeact-Link" onClick={toQuestion}>
            {trans.__('Show')}
          </button>
        )}
      </div>
      <Stops run={turn.run} doing={doing} />
    </div>
  );
}

function Stops({ run, doing }: { run: string; doing: Doing }) {
  const { model, trans } = useServices();
  if (model.dialogue?.runs.isHosted(run) === false) {
    return (
      <div className="codeact-Progress-stops">
        <button
          type="button"
          className="codeact-Button"
          title={trans.__('Interrupt the kernel: this ends the run, which a cell of yours began')}
          onClick={() => void model.dialogue?.interrupt()}
        >
          {trans.__('Interrupt the run')}
        </button>
      </div>
    );
  }
  return (
    <div className="codeact-Progress-stops">
      <button
        type="button"
        className="codeact-Button"
        title={trans.__('End the model’s work on this task; the kernel is left alone')}
        onClick={() => void model.dialogue?.stop()}
      >
        {trans.__('Stop thinking')}
      </button>
      <button
        type="button"
        className="codeact-Button"
        disabled={doing !== 'running' && doing !== 'input'}
        title={trans.__('Interrupt the agent’s running cell, and nothing of yours')}
        onClick={() => void model.dialogue?.interrupt()}
      >
        {trans.__('Interrupt the cell')}
      </button>
    </div>
  );
}

function toQuestion(): void {
  const question = document.querySelector<HTMLElement>(
    '.codeact-Panel :is(.codeact-Approval, .codeact-Input input, .codeact-Elsewhere button)'
  );
  question?.scrollIntoView({ block: 'nearest' });
  question?.focus();
}

type Doing = 'approval' | 'input' | 'kernel' | 'running' | 'writing' | 'thinking';

function doingOf(turn: TurnView): Doing {
  if (turn.waiting) {
    return turn.waiting;
  }
  const step = turn.steps[turn.steps.length - 1];
  if (step?.state === 'running') {
    return 'running';
  }
  return step?.state === 'thinking' && step.code ? 'writing' : 'thinking';
}

function words(trans: TranslationBundle, doing: Doing, turn: TurnView): string {
  const step = turn.steps[turn.steps.length - 1]?.number ?? 1;
  switch (doing) {
    case 'approval':
      return trans.__('Waits for your word');
    case 'input':
      return trans.__('The code asks you something');
    case 'kernel':
      return trans.__('Waits for the kernel, which is busy');
    case 'running':
      return trans.__('Running step %1', step);
    case 'writing':
      return trans.__('Writing step %1', step);
    case 'thinking':
      return trans.__('Thinking');
  }
}
