/** Where the focus goes when the agent asks something. */

/**
 * Move the focus to a question, if the person is in the panel and is not writing there.
 *
 * Elsewhere they may be typing code; it would be taken for an answer.
 */
export function takesFocus(question: HTMLElement | null): void {
  const active = document.activeElement;
  const panel = question?.closest('.codeact-Panel');
  const writes = active instanceof HTMLTextAreaElement && active.value !== '';
  if (question && active && panel?.contains(active) && !writes) {
    question.focus();
  }
}
