"""The projection: a trajectory as notebook cells, and cells as a trajectory. Pure, lossless.

A cell's id is computed from what it shows, so projecting twice changes nothing. What the record
needs and the cell does not show is under the one metadata key `codeact`; a reader without our
package sees a plain analysis: task, thought, code with outputs, answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple, TypeAlias

from ..engine.bill import NOTHING
from ..engine.trajectory import (
    Block,
    Observation,
    Output,
    Reply,
    RunState,
    Step,
    Trajectory,
    Turn,
)
from ..engine.wire import decode, encode
from ..errors import NotebookError
from .armour import armoured, bared, sayable
from .markdown import fenced, readable, task_words
from .outputs import KEY, from_format, note, plain, to_format

VERSION = 1
Role = Literal["task", "thought", "action", "answer"]
Cell: TypeAlias = dict[str, Any]

ENDINGS: dict[RunState, str] = {
    "failed": "Failed.",
    "interrupted": "Interrupted.",
    "limit": "Stopped at a limit.",
    "stopped": "Stopped.",
}
UNSEEN = "This cell was started; its end was not seen. What it did is unknown."


# Which conversation a turn is of, named by the run of its first turn, and its number there from 1.
Place: TypeAlias = tuple[str, int]


class Fragment(NamedTuple):
    """A piece of a turn with cells of its own: the same `values` give the same cells."""

    name: str
    values: tuple[Any, ...]
    cells: Callable[[], list[Cell]]


def to_cells(trajectory: Trajectory) -> list[Cell]:
    """All cells of a trajectory, in order, as nbformat 4.5 has them."""
    return [cell for fragment in fragments(trajectory) for cell in fragment.cells()]


def fragments(trajectory: Trajectory) -> Iterator[Fragment]:
    """All pieces of a trajectory, in order, each to be made into cells when it is new."""
    for number, turn in enumerate(trajectory.turns, 1):
        yield from turn_fragments(turn, (trajectory.turns[0].run, number))


def turn_fragments(turn: Turn, place: Place) -> Iterator[Fragment]:
    """The task, the steps and the end of a turn."""
    opening = Turn(turn.run, turn.task, turn.told, started=turn.started)
    yield Fragment(f"{turn.run}-task", (opening, place), lambda: [_task_cell(opening, place)])
    corrected = max((step.number for step in turn.steps if step.state == "ok"), default=0)
    for step in turn.steps:
        folded = step.number < corrected and step.state == "error"
        cells = partial(step_cells, turn, step, folded=folded)
        yield Fragment(f"{turn.run}-{step.number}", (step, folded), cells)
    if turn.state not in ("running", "waiting"):
        end = (turn.state, turn.reason, turn.seconds, turn.wasted, turn.answer)
        yield Fragment(f"{turn.run}-answer", end, lambda: [_answer_cell(turn)])


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
    return _answer_cell(Turn(run, "", steps=(Step(step, Reply(())),), state=state, reason=reason))


def from_cells(
    cells: Iterable[Mapping[str, Any]], session: Mapping[str, Any], *, conversation: str = ""
) -> Trajectory:
    """The trajectory that these cells show; the person's own cells are passed over.

    `session` is the notebook's own `codeact` metadata. Of several conversations it is the one
    named, or that began last. The order is the record's, wherever the person moved a cell. Steps
    whose cell is deleted are gone; so is a turn without its task. Raises NotebookError for a bad
    record.
    """
    marked = [(cell, mark) for cell in cells if (mark := mark_of(cell)) is not None]
    begun = [mark.get("conversation") for _, mark in marked if mark["role"] == "task"]
    wanted = conversation or (begun[-1] if begun else None)
    turns: dict[str, Turn] = {}
    order: dict[str, int] = {}
    for cell, mark in sorted(marked, key=lambda pair: pair[1]["role"] != "task"):
        run, role = str(mark["run"]), mark["role"]
        try:
            if role == "task" and mark.get("conversation") != wanted:
                continue
            elif role == "task":
                turns[run] = decode(Turn, bared(mark["record"]))
                order[run] = int(mark.get("turn") or max(order.values(), default=0))
            elif run in turns and role == "answer":
                turns[run] = _answered(turns[run], mark)
            elif run in turns and "record" in mark:
                turns[run] = _with(turns[run], _step(cell, mark))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise NotebookError(
                f"the cell {cell.get('id')!r} holds a record of a run that cannot be read "
                f"({error}); remove its metadata {KEY!r} to use the notebook without that run"
            ) from error
    ordered = sorted(turns, key=lambda run: order[run])
    system, tools = _session(session)
    return Trajectory(system, tools, tuple(turns[run] for run in ordered))


def session_metadata(trajectory: Trajectory) -> dict[str, Any]:
    """The notebook's own `codeact` metadata."""
    return {
        "version": VERSION,
        "system": armoured(trajectory.system),
        "tools": armoured(encode(trajectory.tools)),
    }


def mark_of(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record of a cell of a run; None for the person's cells, and for copies of ours."""
    mark = (cell.get("metadata") or {}).get(KEY)
    if not isinstance(mark, Mapping) or mark.get("version") != VERSION:
        return None
    if not {"run", "role", "step"} <= set(mark):
        return None
    expected = f"{mark['run']}-{mark['step']}-{mark['role']}"
    return plain(mark) if cell.get("id") == expected else None


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


def _task_cell(opening: Turn, place: Place) -> Cell:
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


def _answer_cell(turn: Turn) -> Cell:
    end = {"state": turn.state, "reason": armoured(turn.reason), "seconds": armoured(turn.seconds)}
    if turn.wasted != NOTHING:
        end["wasted"] = armoured(encode(turn.wasted))
    if turn.answer is not None:
        end["record"] = armoured(encode(turn.answer))
        words = turn.answer.text
    else:
        words = f"**{ENDINGS.get(turn.state, 'Ended.')}** {turn.reason}".rstrip()
    number = max((step.number for step in turn.steps), default=0) + 1
    return _cell(turn, number, "answer", words, end)


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
    words = seen.lost if seen is not None else UNSEEN
    if seen is not None and not words and not seen.outputs and seen.status != "ok":
        words = seen.status
    if words:
        formatted.append(note(f"{words[:1].upper()}{words[1:]}"))
    return formatted, extras


def _step(cell: Mapping[str, Any], mark: Mapping[str, Any]) -> Step:
    step = decode(Step, bared(mark["record"]))
    if step.observation is None or cell.get("cell_type") != "code":
        return step
    outputs = from_format(plain(cell.get("outputs") or []), mark.get("extras") or {})
    seen: Observation = replace(step.observation, outputs=outputs)
    return replace(step, observation=seen)


def _with(turn: Turn, step: Step) -> Turn:
    others = [other for other in turn.steps if other.number != step.number]
    return replace(turn, steps=tuple(sorted([*others, step], key=lambda each: each.number)))


def _answered(turn: Turn, mark: Mapping[str, Any]) -> Turn:
    record = mark.get("record")
    ended = {key: bared(mark[key]) for key in ("state", "reason", "seconds")}
    if "wasted" in mark:
        ended["wasted"] = bared(mark["wasted"])
    end = decode(Turn, {"run": turn.run, "task": turn.task, **ended})
    return replace(
        turn,
        state=end.state,
        reason=end.reason,
        seconds=end.seconds,
        wasted=end.wasted,
        answer=decode(Reply, bared(record)) if record is not None else None,
    )


def _session(session: Mapping[str, Any]) -> tuple[str, tuple[dict[str, Any], ...]]:
    """The system text and tools of a notebook's metadata; none of another version's.

    None either where the metadata is damaged: the conversation goes on with those of today.
    """
    if session.get("version") != VERSION:
        return "", ()
    try:
        kept = {key: bared(plain(session[key])) for key in ("system", "tools") if key in session}
        read = decode(Trajectory, kept)
    except ValueError:
        return "", ()
    return read.system, read.tools
