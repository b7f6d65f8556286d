/** The panel as a whole, for the active notebook. */
import { closeIcon } from '@jupyterlab/ui-components';
import { useCallback, useState } from 'react';
import { PanelCommandIds } from '../commands';
import type { Dialogue } from '../dialogue';
import { useChanges } from './changes';
import { Composer } from './Composer';
import { Conversations } from './Conversations';
import { Header } from './Header';
import { IconButton } from './IconButton';
import { MeterLine } from './MeterLine';
import { Progress } from './Progress';
import { Rebuild } from './Rebuild';
import { useServices } from './services';
import { TurnList } from './TurnList';
import { Undone } from './Undo';
import { Welcome } from './Welcome';

export function View() {
  const { model } = useServices();
  useChanges(model.changed);
  const { dialogue } = model;
  return dialogue ? (
    <DialogueView key={dialogue.notebook.id} dialogue={dialogue} />
  ) : (
    <Welcome model={model} />
  );
}

function DialogueView({ dialogue }: { dialogue: Dialogue }) {
  const { model } = useServices();
  useChanges(dialogue.changed);
  const [listed, setListed] = useState(false);
  const { conversation, turns } = dialogue;
  const onNew = useCallback(() => {
    setListed(false);
    dialogue.choose();
  }, [dialogue]);
  const onList = useCallback(() => setListed(shown => !shown), []);
  const body =
    turns.length > 0 ? (
      <TurnList
        key={conversation?.id}
        turns={turns}
        foldThoughts={model.settings.foldThoughts}
        path={dialogue.notebook.context.localPath}
      />
    ) : (
      <>
        <Welcome model={model} />
        <Undone shown={turns} />
      </>
    );
  return (
    <>
      <Header
        notebook={dialogue.notebook.title.label}
        conversation={conversation?.name ?? ''}
        walls={dialogue.runs.walls}
        begun={turns.length > 0}
        going={dialogue.going !== null}
        listed={listed}
        onNew={onNew}
        onList={onList}
      />
      {listed ? <List dialogue={dialogue} onClose={() => setListed(false)} /> : body}
      <Foot dialogue={dialogue} />
    </>
  );
}

function List({ dialogue, onClose }: { dialogue: Dialogue; onClose: () => void }) {
  const { commands } = useServices();
  return (
    <Conversations
      conversations={dialogue.conversations}
      shown={dialogue.conversation?.id ?? ''}
      onOpen={id => {
        dialogue.choose(id);
        onClose();
      }}
      onRename={(id, name) => void commands.execute(PanelCommandIds.rename, { id, name })}
      onDelete={({ id }) => void commands.execute(PanelCommandIds.deleteConversation, { id })}
      onClose={onClose}
    />
  );
}

function Foot({ dialogue }: { dialogue: Dialogue }) {
  const { trans } = useServices();
  const { going, queued, trouble, turns } = dialogue;
  const last = turns[turns.length - 1];
  return (
    <footer className="codeact-Foot">
      {going && <Progress turn={going} />}
      {queued.length > 0 && (
        <ol className="codeact-Queue" aria-label={trans.__('Tasks that wait')}>
          {queued.map((task, place) => (
            <li key={place}>{trans.__('Next: %1', task)}</li>
          ))}
        </ol>
      )}
      {trouble && (
        <div className="codeact-Trouble codeact-mod-foot" role="alert">
          <p>{trouble}</p>
          <IconButton
            icon={closeIcon}
            label={trans.__('Dismiss')}
            onClick={() => dialogue.dismiss()}
          />
        </div>
      )}
      <Rebuild rebuilding={dialogue.rebuilding} />
      <Composer dialogue={dialogue} />
      {last && <MeterLine meter={last.meter} />}
    </footer>
  );
}
