/** The conversations of one notebook: its turns, grouped. Pure. */
import type { TurnView } from './run-model';

export interface ConversationView {
  /** The id: the run of its first turn. */
  readonly id: string;
  /** The name that the person gave it, or its first task. */
  readonly name: string;
  readonly turns: readonly TurnView[];
}

/** The conversations of a notebook, the one that went on last at the end. */
export function conversationsOf(
  turns: readonly TurnView[],
  names: Readonly<Record<string, string>> = {}
): readonly ConversationView[] {
  const groups = new Map<string, TurnView[]>();
  for (const turn of turns) {
    const id = turn.conversation || turn.run;
    const group = groups.get(id) ?? [];
    groups.delete(id); // the one that went on last comes last
    groups.set(id, [...group, turn]);
  }
  return Array.from(groups, ([id, group]) => ({
    id,
    name: names[id] || firstLine(group[0].task),
    turns: group
  }));
}

/** Whether a conversation speaks of what was searched for. */
export function speaksOf(conversation: ConversationView, words: string): boolean {
  const text = [conversation.name, ...conversation.turns.map(turn => turn.task)].join(' ');
  const said = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every(word => said.includes(word));
}

export function isGoingOn({ state }: Pick<TurnView, 'state'>): boolean {
  return state === 'running' || state === 'waiting';
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0];
}
