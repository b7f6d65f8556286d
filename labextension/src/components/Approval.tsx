/**
 * Code that waits for the person's word: it runs as shown, as they changed it, or not at all.
 *
 * The card takes the focus when it comes, unless the person is writing; but no button of it does,
 * so that a key pressed for something else decides nothing. Shift+Enter runs, as in a cell; Escape
 * leads out of what was begun (editing, a word of rejection), and decides nothing either.
 */
import { memo, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Approval as Answer } from '../api';
import type { AskedFrame } from '../protocol';
import { Code } from './Code';
import { CodeEditor } from './CodeEditor';
import { takesFocus } from './focus';
import { useServices } from './services';
import { StateMark, stepWord } from './StateMark';

type Mode = 'deciding' | 'editing' | 'rejecting';
type Decision = Answer['decision'];

export const Approval = memo(function Approval({ asked }: { asked: AskedFrame }) {
  const { trans } = useServices();
  const card = useRef<HTMLElement>(null);
  useEffect(() => takesFocus(card.current), []);
  const deciding = useDeciding(asked, () => card.current?.focus());
  const { mode, code, word } = deciding;
  const title = trans.__('Step %1 waits for you', asked.step);
  return (
    <section
      ref={card}
      className="codeact-Action codeact-Approval"
      data-state="waiting"
      role="group"
      tabIndex={-1}
      aria-label={title}
      onKeyDownCapture={deciding.onKeyDown}
    >
      <header className="codeact-Action-head">
        <StateMark state="waiting" label={stepWord(trans, 'waiting')} />
        <span className="codeact-Action-name">{title}</span>
      </header>
      <Reasons reasons={asked.reasons} />
      {mode === 'editing' ? (
        <CodeEditor code={code} label={trans.__('Code to run')} onChange={deciding.setCode} />
      ) : (
        <Code code={asked.code} growing={false} label={trans.__('Code that asks')} />
      )}
      {mode === 'rejecting' && (
        <Word word={word} onChange={deciding.setWord} onSend={() => void deciding.decide('reject')} />
      )}
      <Buttons deciding={deciding} />
    </section>
  );
});

interface Deciding {
  readonly mode: Mode;
  readonly code: string;
  readonly word: string;
  /** The word is on its way, or was taken. */
  readonly sent: boolean;
  decide(decision: Decision): Promise<void>;
  run(): Promise<void>;
  back(): void;
  setMode(mode: Mode): void;
  setCode(code: string): void;
  setWord(word: string): void;
  onKeyDown(event: KeyboardEvent): void;
}

function useDeciding(asked: AskedFrame, focus: () => void): Deciding {
  const { model } = useServices();
  const [mode, setMode] = useState<Mode>('deciding');
  const [code, setCode] = useState(asked.code);
  const [word, setWord] = useState('');
  const [sent, setSent] = useState(false);
  const decide = async (decision: Decision) => {
    setSent(true);
    const said = { step: asked.step, hash: asked.hash, decision };
    const more = decision === 'edit' ? { code } : decision === 'reject' ? { word } : {};
    const taken = await model.dialogue?.approve(asked.run, { ...said, ...more });
    setSent(taken === true);
  };
  const run = () => decide(mode === 'editing' && code !== asked.code ? 'edit' : 'run');
  const back = () => {
    setMode('deciding');
    setCode(asked.code);
    focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      consume(event);
      void (mode === 'rejecting' ? decide('reject') : run());
    } else if (event.key === 'Escape' && mode !== 'deciding') {
      consume(event);
      back();
    }
  };
  return { mode, code, word, sent, decide, run, back, setMode, setCode, setWord, onKeyDown };
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  const { trans } = useServices();
  return (
    <p className="codeact-Approval-reasons" role="alert">
      {reasons.length > 0
        ? trans.__('Why it asks: %1', reasons.join('; '))
        : trans.__('Every action asks.')}
    </p>
  );
}

interface WordProps {
  word: string;
  onChange: (word: string) => void;
  onSend: () => void;
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
          onSend();
        }
      }}
    />
  );
}

function Buttons({ deciding }: { deciding: Deciding }) {
  const { trans } = useServices();
  const { mode, sent, decide, run, setMode, back } = deciding;
  const button = (label: string, act: () => void, kind = '', title = label) => (
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
        {button(trans.__('Reject'), () => void decide('reject'), 'codeact-mod-warn')}
        {button(trans.__('Back'), back)}
      </footer>
    );
  }
  const keys = trans.__('Run (Shift+Enter)');
  const kind = trans.__('Run this, and from now on all code of this kind in this notebook');
  return (
    <footer className="codeact-Approval-buttons">
      {button(trans.__('Run'), () => void run(), 'codeact-mod-accept', keys)}
      {mode === 'deciding' && (
        <>
          {button(trans.__('Run all of this kind'), () => void decide('run-kind'), '', kind)}
          {button(trans.__('Edit'), () => setMode('editing'))}
          {button(trans.__('Reject…'), () => setMode('rejecting'))}
        </>
      )}
      {mode === 'editing' && button(trans.__('Back'), back)}
    </footer>
  );
}

function consume(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}
