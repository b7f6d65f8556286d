/** The list below an `@` that is being written; the keys are the composer's. */
import { fileIcon, notebookIcon, variableIcon } from '@jupyterlab/ui-components';
import { useServices } from './services';
import type { Mentioning } from './use-mentions';

const ICONS = { variable: variableIcon, cell: notebookIcon, file: fileIcon };

export interface MentionMenuProps {
  id: string;
  mentioning: Mentioning;
}

export function MentionMenu({ id, mentioning }: MentionMenuProps) {
  const { trans } = useServices();
  const { mentions, selected } = mentioning;
  return (
    <ul id={id} className="codeact-Mentions" role="listbox" aria-label={trans.__('Mention')}>
      {mentions.map((mention, place) => {
        const Icon = ICONS[mention.kind];
        return (
          <li
            key={`${mention.kind} ${mention.label} ${mention.cell ?? ''}`}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === selected}
            ref={node => {
              if (place === selected) {
                node?.scrollIntoView({ block: 'nearest' });
              }
            }}
            onMouseDown={event => {
              event.preventDefault(); // the composer keeps the focus
              mentioning.choose(mention);
            }}
          >
            <Icon.react tag="span" width="14px" height="14px" aria-hidden="true" />
            <span className="codeact-Mentions-label">{mention.label}</span>
            <span className="codeact-Mentions-detail">{mention.detail}</span>
          </li>
        );
      })}
    </ul>
  );
}
