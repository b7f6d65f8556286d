"""The projection: a trajectory as notebook cells, and cells as a trajectory. Pure, lossless.

A cell's id is computed from what it shows, so projecting twice changes nothing. What the record
needs and the cell does not show is under the one metadata key `codeact`; a reader without our
package sees a plain analysis: task, thought, code with outputs, answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from ..engine.trajectory import Error, Observation, Output, Reply, Step, Trajectory, Turn
from ..engine.wire import decode, encode
from ..errors import NotebookError
from .outputs import armoured, bared, from_format, sayable, to_format

KEY = "codeact"
VERSION = 1
Role = Literal["task", "thought", "action", "answer"]
Cell: TypeAlias = dict[str, Any]


def to_cells(trajectory: Trajectory) -> list[Cell]:
    """All cells of a trajectory, in order, as nbformat 4.5 has them."""
    return [cell for turn in trajectory.turns for cell in turn_cells(turn)]


def turn_cells(turn: Turn) -> list[Cell]:
    """The cells of one turn."""
    cells = [_task_cell(turn)]
    corrected = max((step.number for step in turn.steps if step.state == "ok"), default=0)
    for step in turn.steps:
        cells += step_cells(turn, step, folded=step.state == "error" and step.number < corrected)
    if turn.state not in ("running", "waiting"):
        cells.append(_answer_cell(turn))
    return cells


def step_cells(turn: Turn, step: Step, *, folded: bool = False) -> list[Cell]:
    """The cells of one step: its thought, if any, and its action."""
    record = {"step": step.number, "status": step.state, "record": _step_record(step)}
    thought = step.reply.thought
    if step.action is None:
        problem = step.mistake.detail if step.mistake else "no action"
        words = "\n\n".join(filter(None, (thought, f"*Not run: {problem}*")))
        return [_cell(turn, step.number, "thought", words, record)]
    cells = [_cell(turn, step.number, "thought", thought, {"step": step.number})] if thought else []
    outputs = _shown(step)
    formatted, extras = to_format(outputs)
    if extras and step.observation is not None:
        record["extras"] = extras
    cell = _cell(turn, step.number, "action", step.action.code, record)
    cell["outputs"] = formatted
    cell["execution_count"] = step.observation.count if step.observation else None
    if folded:
        cell["metadata"]["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
    return [*cells, cell]


def from_cells(cells: Iterable[Mapping[str, Any]], session: Mapping[str, Any]) -> Trajectory:
    """The trajectory that these cells show; the person's own cells are passed over.

    `session` is the notebook's own `codeact` metadata. Steps whose cell the person deleted are
    gone; so is a turn without its task cell. Raises NotebookError when a record is unreadable.
    """
    turns: dict[str, Turn] = {}
    for cell in cells:
        mark = mark_of(cell)
        if mark is None:
            continue
        try:
            run, role = str(mark["run"]), mark["role"]
            if role == "task":
                turns[run] = decode(Turn, bared(mark["record"]))
            elif run not in turns:
                continue
            elif role == "answer":
                turns[run] = _answered(turns[run], mark)
            elif "record" in mark:
                turns[run] = _with(turns[run], _step(cell, mark))
        except (KeyError, TypeError, ValueError) as error:
            raise NotebookError(
                f"the cell {cell.get('id')!r} holds a record of a run that cannot be read "
                f"({error}); remove its metadata {KEY!r} to use the notebook without that run"
            ) from error
    tools = tuple(bared(plain(session.get("tools") or [])))
    return Trajectory(str(bared(session.get("system") or "")), tools, tuple(turns.values()))


def session_metadata(trajectory: Trajectory) -> dict[str, Any]:
    """The notebook's own `codeact` metadata."""
    return {
        "version": VERSION,
        "system": armoured(trajectory.system),
        "tools": armoured(encode(trajectory.tools)),
    }


def mark_of(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record of a cell of a run; None for the person's cells, and for copies of ours."""
    mark = cell.get("metadata", {}).get(KEY)
    if not isinstance(mark, Mapping) or mark.get("version") != VERSION:
        return None
    if not {"run", "role", "step"} <= set(mark):
        return None
    expected = f"{mark['run']}-{mark['step']}-{mark['role']}"
    return plain(mark) if cell.get("id") == expected else None


def plain(value: Any) -> Any:
    """Nested mappings and lists as plain ones: nbformat gives its own."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _cell(turn: Turn, step: int, role: Role, source: str, more: Mapping[str, Any]) -> Cell:
    mark = {"version": VERSION, "run": turn.run, "role": role, "step": step, **more}
    return {
        "id": turn.cell(step, role),
        "cell_type": "code" if role == "action" else "markdown",
        "source": sayable(source),
        "metadata": {KEY: mark},
    }


def _task_cell(turn: Turn) -> Cell:
    opening = replace(turn, steps=(), answer=None, state="running", reason="", seconds=0.0)
    record = {"record": armoured(encode(opening))}
    return _cell(turn, 0, "task", f"**Task.** {turn.task}", record)


def _answer_cell(turn: Turn) -> Cell:
    end = {"state": turn.state, "reason": armoured(turn.reason), "seconds": turn.seconds}
    if turn.answer is not None:
        end["record"] = armoured(encode(turn.answer))
        words = turn.answer.text
    else:
        words = f"*Run {turn.state}: {turn.reason}*"
    return _cell(turn, len(turn.steps) + 1, "answer", words, end)


def _step_record(step: Step) -> Any:
    """The step as JSON, without the outputs: these are the cell's own."""
    if step.observation is not None:
        step = replace(step, observation=replace(step.observation, outputs=()))
    return armoured(encode(step))


def _shown(step: Step) -> tuple[Output, ...]:
    """The outputs that the cell shows: for a mistake, why it was not run."""
    if step.observation is not None:
        return step.observation.outputs
    if step.mistake is not None:
        words = f"{step.mistake.detail} (not run)"
        return (Error(step.mistake.kind, step.mistake.detail, (words,)),)
    return ()


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
    return replace(
        turn,
        state=mark["state"],
        reason=bared(mark["reason"]),
        seconds=float(mark["seconds"]),
        answer=decode(Reply, bared(record)) if record is not None else None,
    )
