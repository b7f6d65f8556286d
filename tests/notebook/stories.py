"""A conversation that a reader can follow: a failed step, its correction, a plot, an answer."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from typing import Any

from codeact_jupyter.engine.trajectory import (
    Action,
    Approval,
    Display,
    Error,
    Observation,
    Output,
    Reply,
    Result,
    Step,
    Stream,
    Trajectory,
    Turn,
    Usage,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode()


def step(number: int, code: str, *produced: Output, run: str = "0000cafe", **more: Any) -> Step:
    """A step of a story: what the model said, what ran, what came of it."""
    thought = more.pop("thought", f"Step {number} of the story.")
    call = f"call_{number}"
    said = (
        {"text": thought, "type": "text"},
        {"id": call, "input": {"code": code}, "name": "python", "type": "tool_use"},
    )
    status = more.pop("status", "ok")
    told = more.pop("told", f"[{status}]")
    reply = Reply(
        said,
        thought=thought,
        code=code,
        calls=(call,),
        model="claude-opus-5-5",
        stop="tool_use",
        usage=Usage(100 * number, 20),
        cost=Decimal("0.0012"),
        seconds=1.5,
    )
    seen = Observation(status, produced, seconds=0.25, count=number, **more)
    block = {"content": told, "tool_use_id": call, "type": "tool_result"}
    return Step(
        number,
        reply,
        action=Action(code, f"{run}-{number}-action"),
        approval=Approval("allowed", "policy", "00" * 32),
        observation=seen,
        told=(block,),
        started=f"2026-01-05T09:00:0{number % 10}.000+00:00",
    )


def story(run: str = "0000cafe", task: str = "Add up the numbers.") -> Turn:
    """A task, a failed step and its correction, a plot, an answer."""
    traceback = (
        "Traceback (most recent call last)",
        'Cell In[1], line 1\n----> 1 sum([1, "2"])',
        "TypeError: unsupported",
    )
    answer = Reply(
        ({"text": "**The sum is 6.**", "type": "text"},),
        text="**The sum is 6.**",
        model="claude-opus-5-5",
        stop="end_turn",
        usage=Usage(400, 12),
        cost=Decimal("0.0009"),
    )
    figure = Display(
        {"image/png": PNG, "text/plain": "<Figure>"}, {"image/png": {"width": 8}}, "fig"
    )
    return Turn(
        run,
        task,
        ({"text": task, "type": "text"},),
        steps=(
            step(
                1,
                'sum([1, "2"])',
                Error("TypeError", "unsupported", traceback),
                run=run,
                status="error",
            ),
            step(2, "x = [1, 2, 3]\nsum(x)", Result({"text/plain": "6"}, count=2), run=run),
            step(3, 'print("drawing")', Stream("drawing\n"), figure, run=run),
        ),
        answer=answer,
        state="answered",
        started="2026-01-05T09:00:00.000+00:00",
        seconds=4.5,
    )


def widget(words: str) -> Display:
    """A view of a widget that says this of itself."""
    view = {"model_id": "0" * 32, "version_major": 2, "version_minor": 0}
    return Display({"application/vnd.jupyter.widget-view+json": view, "text/plain": words})


def bar(text: str) -> Display:
    """A display of this text that later code can update."""
    return Display({"text/plain": text}, {}, "bar")


def kinds_of_outputs(run: str) -> tuple[Step, ...]:
    """Steps with each kind of output there is; the `bar` of the first is updated by later ones."""
    table = {"text/html": "<table>\n<tr><td>1</td></tr></table>", "text/plain": "   x\n0  1"}
    tree = {"application/json": {"a": [1, None, {"b": 0.5}]}, "text/plain": "<JSON>"}
    plot = {"image/svg+xml": "<svg>\n</svg>", "image/png": PNG, "text/plain": "<Figure>"}
    formula = {"text/latex": "$x^2$", "text/markdown": "*x*", "text/plain": "x**2"}
    failed = Error("ValueError", "bad", ("Traceback", "ValueError: bad"))
    produced: list[tuple[Output, ...]] = [
        (bar("0%"), Stream("out\nput\n"), Stream("\ud800 err\n", "stderr")),
        (Display(table), Display(tree, {"application/json": {"expanded": True}})),
        (Display(plot, {"image/png": {"width": 8}}), Result(formula)),
        (Stream("before\n"), widget("IntProgress(value=1)"), Result({"text/plain": "6"}, count=4)),
        (widget("Output()"), Stream("after\n"), failed),
    ]
    updates = [(), (bar("50%"),), (bar("100%"),), (), ()]
    numbered = enumerate(zip(produced, updates, strict=True), 1)
    return tuple(
        step(number, "x", *outputs, run=run, updated=updated, lost="output incomplete")
        for number, (outputs, updated) in numbered
    )


def conversation(*told: Turn) -> Trajectory:
    """A trajectory with our system text and tool."""
    tool = {"description": "Run it.", "input_schema": {"type": "object"}, "name": "python"}
    return Trajectory("You act by cells.", (tool,), told or (story(),))


def running(trajectory: Trajectory, done: int) -> Trajectory:
    """The trajectory when only so many steps of its last turn were done."""
    turn = trajectory.turns[-1]
    unfinished = replace(turn, steps=turn.steps[:done], state="running", answer=None, seconds=0.0)
    return trajectory.with_turn(unfinished)


def persons_notebook() -> dict[str, Any]:
    """A notebook with every field that a person's may have, in an order of its own."""
    return {
        "nbformat_minor": 5,
        "nbformat": 4,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Mine", "language": "python"},
            "authors": [{"name": "Ünal"}],
            "toc": {"b": 1, "a": [None, 1.50, "\u2028"]},
        },
        "cells": [
            {
                "cell_type": "markdown",
                "id": "intro",
                "source": ["# Sales\n", "![](attachment:a.png)"],
                "attachments": {"a.png": {"image/png": "iVBORw0KGgo="}},
                "metadata": {"tags": ["z", "a"], "editable": False},
            },
            {"id": "raw", "cell_type": "raw", "source": "raw \ud800", "metadata": {"format": "x"}},
            {
                "id": "code",
                "cell_type": "code",
                "execution_count": 3,
                "metadata": {"jupyter": {"source_hidden": True}, "collapsed": False},
                "outputs": [{"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}],
                "source": "x = 1",
            },
        ],
    }
