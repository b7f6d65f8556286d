/** The conversations of the notebook: search, open, rename, delete. */
import { deleteIcon, editIcon } from '@jupyterlab/ui-components';
import { type KeyboardEvent, useState } from 'react';
import { type ConversationView, speaksOf } from '../conversations';
import { IconButton } from './IconButton';
import { useServices } from './services';

export interface ConversationsProps {
  conversations: readonly ConversationView[];
  shown: string;
  onOpen: (id: string) => void;
  onRename: (id: string, name: string) => void;
  onDelete: (conversation: ConversationView) => void;
  onClose: () => void;
}

export function Conversations(props: ConversationsProps) {
  const { conversations, onClose } = props;
  const { trans } = useServices();
  const [words, setWords] = useState('');
  const found = [...conversations].reverse().filter(each => speaksOf(each, words));
  const label = trans.__('Search conversations');
  return (
    <div
      className="codeact-Conversations"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          onClose();
        }
      }}
    >
      <input
        autoFocus
        type="search"
        className="codeact-Field"
        placeholder={label}
        aria-label={label}
        value={words}
        onChange={event => setWords(event.target.value)}
      />
      <ul>
        {found.map(conversation => (
          <Row key={conversation.id} conversation={conversation} {...props} />
        ))}
      </ul>
      {found.length === 0 && (
        <p className="codeact-Line">
          {conversations.length > 0
            ? trans.__('None speaks of that.')
            : trans.__('This notebook has no conversation yet.')}
        </p>
      )}
    </div>
  );
}

function Row(props: ConversationsProps & { conversation: ConversationView }) {
  const { conversation, shown, onOpen, onRename, onDelete } = props;
  const { trans } = useServices();
  const [name, setName] = useState<string | null>(null);
  const { id, turns } = conversation;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && name !== null) {
      onRename(id, name.trim());
      setName(null);
    } else if (event.key === 'Escape' && name !== null) {
      event.stopPropagation();
      setName(null);
    }
  };
  return (
    <li className="codeact-Conversation" aria-current={id === shown}>
      {name === null ? (
        <button type="button" className="codeact-Conversation-open" onClick={() => onOpen(id)}>
          <span className="codeact-Conversation-name">{conversation.name}</span>
          <span className="codeact-Conversation-facts">
            {trans._n('%1 task', '%1 tasks', turns.length, turns.length)}
            {' · '}
            {day(turns[turns.length - 1].started)}
          </span>
        </button>
      ) : (
        <input
          autoFocus
          className="codeact-Field"
          aria-label={trans.__('Name of the conversation')}
          value={name}
          onChange={event => setName(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => setName(null)}
        />
      )}
      <IconButton
        icon={editIcon}
        label={trans.__('Rename')}
        onClick={() => setName(conversation.name)}
      />
      <IconButton
        icon={deleteIcon}
        label={trans.__('Delete with its cells')}
        onClick={() => onDelete(conversation)}
      />
    </li>
  );
}

function day(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? ''
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
