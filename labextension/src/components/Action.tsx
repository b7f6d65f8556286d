/**
 * An action as a card: its code, how it stands, what it changed, and the way to its cell.
 *
 * What it put out is in the cell; here it is only counted.
 */
import { linkIcon, undoIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import { PanelCommandIds } from '../commands';
import { forkIcon } from '../icons';
import type { StepView } from '../run-model';
import { useElapsed } from './changes';
import { ChangeChips } from './ChangeChips';
import { Code } from './Code';
import { IconButton } from './IconButton';
import { useServices } from './services';
import { StateMark, stepWord } from './StateMark';
import { duration } from './words';

export interface ActionProps {
  run: string;
  step: StepView;
  held: boolean;
  onShowCell: (cell: string) => void;
}

export const Action = memo(function Action({ run, step, held, onShowCell }: ActionProps) {
  const { commands, model, trans } = useServices();
  const runs = step.state === 'running' && !held;
  const word = held ? trans.__('waits for the kernel') : stepWord(trans, step.state);
  const name = trans.__('Step %1', step.number);
  return (
    <section className="codeact-Action" data-state={step.state} aria-label={`${name}: ${word}`}>
      <header className="codeact-Action-head">
        <StateMark state={step.state} label={word} />
        <span className="codeact-Action-name">{name}</span>
        {step.state !== 'ok' && <span className="codeact-Action-word">{word}</span>}
        {step.approval === 'edited' && (
          <span className="codeact-Action-word">{trans.__('edited by you')}</span>
        )}
        <Seconds step={step} runs={runs} />
        {isOver(step) && (
          <IconButton
            icon={forkIcon}
            label={trans.__('Go on from here in a new notebook')}
            onClick={() => void commands.execute(PanelCommandIds.fork, { run, step: step.number })}
          />
        )}
        {isOver(step) && (
          <IconButton
            icon={undoIcon}
            label={trans.__('Undo from here…')}
            onClick={() => {
              const target = { run, task: '', step: step.number, redo: false };
              void model.dialogue?.reverting.preview(target);
            }}
          />
        )}
        {step.cells.action && (
          <IconButton
            icon={linkIcon}
            label={trans.__('Show the cell')}
            onClick={() => onShowCell(step.cells.action)}
          />
        )}
      </header>
      <Code
        code={step.code}
        growing={step.state === 'thinking'}
        label={trans.__('Code of step %1', step.number)}
      />
      <Outcome step={step} />
    </section>
  );
});

/** Whether its code ran to an end, after which something else can go on. */
function isOver({ state }: StepView): boolean {
  return state === 'ok' || state === 'error' || state === 'interrupted';
}

function Seconds({ step, runs }: { step: StepView; runs: boolean }) {
  const elapsed = useElapsed(runs, String(step.number));
  const seconds = runs ? Math.floor(elapsed) : step.seconds;
  const isWorthIt = seconds >= (runs ? 1 : 0.05);
  return (
    <span className="codeact-Action-seconds">{isWorthIt ? duration(seconds) : ''}</span>
  );
}

function Outcome({ step }: { step: StepView }) {
  const { change, outputs, lost } = step;
  const changes = change.added.length + change.changed.length + change.deleted.length;
  if (!changes && !outputs && !lost) {
    return null;
  }
  return (
    <footer className="codeact-Action-outcome">
      {outputs && <span className="codeact-Action-outputs">{outputs}</span>}
      {lost && <span className="codeact-Action-lost">{lost}</span>}
      <ChangeChips change={change} />
    </footer>
  );
}
