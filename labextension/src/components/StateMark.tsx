/** How a step stands, at a glance: a shape and a colour, and a word for those who see neither. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { checkIcon, closeIcon, infoIcon, stopIcon, userIcon } from '@jupyterlab/ui-components';
import type { StepState } from '../protocol';

export function StateMark({ state, label }: { state: StepState; label: string }) {
  const Icon = ICONS[state];
  return (
    <span className="codeact-StateMark" data-state={state} role="img" aria-label={label} title={label}>
      {Icon ? (
        <Icon.react tag="span" width="14px" height="14px" />
      ) : (
        <span className="codeact-Spinner" />
      )}
    </span>
  );
}

const ICONS = {
  thinking: null,
  running: null,
  waiting: userIcon,
  ok: checkIcon,
  error: closeIcon,
  interrupted: stopIcon,
  rejected: stopIcon,
  unknown: infoIcon
};

/** A word for each state of a step. */
export function stepWord(trans: TranslationBundle, state: StepState): string {
  switch (state) {
    case 'thinking':
      return trans.__('writing');
    case 'waiting':
      return trans.__('waits for you');
    case 'running':
      return trans.__('running');
    case 'ok':
      return trans.__('done');
    case 'error':
      return trans.__('error');
    case 'interrupted':
      return trans.__('interrupted');
    case 'rejected':
      return trans.__('not run');
    case 'unknown':
      return trans.__('outcome unknown');
  }
}
