/** What the components of the panel are given by JupyterLab and by our plugins. */
import type { IEditorServices } from '@jupyterlab/codeeditor';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { createContext, useContext } from 'react';
import type { PanelModel } from '../panel-model';

export interface Services {
  readonly model: PanelModel;
  readonly trans: TranslationBundle;
  /** Renders a model's words, with walls around them. */
  readonly rendermime: IRenderMimeRegistry;
  readonly languages: IEditorLanguageRegistry;
  readonly editors: IEditorServices;
  readonly commands: CommandRegistry;
  readonly contents: Contents.IManager;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) {
    throw new Error('a component of the panel needs its services around it');
  }
  return services;
}
