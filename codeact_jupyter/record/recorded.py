"""What a notebook holds that ran, cell by cell, in the order in which it is run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from ..engine.trajectory import Output, Step, StepState, Touched, Trajectory
from ..notebook.armour import sayable
from ..notebook.inline import conversations_of, unfolded
from ..notebook.marks import mark_of
from ..notebook.outputs import from_format, plain
from ..our_cells import OURS

RAN: tuple[StepState, ...] = ("ok", "error", "interrupted", "unknown")


@dataclass(frozen=True)
class Part:
    """A cell that ran: its name for people, its code, and what the record says came of it.

    `label` is the turn and the step, such as `2.3`; `own` marks a cell of the person's. `edited`
    says that its text in the notebook is not the code that ran; `ends` that its turn ends with it.
    `touched` is what it was seen to touch, `effects` the kinds that its code was read to have.
    """

    label: str
    cell: str
    code: str
    state: StepState
    outputs: tuple[Output, ...] = ()
    _: KW_ONLY
    made: tuple[str, ...] = ()
    seconds: float = 0.0
    started: str = ""
    own: bool = False
    edited: bool = False
    ends: bool = False
    touched: tuple[Touched, ...] = ()
    effects: tuple[str, ...] = ()


def parts_of(trajectory: Trajectory, prefix: str = "") -> tuple[Part, ...]:
    """The steps of a conversation that ran, in order; code that never ran is left out."""
    parts: list[Part] = []
    for number, turn in enumerate(trajectory.turns, 1):
        steps = [step for step in turn.steps if step.action is not None and step.state in RAN]
        parts += [_part(step, f"{prefix}{number}.{step.number}") for step in steps]
        if steps:
            parts[-1] = replace(parts[-1], ends=True)
    return tuple(parts)


def parts_in(
    content: Mapping[str, Any], *, own: bool, known: Trajectory | None = None
) -> tuple[Part, ...]:
    """The cells of all runs of a notebook, in order; with `own` also the person's that ran.

    A cell of the person's comes where it stands among the cells of the runs. Where the notebook is
    older than what is `known` of a conversation, that counts. Raises NotebookError for a record
    that cannot be read.
    """
    held = conversations_of(content["cells"], content["metadata"].get("codeact"))
    if known is not None and known.turns:
        others = (each for each in held if each.name != known.name)
        held = [*others, known]
    names = ("",) if len(held) == 1 else tuple(f"{n}:" for n in range(1, len(held) + 1))
    steps = [part for name, each in zip(names, held, strict=True) for part in parts_of(each, name)]
    cells = [part for cell in content["cells"] for part in unfolded(cell)]
    texts = {str(cell.get("id")): _source(cell) for cell in cells if mark_of(cell) is not None}
    steps = [
        replace(part, edited=texts.get(part.cell, sayable(part.code)) != sayable(part.code))
        for part in steps
    ]
    return tuple(_with_own(steps, cells)) if own else tuple(steps)


def made_of(outputs: Sequence[Mapping[str, Any]]) -> tuple[Output, ...]:
    """Outputs of the notebook format, as the engine has them."""
    return from_format(plain(outputs), {})


def _part(step: Step, label: str) -> Part:
    assert step.action is not None
    seen = step.observation
    change = seen.change if seen is not None else None
    made = (*change.added, *change.changed) if change is not None else ()
    return Part(
        label,
        step.action.cell,
        step.action.code,
        step.state,
        seen.outputs if seen is not None else (),
        made=tuple(variable.name for variable in made),
        seconds=seen.seconds if seen is not None else 0.0,
        started=step.started,
        touched=seen.touched if seen is not None else (),
        effects=step.approval.kinds if step.approval is not None else (),
    )


def _with_own(steps: Sequence[Part], cells: Iterable[Mapping[str, Any]]) -> list[Part]:
    """The steps, with the person's cells among them as the notebook has them."""
    places = {part.cell: place for place, part in enumerate(steps, 1)}
    passed, own, began = 0, [], steps[0].started if steps else ""
    for cell in cells:
        passed = max(passed, places.get(str(cell.get("id")), 0))
        if _is_own(cell):
            own.append((passed, _own_part(cell, began)))
    whole: list[Part] = []
    for place in range(len(steps) + 1):
        whole += [steps[place - 1]] if place else []
        whole += [part for at, part in own if at == place]
    return whole


def _is_own(cell: Mapping[str, Any]) -> bool:
    """Whether the person ran this cell, and it is about something else than runs of ours."""
    if cell.get("cell_type") != "code" or mark_of(cell) is not None:
        return False
    source = _source(cell)
    ran = cell.get("execution_count") is not None or bool(cell.get("outputs"))
    return ran and bool(source.strip()) and not OURS.match(source)


def _own_part(cell: Mapping[str, Any], began: str) -> Part:
    """A cell of the person's; when it ran is not known, but that the run `began` near to then."""
    outputs = made_of(cell.get("outputs") or [])
    failed = any(output.kind == "error" for output in outputs)
    count = cell.get("execution_count")
    label = f"In [{count if count is not None else ' '}]"
    state: StepState = "error" if failed else "ok"
    name = str(cell.get("id"))
    return Part(label, name, _source(cell), state, outputs, started=began, own=True)


def _source(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
