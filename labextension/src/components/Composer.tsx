/** Where the person writes a task. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, runIcon } from '@jupyterlab/ui-components';
import { type DragEvent, type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import type { Dialogue } from '../dialogue';
import { addCellIcon, pictureIcon } from '../icons';
import { Attachments } from './Attachments';
import { activeContext, pictureOf, PICTURES } from './attaching';
import { TaskHistory } from './history';
import { IconButton } from './IconButton';
import { MentionMenu } from './MentionMenu';
import { ApprovalPicker, ModelPicker } from './Pickers';
import { useServices } from './services';
import { taskParts } from './task-parts';
import { useDraft } from './use-draft';
import { useMentions } from './use-mentions';

const MENU = 'codeact-mentions';

export function Composer({ dialogue }: { dialogue: Dialogue }) {
  const { trans } = useServices();
  const [dragged, setDragged] = useState(false);
  const { attachments } = dialogue.draft;
  const addPictures = (files: Iterable<File>) => {
    const pictures = Array.from(files).filter(file => PICTURES.includes(file.type));
    pictures.forEach(file => void pictureOf(file).then(picture => dialogue.attach(picture)));
    return pictures.length > 0;
  };
  const onDrag = (event: DragEvent, over: boolean) => {
    event.preventDefault();
    setDragged(over);
  };
  return (
    <div
      className="codeact-Composer"
      role="group"
      aria-label={trans.__('New task')}
      data-dragged={dragged}
      onDragOver={event => onDrag(event, true)}
      onDragLeave={event => onDrag(event, false)}
      onDrop={event => {
        onDrag(event, false);
        addPictures(event.dataTransfer.files);
      }}
    >
      <Attachments
        attachments={attachments}
        onRemove={key => {
          const kept = attachments.filter(each => each.key !== key);
          dialogue.draft = { ...dialogue.draft, attachments: kept };
        }}
      />
      <TaskField dialogue={dialogue} onPictures={addPictures} />
      <Bar dialogue={dialogue} onPictures={addPictures} />
    </div>
  );
}

interface PartProps {
  dialogue: Dialogue;
  /** Takes the pictures among these files; whether there was one. */
  onPictures: (files: Iterable<File>) => boolean;
}

function TaskField({ dialogue, onPictures }: PartProps) {
  const { trans } = useServices();
  const field = useRef<HTMLTextAreaElement>(null);
  const { draft, caret, write, setCaret } = useDraft(dialogue, field);
  const mentioning = useMentions(draft.text, caret, write);
  const onHistory = useHistory(dialogue, draft.text, write);
  useGrowing(field, draft.text);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) {
      return; // the key belongs to the input method
    }
    if (mentioning.takes(event) || onHistory(event)) {
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void dialogue.send();
    }
  };
  const open = mentioning.mentions.length > 0;
  return (
    <>
      {open && <MentionMenu id={MENU} mentioning={mentioning} />}
      <textarea
        ref={field}
        rows={1}
        className="codeact-Composer-text"
        value={draft.text}
        placeholder={hint(trans, dialogue)}
        aria-label={trans.__('Task for the agent')}
        {...comboBox(open, mentioning.selected)}
        onChange={event => write(event.target.value, event.target.selectionStart)}
        onSelect={event => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
        onPaste={event => onPictures(event.clipboardData.files) && event.preventDefault()}
      />
    </>
  );
}

/** What tells a screen reader of the menu below the text. */
function comboBox(open: boolean, selected: number) {
  return {
    role: 'combobox',
    'aria-expanded': open,
    'aria-controls': MENU,
    'aria-activedescendant': open ? `${MENU}-${selected}` : undefined
  };
}

function hint(trans: TranslationBundle, dialogue: Dialogue): string {
  return dialogue.going
    ? trans.__('The next task waits for the end of this one')
    : trans.__('Write a task. @ mentions variables, cells, files');
}

function Bar({ dialogue, onPictures }: PartProps) {
  const { model, trans } = useServices();
  const running = dialogue.going !== null;
  return (
    <div className="codeact-Composer-bar">
      <Adders dialogue={dialogue} onPictures={onPictures} />
      <ModelPicker model={model} />
      <ApprovalPicker model={model} />
      <IconButton
        icon={running ? addIcon : runIcon}
        className="codeact-mod-send"
        label={running ? trans.__('Queue (Enter)') : trans.__('Send (Enter)')}
        disabled={!dialogue.draft.text.trim()}
        onClick={() => void dialogue.send()}
      />
    </div>
  );
}

function Adders({ dialogue, onPictures }: PartProps) {
  const { trans } = useServices();
  const picker = useRef<HTMLInputElement>(null);
  const addActive = () => {
    const context = activeContext(dialogue.notebook, trans);
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
      const tasks = new TaskHistory(turns.map(turn => taskParts(turn.task).words));
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
