/** Which model works, and what it may run without asking. */
import type { PanelModel } from '../panel-model';
import { APPROVALS, type ApprovalMode } from '../panel-settings';
import { useServices } from './services';

export function ModelPicker({ model }: { model: PanelModel }) {
  const { trans } = useServices();
  const { status, settings } = model;
  const chosen = settings.model || status?.model || '';
  const others = [status?.model ?? '', ...(status?.models ?? []), 'demo', chosen].filter(Boolean);
  const unknown = status ? trans.__('no model') : '…'; // not the first that there is to choose
  return (
    <select
      className="codeact-Picker"
      aria-label={trans.__('Model')}
      title={trans.__('The model that works: %1', chosen)}
      value={chosen}
      onChange={event => void model.set({ model: event.target.value })}
    >
      {!chosen && <option value="">{unknown}</option>}
      {Array.from(new Set(others), name => (
        <option key={name} value={name}>
          {name.replace(/^claude-/, '')}
        </option>
      ))}
    </select>
  );
}

export function ApprovalPicker({ model }: { model: PanelModel }) {
  const { trans } = useServices();
  const words: Readonly<Record<ApprovalMode, string>> = {
    '': trans.__('as set'),
    ask: trans.__('ask always'),
    risky: trans.__('ask if risky'),
    never: trans.__('never ask')
  };
  const { settings, status } = model;
  const known = APPROVALS.find(mode => mode && mode === status?.approve);
  return (
    <select
      className="codeact-Picker"
      aria-label={trans.__('When to ask before code runs')}
      title={trans.__('When to ask before code runs')}
      value={settings.approve || known || ''}
      onChange={event => void model.set({ approve: event.target.value as ApprovalMode })}
    >
      {APPROVALS.filter(mode => mode || !known).map(mode => (
        <option key={mode} value={mode}>
          {words[mode]}
        </option>
      ))}
    </select>
  );
}
