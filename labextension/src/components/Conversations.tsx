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
  const { conversation, shown, onRename, onDelete } = props;
  const { trans } = useServices();
  const [naming, setNaming] = useState(false);
  const { id, name } = conversation;
  return (
    <li className="codeact-Conversation" aria-current={id === shown}>
      {naming ? (
        <NameField
          name={name}
          onName={given => {
            setNaming(false);
            if (given !== null) {
              onRename(id, given);
            }
          }}
        />
      ) : (
        <Opener {...props} />
      )}
      <IconButton icon={editIcon} label={trans.__('Rename')} onClick={() => setNaming(true)} />
      <IconButton
        icon={deleteIcon}
        label={trans.__('Delete with its cells')}
        onClick={() => onDelete(conversation)}
      />
    </li>
  );
}

function Opener({ conversation, onOpen }: ConversationsProps & { conversation: ConversationView }) {
  const { trans } = useServices();
  const { id, name, turns } = conversation;
  return (
    <button type="button" className="codeact-Conversation-open" onClick={() => onOpen(id)}>
      <span className="codeact-Conversation-name">{name}</span>
      <span className="codeact-Conversation-facts">
        {trans._n('%1 task', '%1 tasks', turns.length, turns.length)}
        {' · '}
        {day(turns[turns.length - 1].started)}
      </span>
    </button>
  );
}

/** Tells the name that was given, or null when the person thought better of it. */
function NameField({ name, onName }: { name: string; onName: (name: string | null) => void }) {
  const { trans } = useServices();
  const [given, setGiven] = useState(name);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      onName(given.trim());
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      onName(null);
    }
  };
  return (
    <input
      autoFocus
      className="codeact-Field"
      aria-label={trans.__('Name of the conversation')}
      value={given}
      onChange={event => setGiven(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => onName(null)}
    />
  );
}

function day(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? ''
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
