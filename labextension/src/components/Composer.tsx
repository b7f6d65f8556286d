/** Where the person writes a task. */
import { addIcon, runIcon } from '@jupyterlab/ui-components';
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import type { Dialogue } from '../dialogue';
import { addCellIcon, pictureIcon } from '../icons';
import { Attachments } from './Attachments';
import { activeContext, pictureOf, PICTURES } from './attaching';
import { TaskHistory } from './history';
import { IconButton } from './IconButton';
import { MentionMenu } from './MentionMenu';
import { ApprovalPicker, ModelPicker } from './Pickers';
import { useServices } from './services';
import { useDraft } from './use-draft';
import { useMentions } from './use-mentions';

const MENU = 'codeact-mentions';

export function Composer({ dialogue }: { dialogue: Dialogue }) {
  const { model, trans } = useServices();
  const field = useRef<HTMLTextAreaElement>(null);
  const { draft, caret, write, setCaret } = useDraft(dialogue, field);
  const mentioning = useMentions(draft.text, caret, write);
  const onHistory = useHistory(dialogue, draft.text, write);
  const [dragged, setDragged] = useState(false);
  useGrowing(field, draft.text);

  const send = () => void dialogue.send();
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) {
      return; // the key belongs to the input method
    }
    const sends = event.key === 'Enter' && !event.shiftKey && !event.altKey;
    if (mentioning.takes(event) || onHistory(event)) {
      event.preventDefault();
    } else if (sends) {
      event.preventDefault();
      send();
    }
  };
  const addPictures = (files: Iterable<File>) => {
    const pictures = Array.from(files).filter(file => PICTURES.includes(file.type));
    pictures.forEach(file => void pictureOf(file).then(picture => dialogue.attach(picture)));
    return pictures.length > 0;
  };
  const onPaste = (event: ClipboardEvent) => {
    if (addPictures(event.clipboardData.files)) {
      event.preventDefault();
    }
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragged(false);
    addPictures(event.dataTransfer.files);
  };
  const running = dialogue.going !== null;
  const hint = running
    ? trans.__('Write the next task: it waits for the end of this one')
    : trans.__('Write a task. @ mentions variables, cells and files');
  const open = mentioning.mentions.length > 0;
  return (
    <div
      className="codeact-Composer"
      data-dragged={dragged}
      onDragOver={event => {
        event.preventDefault();
        setDragged(true);
      }}
      onDragLeave={() => setDragged(false)}
      onDrop={onDrop}
    >
      {open && (
        <MentionMenu
          id={MENU}
          mentions={mentioning.mentions}
          selected={mentioning.selected}
          onChoose={mentioning.choose}
        />
      )}
      <Attachments
        attachments={draft.attachments}
        onRemove={key => {
          const attachments = draft.attachments.filter(each => each.key !== key);
          dialogue.draft = { ...draft, attachments };
        }}
      />
      <textarea
        ref={field}
        rows={1}
        className="codeact-Composer-text"
        value={draft.text}
        placeholder={hint}
        aria-label={trans.__('Task for the agent')}
        role="combobox"
        aria-expanded={open}
        aria-controls={MENU}
        aria-activedescendant={open ? `${MENU}-${mentioning.selected}` : undefined}
        onChange={event => write(event.target.value, event.target.selectionStart)}
        onSelect={event => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="codeact-Composer-bar">
        <Adders dialogue={dialogue} onPictures={addPictures} />
        <ModelPicker model={model} />
        <ApprovalPicker model={model} />
        <IconButton
          icon={running ? addIcon : runIcon}
          className="codeact-mod-send"
          label={running ? trans.__('Queue (Enter)') : trans.__('Send (Enter)')}
          disabled={!draft.text.trim()}
          onClick={send}
        />
      </div>
    </div>
  );
}

interface AddersProps {
  dialogue: Dialogue;
  onPictures: (files: Iterable<File>) => void;
}

function Adders({ dialogue, onPictures }: AddersProps) {
  const { trans } = useServices();
  const picker = useRef<HTMLInputElement>(null);
  const addActive = () => {
    const context = activeContext(dialogue.notebook);
    if (context) {
      dialogue.attach(context);
    }
  };
  return (
    <>
      <IconButton
        icon={addCellIcon}
        label={trans.__('Add the selected cell, or the text selected in it')}
        onClick={addActive}
      />
      <IconButton
        icon={pictureIcon}
        label={trans.__('Add a picture (or paste one)')}
        onClick={() => picker.current?.click()}
      />
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={PICTURES.join(',')}
        onChange={event => {
          onPictures(event.target.files ?? []);
          event.target.value = '';
        }}
      />
    </>
  );
}

/** Up at the very beginning and down at the very end walk through the tasks sent before. */
function useHistory(
  dialogue: Dialogue,
  text: string,
  write: (text: string, caret: number) => void
): (event: KeyboardEvent<HTMLTextAreaElement>) => boolean {
  const history = useRef<{ count: number; tasks: TaskHistory } | null>(null);
  return event => {
    const { key, currentTarget: field } = event;
    const turns = dialogue.turns;
    if (history.current?.count !== turns.length) {
      const tasks = new TaskHistory(turns.map(turn => turn.task));
      history.current = { count: turns.length, tasks };
    }
    const { tasks } = history.current;
    const plain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    const atStart = text === '' || field.selectionEnd === 0 || tasks.isWalking;
    const found =
      plain && key === 'ArrowUp' && atStart && !text.slice(0, field.selectionStart).includes('\n')
        ? tasks.back(text)
        : plain && key === 'ArrowDown' && tasks.isWalking
          ? tasks.forth()
          : null;
    if (found !== null) {
      write(found, found.length);
    }
    return found !== null;
  };
}

/** As many lines as the text has, up to what the style allows. */
function useGrowing(field: React.RefObject<HTMLTextAreaElement>, text: string): void {
  useLayoutEffect(() => {
    const node = field.current;
    if (node) {
      node.style.height = 'auto';
      node.style.height = `${node.scrollHeight}px`;
    }
  }, [field, text]);
}
