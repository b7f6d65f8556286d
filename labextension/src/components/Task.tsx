/** What the person asked for, and what they gave along: folded, for they know it. */
import { memo } from 'react';
import { taskParts } from './task-parts';

export const Task = memo(function Task({ task }: { task: string }) {
  const { words, given } = taskParts(task);
  return (
    <div className="codeact-Task">
      {words}
      {given.map(({ title, text }, place) => (
        <details key={place}>
          <summary>{title}</summary>
          <pre>{text}</pre>
        </details>
      ))}
    </div>
  );
});
