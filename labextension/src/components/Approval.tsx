/**
 * Code that waits for the person's word: it runs as shown, as they changed it, or not at all.
 *
 * The card takes the focus when it comes, unless the person is writing; but no button of it does,
 * so that a key pressed for something else decides nothing. Shift+Enter runs, as in a cell; Escape
 * leads out of what was begun (editing, a word of rejection), and decides nothing either.
 */
import { memo, type KeyboardEvent, type ReactNode, type RefObject, type SyntheticEvent, useEffect, useRef } from 'react';
import type { AskedFrame } from '../protocol';
import { visible } from '../visible';
import { CannotAnswer } from './CannotAnswer';
import { Code } from './Code';
import { CodeEditor } from './CodeEditor';
import { Elsewhere } from './Elsewhere';
import { takesFocus } from './focus';
import { useServices } from './services';
import { StateMark, stepWord } from './StateMark';
import { consume, type Decision, useDecision } from './use-decision';

export const Approval = memo(function Approval({ asked }: { asked: AskedFrame }) {
  const { model } = useServices();
  const hosted = model.dialogue?.runs.isHosted(asked.run) ?? false;
  return hosted ? <Deciding asked={asked} /> : <DecidedElsewhere asked={asked} />;
});

function Deciding({ asked }: { asked: AskedFrame }) {
  const { trans } = useServices();
  const card = useRef<HTMLElement>(null);
  const deciding = useDecision(asked, card, () => card.current?.focus());
  const { mode, code, seen, word } = deciding;
  const isAsAsked = seen === asked.code;
  return (
    <Card asked={asked} card={card} onKeyDown={deciding.onKeyDown}>
      {!isAsAsked && mode !== 'editing' && (
        <p className="codeact-Approval-reasons">{trans.__('As you changed it in the cell:')}</p>
      )}
      {mode === 'editing' ? (
        <CodeEditor code={code} label={trans.__('Code to run')} onChange={deciding.setCode} />
      ) : (
        <Code code={visible(seen)} growing={false} label={trans.__('Code that asks')} />
      )}
      {mode === 'rejecting' && (
        <Word word={word} onChange={deciding.setWord} onSend={deciding.reject} />
      )}
      <CannotAnswer />
      <Buttons deciding={deciding} scopes={isAsAsked ? asked.scopes : []} />
    </Card>
  );
}

/** A magic asks below its own cell; after a reload, for a line of words, as the code itself would. */
function DecidedElsewhere({ asked }: { asked: AskedFrame }) {
  const { model, trans } = useServices();
  const card = useRef<HTMLElement>(null);
  return (
    <Card asked={asked} card={card}>
      <Code code={visible(asked.code)} growing={false} label={trans.__('Code that asks')} />
      {!model.dialogue?.runs.asking.isHere(asked.run) && <Elsewhere run={asked.run} />}
    </Card>
  );
}

interface CardProps {
  asked: AskedFrame;
  card: RefObject<HTMLElement>;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ReactNode;
}

function Card({ asked, card, onKeyDown, children }: CardProps) {
  const { trans } = useServices();
  useEffect(() => takesFocus(card.current), [card]);
  const title = trans.__('Step %1 waits for you', asked.step);
  return (
    <section
      ref={card}
      className="codeact-Action codeact-Approval"
      data-state="waiting"
      role="group"
      tabIndex={-1}
      aria-label={title}
      onKeyDownCapture={onKeyDown}
    >
      <header className="codeact-Action-head">
        <StateMark state="waiting" label={stepWord(trans, 'waiting')} />
        <span className="codeact-Action-name">{title}</span>
      </header>
      <Reasons reasons={asked.reasons} />
      {children}
    </section>
  );
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  const { trans } = useServices();
  return (
    <p className="codeact-Approval-reasons" role="alert">
      {reasons.length > 0
        ? trans.__('Why it asks: %1', visible(reasons.join('; ')))
        : trans.__('Every action asks.')}
    </p>
  );
}

interface WordProps {
  word: string;
  onChange: (word: string) => void;
  onSend: (event: SyntheticEvent) => void;
}

function Word({ word, onChange, onSend }: WordProps) {
  const { trans } = useServices();
  const label = trans.__('What should it do instead? (may be empty)');
  return (
    <input
      autoFocus
      className="codeact-Field"
      value={word}
      placeholder={label}
      aria-label={label}
      onChange={event => onChange(event.target.value)}
      onKeyDown={event => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
          consume(event);
          onSend(event);
        }
      }}
    />
  );
}

interface ButtonsProps {
  deciding: Decision;
  /** For how long a yes may count; once only for code that the person changed. */
  scopes: readonly string[];
}

function Buttons({ deciding, scopes }: ButtonsProps) {
  const { trans } = useServices();
  const { mode, sent, run, runKind, runForRun, reject, setMode, edit, back } = deciding;
  const button = (
    label: string,
    act: (event: SyntheticEvent) => void,
    kind = '',
    title = label
  ) => (
    <button
      type="button"
      className={`codeact-Button ${kind}`}
      disabled={sent}
      title={title}
      onClick={act}
    >
      {label}
    </button>
  );
  if (mode === 'rejecting') {
    return (
      <footer className="codeact-Approval-buttons">
        {button(trans.__('Reject'), reject, 'codeact-mod-warn')}
        {button(trans.__('Back'), back)}
      </footer>
    );
  }
  const keys = trans.__('Run (Shift+Enter)');
  const inRun = trans.__('Run this, and until the end of this run all code of this kind');
  const kind = trans.__('Run this, and from now on all code of this kind in this notebook');
  return (
    <footer className="codeact-Approval-buttons">
      {button(trans.__('Run'), run, 'codeact-mod-accept', keys)}
      {mode === 'deciding' && (
        <>
          {scopes.includes('run') &&
            button(trans.__('Allow for this run'), runForRun, '', inRun)}
          {scopes.includes('notebook') &&
            button(trans.__('Always allow in this notebook'), runKind, '', kind)}
          {button(trans.__('Edit'), edit)}
          {button(trans.__('Reject…'), () => setMode('rejecting'))}
        </>
      )}
      {mode === 'editing' && button(trans.__('Back'), back)}
    </footer>
  );
}
