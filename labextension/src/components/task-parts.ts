/** A task as it was sent: the person's words, and behind them what they gave along. Pure. */

export interface TaskParts {
  readonly words: string;
  readonly given: readonly { readonly title: string; readonly text: string }[];
}

/** The server puts each thing that was given between `<title>` and `</title>` behind the words. */
const LAST = /\n\n<([^\n<>]+)>\n((?:(?!\n<\/\1>)[\s\S])*)\n<\/\1>$/;

export function taskParts(task: string): TaskParts {
  const found = LAST.exec(task);
  if (!found) {
    return { words: task, given: [] };
  }
  const [, title, text] = found;
  const { words, given } = taskParts(task.slice(0, found.index));
  return { words, given: [...given, { title, text }] };
}
