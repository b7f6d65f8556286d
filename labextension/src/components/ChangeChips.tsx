/** What an action changed in the namespace. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';
import type { Change, Variable } from '../protocol';
import { useServices } from './services';
import { described } from './words';

/** More are counted, not listed. */
const MOST = 6;

interface Chip {
  readonly kind: 'added' | 'changed' | 'deleted';
  readonly name: string;
  readonly detail: string;
  /** What is only said when it is pointed at. */
  readonly more: string;
}

export const ChangeChips = memo(function ChangeChips({ change }: { change: Change }) {
  const { trans } = useServices();
  const chips = chipsOf(change);
  if (chips.length === 0) {
    return null;
  }
  const more = chips.length - MOST;
  return (
    <ul className="codeact-Chips" aria-label={trans.__('Variables that changed')}>
      {chips.slice(0, MOST).map(chip => (
        <li key={chip.name} className="codeact-Chip" data-kind={chip.kind} title={title(trans, chip)}>
          <span className="codeact-Chip-name">{chip.name}</span>
          <span className="codeact-Chip-detail">{chip.detail}</span>
        </li>
      ))}
      {more > 0 && (
        <li className="codeact-Chip-more">{trans._n('%1 more', '%1 more', more, more)}</li>
      )}
    </ul>
  );
});

function chipsOf({ added, changed, deleted }: Change): readonly Chip[] {
  const chip = (kind: Chip['kind'], variable: Variable) => ({
    kind,
    name: variable.name,
    detail: described(variable),
    more: [variable.type, variable.detail].filter(Boolean).join(' · ')
  });
  return [
    ...added.map(each => chip('added', each)),
    ...changed.map(each => chip('changed', each)),
    ...deleted.map(name => ({ kind: 'deleted' as const, name, detail: '', more: '' }))
  ];
}

function title(trans: TranslationBundle, { kind, name, more }: Chip): string {
  switch (kind) {
    case 'added':
      return trans.__('New: %1, %2', name, more);
    case 'changed':
      return trans.__('Changed: %1, %2', name, more);
    case 'deleted':
      return trans.__('Deleted: %1', name);
  }
}
