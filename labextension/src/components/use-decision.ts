/** The person's word on code that waits, while they find it: what they see, write and press. */
import { type KeyboardEvent, type RefObject, type SyntheticEvent, useState } from 'react';
import type { Approval } from '../api';
import { askedCell, wordToRun } from '../asked-code';
import { pressOf } from '../press';
import type { AskedFrame } from '../protocol';
import { useChanges } from './changes';
import { useServices } from './services';

export type Mode = 'deciding' | 'editing' | 'rejecting';

export interface Decision {
  readonly mode: Mode;
  /** The cell's code, which the person may have changed there. */
  readonly seen: string;
  /** What the person writes here. */
  readonly code: string;
  readonly word: string;
  /** The word is on its way, or was taken. */
  readonly sent: boolean;
  /** The words are given with the press of the person's that means them. */
  run(event: SyntheticEvent): void;
  runKind(event: SyntheticEvent): void;
  runForRun(event: SyntheticEvent): void;
  reject(event: SyntheticEvent): void;
  edit(): void;
  back(): void;
  setMode(mode: Mode): void;
  setCode(code: string): void;
  setWord(word: string): void;
  onKeyDown(event: KeyboardEvent): void;
}

/** `focus` is called when the person takes back what they began. */
export function useDecision(
  asked: AskedFrame,
  card: RefObject<HTMLElement>,
  focus: () => void
): Decision {
  const { seen, show } = useSeen(asked);
  const { sent, say } = useSaying(asked.run, card);
  const [mode, setMode] = useState<Mode>('deciding');
  const [code, setCode] = useState('');
  const [word, setWord] = useState('');
  const { step, hash } = asked;
  const run = (event: SyntheticEvent) => {
    const chosen = mode === 'editing' ? code : seen;
    if (chosen.trim()) {
      show(chosen);
      say(wordToRun(asked, chosen), event);
    }
  };
  const runKind = (event: SyntheticEvent) => say({ step, hash, decision: 'run-kind' }, event);
  const runForRun = (event: SyntheticEvent) =>
    say({ step, hash, decision: 'run-for-run' }, event);
  const reject = (event: SyntheticEvent) => say({ step, hash, decision: 'reject', word }, event);
  const edit = () => {
    setCode(seen);
    setMode('editing');
  };
  const back = () => {
    setMode('deciding');
    focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      consume(event);
      (mode === 'rejecting' ? reject : run)(event);
    } else if (event.key === 'Escape' && mode !== 'deciding') {
      consume(event);
      back();
    }
  };
  const acts = { run, runKind, runForRun, reject, edit, back, setMode, setCode, setWord, onKeyDown };
  return { mode, seen, code, word, sent, ...acts };
}

export function consume(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

type Say = (approval: Approval, event: SyntheticEvent) => void;

function useSaying(run: string, card: RefObject<HTMLElement>): { sent: boolean; say: Say } {
  const { model } = useServices();
  const [sent, setSent] = useState(false);
  const say: Say = (approval, { nativeEvent }) => {
    if (card.current) {
      setSent(true);
      void model.dialogue?.approve(run, approval, pressOf(nativeEvent, card.current)).then(setSent);
    }
  };
  return { sent, say };
}

/** The code as the cell that waits has it; `show` puts other code there, where it is the person's. */
function useSeen(asked: AskedFrame): { seen: string; show: (code: string) => void } {
  const { model } = useServices();
  const notebook = model.dialogue?.notebook.content;
  useChanges(notebook?.model?.cells.changed);
  const cell = notebook ? askedCell(notebook, asked) : null;
  useChanges(cell?.changed);
  const seen = cell?.getSource() ?? asked.code;
  const show = (code: string) => {
    // the run writes into its cell itself, but never over what the person wrote
    if (cell && seen !== asked.code && seen !== code) {
      cell.setSource(code);
    }
  };
  return { seen, show };
}
