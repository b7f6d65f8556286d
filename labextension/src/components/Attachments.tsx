/** What goes along with the task that is being written. */
import { closeIcon } from '@jupyterlab/ui-components';
import type { Attachment } from '../draft';
import { useServices } from './services';

export interface AttachmentsProps {
  attachments: readonly Attachment[];
  onRemove: (key: string) => void;
}

export function Attachments({ attachments, onRemove }: AttachmentsProps) {
  const { trans } = useServices();
  if (attachments.length === 0) {
    return null;
  }
  return (
    <ul className="codeact-Attachments" aria-label={trans.__('Goes along with the task')}>
      {attachments.map(each => (
        <li key={each.key} title={each.kind === 'image' ? each.title : each.text.slice(0, 500)}>
          {each.kind === 'image' && (
            <img src={`data:${each.mime};base64,${each.data}`} alt="" />
          )}
          <span>{each.title}</span>
          <button
            type="button"
            aria-label={trans.__('Take %1 away', each.title)}
            onClick={() => onRemove(each.key)}
          >
            <closeIcon.react tag="span" width="12px" height="12px" aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}
