/**
 * The order of a run's cells, which their ids tell: `{run}-{step}-{role}`. Pure.
 *
 * So the place of a cell in its run is known before anything else of it is: an execution may begin
 * before the frame of its cell has come, and in a shared document before that of the cell above it.
 */
const ROLES = ['task', 'thought', 'action', 'answer'];
const ID = new RegExp(`^([^-]+)-(\\d+)-(${ROLES.join('|')})$`);

/** The run that a cell with this id is of; empty for the person's cells. */
export function runOf(id: string): string {
  return ID.exec(id)?.[1] ?? '';
}

/** Whether the cell `one` comes before the cell `other` of the same run. */
export function comesBefore(one: string, other: string): boolean {
  const [step, role] = place(one);
  const [otherStep, otherRole] = place(other);
  return step < otherStep || (step === otherStep && role < otherRole);
}

/** A cell that is not named as ours are comes last. */
function place(id: string): readonly [number, number] {
  const [, , step, role] = ID.exec(id) ?? [];
  return step ? [Number(step), ROLES.indexOf(role)] : [Infinity, 0];
}
