/** The person's settings of the panel, as the schema lists them. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import * as read from './reading';

export const APPROVALS = ['', 'ask', 'risky', 'never'] as const;
export type ApprovalMode = (typeof APPROVALS)[number];

export interface PanelSettings {
  /** Where the cells of a run that the panel started go. */
  readonly insertCells: 'end' | 'below-active';
  readonly foldThoughts: boolean;
  /** Empty: what the server is set to. */
  readonly model: string;
  /** Empty: what the server is set to. */
  readonly approve: ApprovalMode;
  /** Of each run; those that are not here are as the server is set. */
  readonly limits: Readonly<Record<string, number>>;
}

const LIMITS = { maxSteps: 'max_steps', maxCost: 'max_cost', maxSeconds: 'max_seconds' } as const;

export function panelSettings(settings: ISettingRegistry.ISettings | null): PanelSettings {
  const from = read.record(settings?.composite);
  return {
    insertCells: read.oneOf(['end', 'below-active'] as const, from.insertCells, 'end'),
    foldThoughts: from.foldThoughts === true,
    model: read.text(from.model),
    approve: read.oneOf(APPROVALS, from.approve, ''),
    limits: Object.fromEntries(
      Object.entries(LIMITS)
        .map(([name, option]) => [option, read.number(from[name])] as const)
        .filter(([, limit]) => limit > 0)
    )
  };
}
