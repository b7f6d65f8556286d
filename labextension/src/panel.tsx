/** The chat panel: a widget for the side of JupyterLab around the components. */
import { ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { JSX } from 'react';
import { type Services, ServicesContext } from './components/services';
import { View } from './components/View';
import { modelWordsRendermime } from './markdown';
import { PanelModel } from './panel-model';

export class ChatPanel extends ReactWidget {
  constructor(private readonly _services: Services) {
    super();
    this.id = 'codeact-panel';
    this.addClass('codeact-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _services.trans.__('Agent'));
    this.title.caption = _services.trans.__('Agent: work on the notebook in words');
  }

  /** Put the caret where a task is written. */
  compose(): void {
    this.node.querySelector('textarea')?.focus();
  }

  /** Scroll to a step of a run, and mark it for a moment; the focus goes to what it asks. */
  showStep(run: string, step: number): void {
    const found = this.node.querySelector(
      `[data-run="${CSS.escape(run)}"][data-step="${Number(step)}"]`
    );
    found?.querySelector<HTMLElement>('.codeact-Approval, .codeact-Input input')?.focus();
    found?.scrollIntoView({ block: 'center' });
    found?.classList.add('codeact-mod-shown');
    setTimeout(() => found?.classList.remove('codeact-mod-shown'), 1500);
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.compose();
  }

  protected override render(): JSX.Element {
    return (
      <ServicesContext.Provider value={this._services}>
        <View />
      </ServicesContext.Provider>
    );
  }
}

/** The panel's model; here, so that it is loaded with the panel and not before. */
export function makePanelModel(...given: ConstructorParameters<typeof PanelModel>): PanelModel {
  return new PanelModel(...given);
}

/** The panel; of JupyterLab's rendermime it uses a copy with walls around a model's words. */
export function makePanel(given: Services): ChatPanel {
  const rendermime = modelWordsRendermime(given.rendermime, given.languages);
  return new ChatPanel({ ...given, rendermime });
}
