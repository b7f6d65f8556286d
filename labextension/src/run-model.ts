/**
 * The conversation of a notebook, folded from the frames of its runs. Knows nothing of the DOM.
 *
 * Views are immutable: a frame makes new objects for the turn and the step that it changed, and all
 * others stay the same objects, so that a list can skip what did not change by identity.
 */
import { ISignal, Signal } from '@lumino/signaling';
import type {
  AskedFrame,
  Figure,
  Frame,
  Head,
  InputFrame,
  RetryFrame,
  RunFrame,
  StepFrame,
  TypedFrame
} from './protocol';
import { Sequence } from './sequence';

export type StepView = Omit<StepFrame, keyof Head | 'type' | 'step'> & {
  /** Counts from 1 in each turn. */
  readonly number: number;
};

export interface Answer {
  readonly text: string;
  /** Its cell; empty while it is being typed, when it may still turn out to be a thought. */
  readonly cell: string;
  readonly figures: readonly Figure[];
}

export type TurnView = Omit<RunFrame, 'number' | 'type'> & {
  readonly steps: readonly StepView[];
  readonly answer: Answer | null;
  /** The run waits for a word on this code. */
  readonly asked: AskedFrame | null;
  /** The running code waits for this line. */
  readonly input: InputFrame | null;
  /** The model is asked again, after a pause. */
  readonly retrying: RetryFrame | null;
};

export class ConversationModel {
  /** All turns, in the order in which they began. */
  get turns(): readonly TurnView[] {
    return this._turns;
  }

  /** A frame changed something. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Take one frame; one that was seen before changes nothing. */
  take(frame: Frame): void {
    if (!isTold(frame) || !this._sequence.takes(frame)) {
      return;
    }
    const before = this._turns.find(turn => turn.run === frame.run);
    const after = fold(before ?? blankTurn(frame.run), frame);
    if (after !== before) {
      this._turns = placed(this._turns, after);
      this._changed.emit();
    }
  }

  /** The run ended with the program that it lived in. */
  breakOff(run: string): void {
    const reason = 'the program that ran it ended before it did';
    const ended = { state: 'interrupted', reason, waiting: '', asked: null, input: null } as const;
    const broken = (turn: TurnView) => ({ ...turn, ...ended, steps: brokenOff(turn.steps) });
    this._turns = this._turns.map(turn => (turn.run === run ? broken(turn) : turn));
    this._changed.emit();
  }

  /** Forget the turn of a run: it will be told from its beginning. */
  forget(run: string): void {
    this._sequence.forget(run);
    this._turns = this._turns.filter(turn => turn.run !== run);
    this._changed.emit();
  }

  /** Forget all turns: another conversation begins. */
  clear(): void {
    this._sequence.clear();
    this._turns = [];
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _sequence = new Sequence();
  private _turns: readonly TurnView[] = [];
}

type Folded = Exclude<Frame, { type: 'cell' | 'removed' | 'session' }>;

/** Whether a frame is of the conversation; the others are of the notebook. */
function isTold(frame: Frame): frame is Folded {
  return frame.type !== 'cell' && frame.type !== 'removed' && frame.type !== 'session';
}

/** The turn after a frame. */
function fold(turn: TurnView, frame: Folded): TurnView {
  switch (frame.type) {
    case 'run':
      return foldRun(turn, frame);
    case 'typed':
      return foldTyped({ ...turn, retrying: null }, frame);
    case 'retrying':
      return { ...withoutTyped(turn, frame.step), retrying: frame };
    case 'step':
      return foldStep(turn, frame);
    case 'asked':
      return { ...turn, asked: frame };
    case 'input':
      return { ...turn, input: frame };
    case 'answer':
      return {
        ...turn,
        steps: turn.steps.filter(step => step.state !== 'thinking'),
        answer: { text: frame.text, cell: frame.cell, figures: frame.figures },
        retrying: null
      };
  }
}

function foldRun(turn: TurnView, frame: RunFrame): TurnView {
  const { number: _number, type: _type, ...said } = frame;
  const ended = frame.state !== 'running' && frame.state !== 'waiting';
  const left = (waited: string) => ended || (turn.waiting === waited && frame.waiting !== waited);
  const goesOn = ended || frame.waiting === '' || frame.waiting === 'kernel';
  return {
    ...turn,
    ...said,
    asked: left('approval') ? null : turn.asked,
    input: goesOn ? null : turn.input,
    retrying: ended ? null : turn.retrying
  };
}

function foldTyped(turn: TurnView, frame: TypedFrame): TurnView {
  if (frame.part === 'answer') {
    return { ...turn, answer: { text: (turn.answer?.text ?? '') + frame.text, cell: '', figures: [] } };
  }
  const step = turn.steps.find(each => each.number === frame.step) ?? blankStep(frame.step);
  if (step.state !== 'thinking') {
    return turn; // the whole step has come already
  }
  const typed = { ...step, [frame.part]: step[frame.part] + frame.text };
  if (frame.part === 'thought' || !turn.answer) {
    return withStep(turn, typed);
  }
  // words before code were no answer: they are the thought of this step
  const thought = [step.thought, turn.answer.text].filter(Boolean).join('\n\n');
  return withStep({ ...turn, answer: null }, { ...typed, thought });
}

/** The turn without what was typed of a step whose query is made again. */
function withoutTyped(turn: TurnView, step: number): TurnView {
  return {
    ...turn,
    steps: turn.steps.filter(each => each.number !== step || each.state !== 'thinking'),
    answer: turn.answer?.cell ? turn.answer : null
  };
}

function foldStep(turn: TurnView, frame: StepFrame): TurnView {
  const { run: _run, number: _number, type: _type, step: number, ...said } = frame;
  const waits = frame.state === 'waiting' || frame.state === 'thinking';
  return {
    ...withStep(turn, { number, ...said }),
    // what was typed as an answer was the thought of this step
    answer: turn.answer?.cell ? turn.answer : null,
    asked: turn.asked?.step === number && !waits ? null : turn.asked,
    input: turn.input?.step === number && frame.state !== 'running' ? null : turn.input,
    retrying: null
  };
}

/** The steps of a run that ended with its program: how far the one that ran came, nobody saw. */
function brokenOff(steps: readonly StepView[]): readonly StepView[] {
  return steps
    .filter(step => step.state !== 'thinking')
    .map(step => (step.state === 'running' ? { ...step, state: 'unknown' } : step));
}

function withStep(turn: TurnView, step: StepView): TurnView {
  const steps = turn.steps.filter(each => each.number !== step.number);
  const after = steps.findIndex(each => each.number > step.number);
  steps.splice(after < 0 ? steps.length : after, 0, step);
  return { ...turn, steps };
}

/** The turns with this one at its place: where it was, or before later ones of its conversation. */
function placed(turns: readonly TurnView[], turn: TurnView): readonly TurnView[] {
  const others = turns.filter(each => each.run !== turn.run);
  const later = others.findIndex(
    each => each.conversation === turn.conversation && each.turn > turn.turn
  );
  const was = turns.findIndex(each => each.run === turn.run);
  const place = was >= 0 && turns[was].turn === turn.turn ? was : later;
  others.splice(place < 0 ? others.length : place, 0, turn);
  return others;
}

function blankStep(number: number): StepView {
  return {
    number,
    state: 'thinking',
    thought: '',
    code: '',
    cells: { thought: '', action: '' },
    seconds: 0,
    change: { added: [], changed: [], deleted: [] },
    outputs: '',
    lost: '',
    mistake: '',
    approval: '',
    input: 0,
    output: 0,
    cost: null
  };
}

/** A turn of which nothing but its run is known: its first frames have not come yet. */
function blankTurn(run: string): TurnView {
  return {
    run,
    task: '',
    model: '',
    notice: '',
    state: 'running',
    reason: '',
    waiting: '',
    conversation: '',
    turn: 0,
    started: '',
    meter: {
      steps: 0,
      input: 0,
      output: 0,
      cache_read: 0,
      cache_write: 0,
      cost: null,
      seconds: 0,
      context: { used: 0, of: 0 },
      limits: { steps: null, tokens: null, cost: null, seconds: null }
    },
    steps: [],
    answer: null,
    asked: null,
    input: null,
    retrying: null
  };
}
