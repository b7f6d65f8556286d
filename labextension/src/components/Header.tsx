/** Which conversation is shown, and what can be done with it as a whole. */
import { addIcon, downloadIcon, historyIcon, MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { memo, type MouseEvent } from 'react';
import { EXPORTS, PanelCommandIds } from '../commands';
import { permissionsIcon } from '../icons';
import type { Walls } from '../walls';
import { askOfWalls } from '../walls-dialog';
import { nameOf, strengthOf, wordsOf } from '../walls-words';
import { useChanges } from './changes';
import { IconButton } from './IconButton';
import { useServices } from './services';

export interface HeaderProps {
  notebook: string;
  conversation: string;
  walls: Walls;
  /** There is a conversation to leave, or to export. */
  begun: boolean;
  /** A run goes on: what is written now continues it. */
  going: boolean;
  listed: boolean;
  onNew: () => void;
  onList: () => void;
}

export const Header = memo(function Header(props: HeaderProps) {
  const { notebook, conversation, walls, begun, going, listed, onNew, onList } = props;
  const { commands, trans } = useServices();
  const onExport = ({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
    const { right, bottom } = currentTarget.getBoundingClientRect();
    exportMenu(commands).open(right, bottom, { horizontalAlignment: 'right' });
  };
  return (
    <header className="codeact-Header">
      <div className="codeact-Header-names" title={[notebook, conversation].join('\n')}>
        <span className="codeact-Header-notebook">{notebook}</span>
        <WallsMark walls={walls} />
        {conversation && <span className="codeact-Header-conversation">{conversation}</span>}
      </div>
      <IconButton
        icon={addIcon}
        label={trans.__('New conversation')}
        disabled={!begun || going}
        onClick={onNew}
      />
      <IconButton
        icon={historyIcon}
        label={trans.__('Conversations of this notebook')}
        pressed={listed}
        onClick={onList}
      />
      <IconButton
        icon={permissionsIcon}
        label={trans.__('What the agent may do')}
        onClick={() => void commands.execute(PanelCommandIds.approvals)}
      />
      <IconButton
        icon={downloadIcon}
        label={trans.__('Export the conversation')}
        disabled={!begun}
        onClick={onExport}
      />
    </header>
  );
});

function WallsMark({ walls }: { walls: Walls }) {
  const { trans } = useServices();
  useChanges(walls.changed);
  return walls.stand ? (
    <button
      type="button"
      className="codeact-SandboxMark"
      data-strength={strengthOf(walls)}
      title={wordsOf(walls, trans)}
      aria-haspopup="dialog"
      onClick={() => void askOfWalls(walls, trans)}
    >
      {nameOf(walls, trans)}
    </button>
  ) : null;
}

function exportMenu(commands: CommandRegistry): MenuSvg {
  const menu = new MenuSvg({ commands });
  EXPORTS.forEach(args => menu.addItem({ command: PanelCommandIds.exportAs, args: { ...args, inMenu: true } }));
  return menu;
}
