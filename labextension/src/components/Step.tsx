/** One step: what was thought, and what was done. */
import { memo } from 'react';
import type { AskedFrame, InputFrame } from '../protocol';
import type { StepView } from '../run-model';
import { Action } from './Action';
import { Approval } from './Approval';
import { Input } from './Input';
import { useServices } from './services';
import { Thought } from './Thought';
import { StepUndo } from './Undo';

export interface StepProps {
  run: string;
  step: StepView;
  /** The question about this step's code; null while it asks nothing. */
  asked: AskedFrame | null;
  /** The question of this step's running code. */
  input: InputFrame | null;
  /** Its code waits until the kernel is free. */
  held: boolean;
  folded: boolean;
  onShowCell: (cell: string) => void;
}

export const Step = memo(function Step(props: StepProps) {
  const { run, step, asked, input, held, folded, onShowCell } = props;
  const { model, trans } = useServices();
  return (
    <div className="codeact-Step" data-run={run} data-step={step.number}>
      {step.thought && (
        <Thought text={step.thought} final={step.state !== 'thinking'} folded={folded} />
      )}
      {asked ? (
        <Approval key={asked.hash} asked={asked} />
      ) : (
        step.code && <Action run={run} step={step} held={held} onShowCell={onShowCell} />
      )}
      <StepUndo run={run} step={step.number} />
      {input && model.dialogue?.runs.asking.isHere(run) && <Input key={input.request} input={input} />}
      {step.mistake && (
        <p className="codeact-Line codeact-mod-warn">
          {trans.__('Nothing ran: %1', step.mistake)}
        </p>
      )}
      {!step.code && !step.mistake && step.lost && (
        <p className="codeact-Line codeact-mod-warn">{step.lost}</p>
      )}
    </div>
  );
});
