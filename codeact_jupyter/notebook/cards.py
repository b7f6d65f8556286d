"""What a conversation shows of a turn, a step and an answer: the parts of a run's frames."""

from __future__ import annotations

from typing import Any, TypeAlias

from ..engine.context import last_usage
from ..engine.limits import Limits
from ..engine.trajectory import (
    NamespaceChange,
    Output,
    Step,
    Stream,
    Trajectory,
    Turn,
    Variable,
)

Frame: TypeAlias = dict[str, Any]


def run_frame(trajectory: Trajectory, index: int, limits: Limits, context_tokens: int) -> Frame:
    """How a turn stands: its state, and what it took of its limits."""
    turn = trajectory.turns[index]
    usage, cost = turn.usage, turn.cost
    return {
        "type": "run",
        "task": turn.task,
        "model": _last_model(turn),
        "notice": "",
        "state": turn.state,
        "reason": turn.reason,
        "waiting": "",
        "conversation": trajectory.name,
        "turn": index + 1,
        "started": turn.started,
        "meter": {
            "steps": len(turn.steps),
            "input": usage.input,
            "output": usage.output,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
            "cost": None if cost is None else float(cost),
            "seconds": turn.seconds,
            "context": {"used": last_usage(trajectory).total, "of": context_tokens},
            "limits": {
                "steps": limits.steps,
                "tokens": limits.tokens,
                "cost": None if limits.cost is None else float(limits.cost),
                "seconds": limits.seconds,
            },
        },
    }


def _last_model(turn: Turn) -> str:
    if turn.answer is not None:
        return turn.answer.model
    return turn.steps[-1].reply.model if turn.steps else ""


def step_frame(step: Step, state: str = "") -> Frame:
    """A step as its card shows it; `state` while it has none of its own."""
    seen, reply = step.observation, step.reply
    change = seen.change if seen else NamespaceChange()
    return {
        "type": "step",
        "step": step.number,
        "state": state or step.state,
        "thought": reply.thought,
        "code": step.action.code if step.action else "",
        "cells": _cells_of(step),
        "seconds": seen.seconds if seen else 0.0,
        "change": {
            "added": [variable_card(each) for each in change.added],
            "changed": [variable_card(each) for each in change.changed],
            "deleted": list(change.deleted),
        },
        "outputs": outputs_in_words(seen.outputs) if seen else "",
        "lost": seen.lost if seen else "",
        "mistake": step.mistake.detail if step.mistake else "",
        "approval": step.approval.decision if step.approval else "",
        "input": reply.usage.prompt,
        "output": reply.usage.output,
        "cost": None if reply.cost is None else float(reply.cost),
    }


def answer_frame(turn: Turn) -> Frame:
    """The answer of a turn that has one."""
    assert turn.answer is not None
    number = max((step.number for step in turn.steps), default=0) + 1
    return {
        "type": "answer",
        "step": number,
        "text": turn.answer.text,
        "cell": turn.cell(number, "answer"),
        "figures": [
            {"text": each.text, "support": each.support, "cells": list(each.cells)}
            for each in turn.figures
        ],
    }


def outputs_in_words(outputs: tuple[Output, ...]) -> str:
    """What an action showed, counted: `3 lines, 1 image, 1 table`."""
    counts: dict[str, int] = {}
    for output in outputs:
        kind, number = _kind(output)
        counts[kind] = counts.get(kind, 0) + number
    return ", ".join(f"{n:,} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if n)


def _kind(output: Output) -> tuple[str, int]:
    if isinstance(output, Stream):
        return "line", len(output.text.splitlines())
    if output.kind == "error":
        return "error", 1
    if any(mime.startswith("image/") for mime in output.data):
        return "image", 1
    if "<table" in str(output.data.get("text/html", "")):
        return "table", 1
    if "application/vnd.jupyter.widget-view+json" in output.data:
        return "widget", 1
    return ("value" if output.kind == "result" else "display"), 1


def _cells_of(step: Step) -> dict[str, str]:
    if step.action is None:
        return {"action": "", "thought": ""}
    cell = step.action.cell
    thought = f"{cell.rsplit('-', 1)[0]}-thought" if step.reply.thought else ""
    return {"action": cell, "thought": thought}


def variable_card(variable: Variable) -> Frame:
    """A variable as a chip or a mention shows it."""
    shape = None if variable.shape is None else list(variable.shape)
    described = {"name": variable.name, "type": variable.type, "shape": shape}
    return {**described, "size": variable.size, "detail": variable.detail}
