"""A conversation as JSON lines, for training and for analysis: one line for each turn.

A line is an object with these fields, in the order of the alphabet:

    actions    what ran, in order: {step, thought, code, state, seconds, approval, output, error}
               `state` is ok, error, interrupted, rejected or unknown; `approval` allowed, edited,
               rejected or null; `output` what the model was told of it, as text; `error` the
               exception's name, empty without one
    answer     the text of the answer, null where the turn ended without
    cost       US dollars, null where a price is not known
    figures    the numbers of the answer: {text, support, steps}; `support` is output, task, code or
               none, `steps` the ids of the cells that they rest on
    format     "codeact-turn"
    messages   what was said, as it was sent: {role, content}, content a list of blocks of the
               Messages API; the last one is the answer. With `system` and `tools` it is one example
    model      the model of its last reply
    run, turn  the id of the run, and the number of the turn in its conversation, from 1
    seconds    how long the turn took
    started    when it began, ISO 8601
    state      answered, stopped, limit, failed or interrupted; `reason` says why in words
    system     the system text
    task       the task as the person wrote it
    tokens     {input, output}
    tools      the tools that the model was given
    version    1; a field may be added without a new version
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.context import messages
from ..engine.trajectory import Error, Step, Trajectory, Turn

FORMAT, VERSION = "codeact-turn", 1


def json_lines(trajectory: Trajectory) -> str:
    """The conversation as such lines."""
    lines = (_line(trajectory, turn, n) for n, turn in enumerate(trajectory.turns, 1))
    return "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines)


def _line(trajectory: Trajectory, turn: Turn, number: int) -> dict[str, Any]:
    alone = Trajectory(trajectory.system, trajectory.tools, (turn,))
    figures = [
        {"text": each.text, "support": each.support, "steps": list(each.cells)}
        for each in turn.figures
    ]
    return {
        "actions": [_action(step) for step in turn.steps if step.action is not None],
        "answer": None if turn.answer is None else turn.answer.text,
        "cost": None if turn.cost is None else float(turn.cost),
        "figures": figures,
        "format": FORMAT,
        "messages": [{"role": m.role, "content": list(m.blocks)} for m in messages(alone)],
        "model": next((reply.model for reply in reversed(turn.replies)), ""),
        "reason": turn.reason,
        "run": turn.run,
        "seconds": turn.seconds,
        "started": turn.started,
        "state": turn.state,
        "system": trajectory.system,
        "task": turn.task,
        "tokens": {"input": turn.usage.prompt, "output": turn.usage.output},
        "tools": list(trajectory.tools),
        "turn": number,
        "version": VERSION,
    }


def _action(step: Step) -> dict[str, Any]:
    assert step.action is not None
    seen = step.observation
    errors = [each.ename for each in seen.outputs if isinstance(each, Error)] if seen else []
    return {
        "approval": step.approval.decision if step.approval else None,
        "code": step.action.code,
        "error": errors[-1] if errors else "",
        "output": "\n".join(_texts(step.told)),
        "seconds": seen.seconds if seen else 0.0,
        "state": step.state,
        "step": step.number,
        "thought": step.reply.thought,
    }


def _texts(blocks: Iterable[Any]) -> Iterable[str]:
    """The text of blocks, and of those in them; a record may hold what is none."""
    for block in blocks:
        is_block = isinstance(block, Mapping)
        content = block.get("text", block.get("content")) if is_block else None
        if isinstance(content, str):
            yield content
        elif isinstance(content, list):
            yield from _texts(content)
