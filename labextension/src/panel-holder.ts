/** The tab in the side bar: light, and the panel's code is loaded when it is shown first. */
import { Panel } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';
import type { Opened } from './commands';
import { agentIcon } from './icons';

export class PanelHolder extends Panel {
  constructor(
    private readonly _load: () => Promise<Opened>,
    name: string
  ) {
    super();
    this.id = 'codeact-panel-holder';
    this.addClass('codeact-PanelHolder');
    this.title.icon = agentIcon;
    this.title.caption = name;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', name);
  }

  /** The panel; it is made when this is asked for the first time. */
  opened(): Promise<Opened> {
    this._opened ??= this._load().then(opened => {
      this.addWidget(opened.panel);
      return opened;
    });
    return this._opened;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.opened();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    void this.opened().then(({ panel }) => panel.activate());
  }

  private _opened: Promise<Opened> | null = null;
}
