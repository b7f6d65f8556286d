"""Generated trajectories: every kind that a record may hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from codeact_jupyter.engine.aftermath import displays_of, renewed_turn
from codeact_jupyter.engine.bill import Bill
from codeact_jupyter.engine.figure import Figure
from codeact_jupyter.engine.trajectory import (
    Action,
    Approval,
    Display,
    Error,
    Mistake,
    NamespaceChange,
    Observation,
    Output,
    Reply,
    Result,
    Step,
    Stream,
    Touched,
    Trajectory,
    Turn,
    Usage,
    Variable,
)
from codeact_jupyter.engine.wire import canonical

from .stories import PNG

NASTY = [
    "\r",
    "\r\n",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "\udfff\ud800",
    "\ud83d\ude00",
    "\u2028",
    "é",
    "\\u",
]

texts = st.one_of(
    st.sampled_from(["", "a", "a\nb", *NASTY]),
    st.text(st.characters(), max_size=8),
    st.lists(st.sampled_from(["a", "\n", " ", *NASTY]), max_size=4).map("".join),
)
some_texts = st.lists(texts, max_size=2).map(tuple)
numbers = st.sampled_from([0, 1, 10**9])
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts, st.just({})
)
keys = st.one_of(texts, st.sampled_from(["escaped", "items", "number", "kind", "cells", "codeact"]))
json_values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
).map(canonical)
json_objects = st.dictionaries(keys, json_values, max_size=3).map(canonical)
bundles = st.fixed_dictionaries(
    {},
    optional={
        "text/plain": texts,
        "text/html": texts,
        "text/markdown": texts,
        "image/png": st.just(PNG),
        "image/svg+xml": texts.map(lambda text: f"<svg>\n{text}</svg>"),
        "application/javascript": texts,
        "application/json": json_values,
        "application/vnd.plotly.v1+json": json_values,
        "model/gltf+json": texts,
        "x/\ud800": texts,
    },
)


def counts() -> SearchStrategy[int | None]:
    return st.sampled_from([None, 0, 7])


digests = st.just("5a" * 32)
displays = st.builds(Display, bundles, json_objects, texts, was=st.just("") | digests)
outputs: SearchStrategy[Output] = st.one_of(
    st.builds(Stream, texts, st.sampled_from(["stdout", "stderr"])),
    displays,
    st.builds(Result, bundles, json_objects, counts()),
    st.builds(Error, texts, texts, some_texts),
)
blocks = st.lists(
    st.one_of(
        json_objects,
        st.builds(lambda text: {"text": text, "type": "text"}, texts),
        st.builds(lambda code: {"id": "a", "input": {"code": code}, "type": "tool_use"}, texts),
    ),
    max_size=2,
).map(tuple)
mistakes = st.builds(
    Mistake,
    st.sampled_from(["cut", "malformed", "no code", "unknown tool", "syntax error", "empty"]),
    texts,
)
seconds = st.sampled_from([0.0, 0.1, 3.0, 1e9])
usages = st.builds(Usage, numbers, numbers, cache_read=numbers)
costs = st.sampled_from([None, Decimal(0), Decimal("0.0012"), Decimal("1E+2")])
bills = st.builds(Bill, usages, costs)
replies = st.builds(
    Reply,
    blocks,
    thought=texts,
    text=texts,
    code=st.none() | texts,
    calls=some_texts,
    mistake=st.none() | mistakes,
    model=texts,
    stop=texts,
    usage=usages,
    cost=costs,
    wasted=bills,
    seconds=seconds,
)
shapes = st.sampled_from([None, (), (0,), (3, 4)])
variables = st.lists(
    st.builds(Variable, texts, st.just("int"), shapes, counts(), texts), max_size=1
).map(tuple)
changes = st.builds(NamespaceChange, variables, variables, some_texts)
touched = st.builds(
    Touched,
    st.sampled_from(["reads", "writes", "deletes", "moves", "process", "network", "changed"]),
    texts,
)
observations = st.builds(
    Observation,
    st.sampled_from(["ok", "error", "interrupted", "rejected", "unknown"]),
    st.lists(outputs, max_size=3).map(tuple),
    change=changes,
    seconds=seconds,
    count=counts(),
    lost=texts,
    updated=st.lists(displays, max_size=1).map(tuple),
    touched=st.lists(touched, max_size=2).map(tuple),
    unforeseen=texts,
)
approvals = st.builds(
    Approval,
    st.sampled_from(["allowed", "edited", "rejected"]),
    st.sampled_from(["policy", "person"]),
    digests,
    some_texts,
    texts,
    some_texts,
    st.sampled_from(["once", "run", "notebook"]),
)
figures = st.lists(
    st.builds(
        Figure,
        texts,
        numbers,
        st.sampled_from(["output", "task", "code", "none"]),
        some_texts,
    ),
    max_size=2,
).map(tuple)


@st.composite
def steps(draw: st.DrawFn, run: str, number: int, *, last: bool) -> Step:
    """A step as the loop makes them: acted and seen, a mistake, or (only the last) unseen."""
    action = Action(draw(texts), f"{run}-{number}-action")
    common: dict[str, Any] = {
        "approval": draw(st.none() | approvals),
        "told": draw(blocks),
        "started": draw(texts),
    }
    kind = draw(st.sampled_from(["seen", "mistake", "mistaken code", *["unseen"] * last]))
    if kind == "seen":
        return Step(number, draw(replies), action=action, observation=draw(observations), **common)
    if kind == "unseen":
        return Step(number, draw(replies), action=action, **common)
    with_code = action if kind == "mistaken code" else None
    return Step(number, draw(replies), action=with_code, mistake=draw(mistakes), **common)


@st.composite
def turns(draw: st.DrawFn, run: str) -> Turn:
    """A turn as the loop makes it: displays are as the last step left them that showed them."""
    count = draw(st.sampled_from([0, 1, 1, 2, 3]))
    turn = Turn(run, draw(texts), draw(blocks), started=draw(texts))
    for number in range(1, count + 1):
        step = draw(steps(run, number, last=number == count))
        turn = renewed_turn(turn.with_step(step), displays_of(step.observation))
    if draw(st.booleans()):
        return turn
    state = draw(st.sampled_from(["answered", "stopped", "limit", "failed", "interrupted"]))
    answer = draw(replies) if state == "answered" else None
    return replace(
        turn,
        state=state,
        answer=answer,
        reason=draw(texts),
        seconds=draw(seconds),
        wasted=draw(bills),
        figures=draw(figures) if answer is not None else (),
    )


@st.composite
def trajectories(draw: st.DrawFn) -> Trajectory:
    names = draw(st.sampled_from(["", "7", "7", "a3", "3a", "3a7"]))
    made = tuple(draw(turns(name * 8)) for name in names)
    began = draw(st.sampled_from(["", "f" * 8])) if made else ""
    return Trajectory(draw(texts), draw(blocks), made, began)
