"""The projection: a trajectory as notebook cells. Pure, lossless; `recalling` reads them back.

A cell's id is computed from what it shows, so projecting twice changes nothing. What the record
needs and the cell does not show is under the one metadata key `codeact`; a reader without our
package sees a plain analysis: task, thought, code with outputs, answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ..engine.bill import NOTHING
from ..engine.trajectory import (
    Block,
    Output,
    Reply,
    RunState,
    Step,
    Trajectory,
    Turn,
)
from ..engine.wire import encode
from .armour import armoured, sayable
from .chain import Link, Sign, end_of_chain
from .markdown import fenced, readable, task_words
from .marks import VERSION, Cell, Role
from .outputs import KEY, note, to_format

ENDINGS: dict[RunState, str] = {
    "failed": "Failed",
    "interrupted": "Interrupted",
    "limit": "Stopped at a limit",
    "stopped": "Stopped",
}
UNSEEN = "This cell was started; its end was not seen. What it did is unknown."


# Which conversation a turn is of, named by the run of its first turn, and its number there from 1.
Place: TypeAlias = tuple[str, int]


def step_cells(turn: Turn, step: Step, *, folded: bool = False) -> list[Cell]:
    """The cells of one step: its thought, if any, and its action."""
    record = {"step": step.number, "status": step.state, "record": _step_record(step)}
    thought = step.reply.thought
    if step.action is None:
        problem = step.mistake.detail if step.mistake else "no action"
        words = "\n\n".join(filter(None, (thought, f"*Not run: {problem}*")))
        return [_cell(turn, step.number, "thought", words, record)]
    cells = [_cell(turn, step.number, "thought", thought, {"step": step.number})] if thought else []
    if not _outputs(step) and (step.mistake is not None or step.state == "rejected"):
        return [*cells, _unrun_cell(turn, step, record)]
    formatted, extras = _shown(step)
    if extras:
        record["extras"] = extras
    cell = _cell(turn, step.number, "action", step.action.code, record)
    cell["outputs"] = formatted
    cell["execution_count"] = step.observation.count if step.observation else None
    if step.state == "error":  # "Run all" goes on behind it, as the agent did
        cell["metadata"]["tags"] = ["raises-exception"]
    if folded:
        cell["metadata"]["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
    return [*cells, cell]


def typing_cell(turn: Turn, step: int, role: Role, words: str = "") -> Cell:
    """The cell of a part that the model is writing, or that waits: not of the record yet."""
    return _cell(turn, step, role, words, {"step": step})


def end_cell(run: str, step: int, state: RunState, reason: str) -> Cell:
    """The last cell of a run that broke off after `step`, told by who does not have its record."""
    return answer_cell(Turn(run, "", steps=(Step(step, Reply(())),), state=state, reason=reason))


def session_metadata(
    trajectory: Trajectory, end: Link | None = None, sign: Sign | None = None
) -> dict[str, Any]:
    """The notebook's own `codeact` metadata; with `end`, also where the chain ends, signed."""
    chain = {"chain": end_of_chain(trajectory.name, end, sign)} if end else {}
    return {
        **chain,
        "version": VERSION,
        "system": armoured(trajectory.system),
        "tools": armoured(encode(trajectory.tools)),
    }


def _cell(turn: Turn, step: int, role: Role, source: str, more: Mapping[str, Any]) -> Cell:
    mark = {"version": VERSION, "run": turn.run, "role": role, "step": step, **more}
    return {
        "id": turn.cell(step, role),
        "cell_type": "code" if role == "action" else "markdown",
        "source": sayable(source if role in ("task", "action") else readable(source)),
        "metadata": {KEY: mark},
    }


def _outputs(step: Step) -> tuple[Output, ...]:
    return step.observation.outputs if step.observation is not None else ()


def _unrun_cell(turn: Turn, step: Step, record: Mapping[str, Any]) -> Cell:
    """Code that never ran: shown, but not as a cell that "Run all" or a script would run."""
    assert step.action is not None
    why = step.mistake.detail if step.mistake else ""
    if step.observation is not None:
        why = step.observation.lost.removeprefix("not run: ") or why
    words = f"{fenced(step.action.code)}\n\n*Not run: {readable(why)}*"
    return {**_cell(turn, step.number, "action", words, record), "cell_type": "markdown"}


def task_cell(opening: Turn, place: Place) -> Cell:
    """The cell of the task that opened a turn."""
    conversation, number = place
    record = {
        "conversation": conversation,
        "record": armoured(encode(opening)),
        "turn": number,
    }
    attachments = {f"image-{n}": image for n, image in enumerate(_images(opening.told), 1)}
    shown = "".join(f"\n\n![{name}](attachment:{name})" for name in attachments)
    cell = _cell(opening, 0, "task", f"**Task.** {task_words(opening.task)}{shown}", record)
    return {**cell, "attachments": attachments} if attachments else cell


def _images(told: tuple[Block, ...]) -> Iterator[dict[str, str]]:
    """The images among these blocks, as the notebook format attaches them to a cell."""
    for block in told:
        match block:
            case {"type": "image", "source": {"media_type": str(mime), "data": str(data)}}:
                yield {sayable(mime): sayable(data)}


def answer_cell(turn: Turn) -> Cell:
    """The cell of the end of a turn: its answer, or how it ended without one."""
    end = {"state": turn.state, "reason": armoured(turn.reason), "seconds": armoured(turn.seconds)}
    if turn.wasted != NOTHING:
        end["wasted"] = armoured(encode(turn.wasted))
    if turn.answer is not None:
        end["record"] = armoured(encode(turn.answer))
        if turn.figures:
            end["figures"] = armoured(encode(turn.figures))
        words = turn.answer.text
    else:
        words = _ending(ENDINGS.get(turn.state, "Ended"), turn.reason)
    number = max((step.number for step in turn.steps), default=0) + 1
    return _cell(turn, number, "answer", words, end)


def _ending(how: str, why: str) -> str:
    """How a turn ended, and why: each said once."""
    if why.startswith(f"{how.lower()} "):
        return f"**{how}** {why[len(how) + 1 :]}"
    return f"**{how}.** {why}".rstrip()


def _step_record(step: Step) -> Any:
    """The step as JSON, without the outputs: these are the cell's own."""
    if step.observation is not None:
        step = replace(step, observation=replace(step.observation, outputs=()))
    return armoured(encode(step))


def _shown(step: Step) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The outputs that the cell shows, and what the format cannot hold of them.

    What did not run, whose end was not seen and what is missing is said in a note below them.
    """
    seen = step.observation
    formatted, extras = to_format(seen.outputs if seen is not None else ())
    words = UNSEEN if seen is None else "; ".join(filter(None, (seen.lost, seen.unforeseen)))
    if seen is not None and not words and not seen.outputs and seen.status != "ok":
        words = seen.status
    if words:
        formatted.append(note(f"{words[:1].upper()}{words[1:]}"))
    return formatted, extras
