"""Any trajectory: all unicode, lone surrogates too, images, and everything empty."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import strategies as st

from codeact_jupyter.engine import trajectory as t
from codeact_jupyter.engine.bill import Bill
from codeact_jupyter.engine.environment import Cleared, Late, Updated
from codeact_jupyter.engine.undoing import Gap


def _as_json_has_it(text: str) -> str:
    """Two halves of a surrogate pair side by side are the whole pair in JSON."""
    return str(json.loads(json.dumps(text)))


texts = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(categories=["Cs", "Cc", "Zs", "So"]), max_size=6),
    st.sampled_from(["", " ", "\n", "\ud83d", "a\r\nb\rc", "\x1b[31mred\x1b[0m", "é", "😀"]),
).map(_as_json_has_it)
numbers = st.integers(0, 10**7)
seconds = st.floats(0, 10**5, allow_nan=False).map(lambda value: round(value, 3))
costs = st.none() | st.decimals(0, 100, places=6)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, json_values, max_size=4)
images = st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode())
bundles = st.dictionaries(
    st.sampled_from(["text/plain", "text/html", "image/png", "application/json"]),
    texts | images | objects,
    max_size=3,
)
displays = st.builds(t.Display, bundles, objects, texts)
outputs = st.one_of(
    st.builds(t.Stream, texts, st.sampled_from(["stdout", "stderr"])),
    displays,
    st.builds(t.Result, bundles, objects, st.none() | numbers),
    st.builds(t.Error, texts, texts, st.lists(texts, max_size=3).map(tuple)),
)
produced = outputs | st.builds(Cleared, st.booleans()) | st.builds(Updated, outputs, texts)
variables = st.builds(
    t.Variable,
    texts,
    texts,
    st.none() | st.lists(numbers, max_size=3).map(tuple),
    st.none() | numbers,
    texts,
)


def several(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    """Tuples of these."""
    return st.lists(strategy, max_size=most).map(tuple)


changes = st.builds(t.NamespaceChange, several(variables), several(variables), several(texts))
observations = st.builds(
    t.Observation,
    st.sampled_from(["ok", "error", "interrupted", "rejected", "unknown"]),
    several(outputs),
    change=changes,
    seconds=seconds,
    count=st.none() | numbers,
    lost=texts,
    updated=several(displays, 1),
)
lates = st.builds(Late, several(outputs), several(displays), texts)
mistakes = st.builds(
    t.Mistake,
    st.sampled_from(["cut", "malformed", "no code", "unknown tool", "syntax error", "empty"]),
    texts,
)
usages = st.builds(t.Usage, numbers, numbers, numbers, numbers)
bills = st.builds(Bill, usages, costs)
replies = st.builds(
    t.Reply,
    several(objects),
    thought=texts,
    text=texts,
    code=st.none() | texts,
    calls=several(texts),
    mistake=st.none() | mistakes,
    model=texts,
    stop=texts,
    usage=usages,
    cost=costs,
    wasted=bills,
    seconds=seconds,
)
approvals = st.builds(
    t.Approval,
    st.sampled_from(["allowed", "edited", "rejected"]),
    st.sampled_from(["policy", "person"]),
    texts,
    several(texts),
    texts,
)
steps = st.builds(
    t.Step,
    numbers,
    replies,
    action=st.none() | st.builds(t.Action, texts, texts),
    mistake=st.none() | mistakes,
    approval=st.none() | approvals,
    observation=st.none() | observations,
    told=several(objects),
    started=texts,
)
gaps = st.builds(Gap, texts, texts)
run_states = st.sampled_from(
    ["running", "waiting", "answered", "stopped", "limit", "failed", "interrupted"]
)
turns = st.builds(
    t.Turn,
    texts,
    texts,
    several(objects),
    steps=several(steps),
    answer=st.none() | replies,
    state=run_states,
    reason=texts,
    started=texts,
    seconds=seconds,
    wasted=bills,
)
trajectories = st.builds(t.Trajectory, texts, several(objects, 2), several(turns, 2))
