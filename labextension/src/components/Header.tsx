/** Which conversation is shown, and what can be done with it as a whole. */
import { addIcon, downloadIcon, historyIcon, MenuSvg } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { memo, type MouseEvent } from 'react';
import { EXPORTS, PanelCommandIds } from '../commands';
import { IconButton } from './IconButton';
import { useServices } from './services';

export interface HeaderProps {
  notebook: string;
  conversation: string;
  /** Its kernel is in a sandbox. */
  walled: boolean;
  /** There is a conversation to leave, or to export. */
  begun: boolean;
  /** A run goes on: what is written now continues it. */
  going: boolean;
  listed: boolean;
  onNew: () => void;
  onList: () => void;
}

export const Header = memo(function Header(props: HeaderProps) {
  const { notebook, conversation, walled, begun, going, listed, onNew, onList } = props;
  const { commands, trans } = useServices();
  const onExport = ({ currentTarget }: MouseEvent<HTMLButtonElement>) => {
    const { right, bottom } = currentTarget.getBoundingClientRect();
    exportMenu(commands).open(right, bottom, { horizontalAlignment: 'right' });
  };
  return (
    <header className="codeact-Header">
      <div className="codeact-Header-names" title={[notebook, conversation].join('\n')}>
        <span className="codeact-Header-notebook">{notebook}</span>
        {walled && <span className="codeact-Header-walled">{trans.__('sandbox')}</span>}
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
        icon={downloadIcon}
        label={trans.__('Export the conversation')}
        disabled={!begun}
        onClick={onExport}
      />
    </header>
  );
});

function exportMenu(commands: CommandRegistry): MenuSvg {
  const menu = new MenuSvg({ commands });
  EXPORTS.forEach(args => menu.addItem({ command: PanelCommandIds.exportAs, args: { ...args, inMenu: true } }));
  return menu;
}
