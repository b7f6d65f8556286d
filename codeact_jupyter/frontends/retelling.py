"""Steps of a run that is over, shown under the present cell: with their outputs, and as a record.

What is shown here is in the saved notebook as if the run had been under this cell.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..engine.trajectory import Error, Output, Result, Step, Stream, Trajectory, Turn
from ..environments.capture import as_display
from ..environments.outputs import encodable
from ..notebook.cells import session_metadata
from ..notebook.growing import fragments
from ..notebook.inline import inline_metadata
from ..notebook.markdown import fenced, readable
from ..record.signing import own_signature
from .words import visible

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def retell(
    shell: InteractiveShell, trajectory: Trajectory, turn: Turn, steps: Collection[int]
) -> None:
    """Show a turn of this trajectory: its task, those of its steps, and how it ended."""
    parts = {part.name: part for part in fragments(trajectory)}
    end = list(parts.values())[-1].link
    session = session_metadata(trajectory, end, own_signature())
    opening = inline_metadata(parts[f"{turn.run}-task"].cells, session)
    _put(shell, f"**Task.** {readable(turn.task)}", opening)
    for step in turn.steps:
        if step.number in steps:
            cells = parts[f"{turn.run}-{step.number}"].cells
            _put(shell, step_words(step), inline_metadata(cells))
            for output in step.observation.outputs if step.observation else ():
                show_again(output, shell.display_pub.publish)
    if turn.state not in ("running", "waiting"):
        words = turn.answer.text if turn.answer else f"{turn.state}: {turn.reason}"
        _put(shell, readable(words), inline_metadata(parts[f"{turn.run}-answer"].cells))


def step_words(step: Step) -> str:
    """A step as Markdown: its thought, its code, and why it was not run if it was not."""
    text = words(step.reply.thought, step.action.code if step.action else "")
    if step.mistake is not None:
        return f"{text}\n\n*Not run: {readable(step.mistake.detail)}*"
    if step.state in ("rejected", "unknown") and step.observation is not None:
        return f"{text}\n\n*{readable(step.observation.lost.capitalize())}*"
    return text


def words(thought: str, code: str) -> str:
    """A thought and code as Markdown, the code in a fence that it cannot close."""
    if not code:
        return readable(thought) or "*thinking …*"
    return "\n\n".join(filter(None, (readable(thought), fenced(visible(code)))))


def show_again(output: Output, publish: Callable[..., Any]) -> None:
    """Show an output of before."""
    if isinstance(output, Stream):
        print(output.text, end="", file=sys.stderr if output.name == "stderr" else sys.stdout)
    elif isinstance(output, (Error, Result)):
        publish(*as_display(output))
    else:
        transient = {"display_id": output.display_id} if output.display_id else {}
        publish(output.data, output.metadata, transient=transient)


def _put(shell: InteractiveShell, text: str, metadata: dict[str, Any]) -> None:
    sys.stdout.flush()  # what was printed before it comes before it
    text = encodable(text)
    shell.display_pub.publish({"text/markdown": text, "text/plain": text}, metadata)
