"""What a run tells its listeners, and its wire form.

Folding the events of a run over its turn gives the turn as it must be recorded: `apply`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from . import messages
from .aftermath import displays_of, renewed_turn, with_late
from .bill import NOTHING, Bill
from .environment import Late, Produced
from .figure import Figure
from .trajectory import Reply, RunState, Step, Turn
from .undoing import Gap
from .wire import encode


@dataclass(frozen=True)
class RunStarted:
    """The run goes, or goes on."""

    run: str
    task: str
    model: str
    kind: Literal["run-started"] = "run-started"


@dataclass(frozen=True)
class QueryStarted:
    """The model is being asked for this step."""

    step: int
    kind: Literal["query-started"] = "query-started"


@dataclass(frozen=True)
class Streamed:
    """The model wrote these characters."""

    step: int
    part: Literal["thought", "code", "answer"]
    text: str
    kind: Literal["streamed"] = "streamed"


@dataclass(frozen=True)
class Retrying:
    """The query failed and is asked again in `seconds`; what was streamed of it is void."""

    step: int
    attempt: int
    seconds: float
    reason: str
    kind: Literal["retrying"] = "retrying"


@dataclass(frozen=True)
class Wasted:
    """An attempt at this step's query broke off, and was billed for this all the same.

    Progress only: the record has it in the reply that comes in the end, or in the run's end.
    """

    step: int
    bill: Bill
    kind: Literal["wasted"] = "wasted"


@dataclass(frozen=True)
class ApprovalAsked:
    """The person is asked about this step's action; the run waits.

    `scopes` says for how long a yes may count.
    """

    step: Step
    reasons: tuple[str, ...]
    scopes: tuple[Literal["once", "run", "notebook"], ...] = ("once",)
    kind: Literal["approval-asked"] = "approval-asked"


@dataclass(frozen=True)
class StepStarted:
    """The intent: this step's action runs as soon as its listener has taken note of it."""

    step: Step
    kind: Literal["step-started"] = "step-started"


@dataclass(frozen=True)
class OutputProduced:
    """The running action produced, updated or cleared an output."""

    step: int
    output: Produced
    kind: Literal["output-produced"] = "output-produced"


@dataclass(frozen=True)
class StepFinished:
    """The step is complete, with its observation and what the model is told of it."""

    step: Step
    kind: Literal["step-finished"] = "step-finished"


@dataclass(frozen=True)
class LateOutput:
    """The run ends; since this step's action ended, code that goes on put out more."""

    step: int
    late: Late
    kind: Literal["late-output"] = "late-output"


@dataclass(frozen=True)
class UndoLacks:
    """What an undo of this run will not bring back, as far as it was not told before.

    Told as soon as it is known: for most, before the run's first action.
    """

    run: str
    gaps: tuple[Gap, ...]
    kind: Literal["undo-lacks"] = "undo-lacks"


@dataclass(frozen=True)
class RunFinished:
    """The run ended in a named state; `reason` says why when it did not answer.

    `wasted` was billed for a query that never got its reply; `figures` are the answer's numbers.
    """

    run: str
    state: RunState
    reason: str = ""
    answer: Reply | None = None
    seconds: float = 0.0
    wasted: Bill = NOTHING
    figures: tuple[Figure, ...] = ()
    kind: Literal["run-finished"] = "run-finished"


Event: TypeAlias = (
    RunStarted
    | QueryStarted
    | Streamed
    | Retrying
    | Wasted
    | ApprovalAsked
    | StepStarted
    | OutputProduced
    | StepFinished
    | LateOutput
    | UndoLacks
    | RunFinished
)


def to_wire(event: Event) -> dict[str, Any]:
    """The event as JSON."""
    wire: dict[str, Any] = encode(event)
    return {"version": 1, **wire}


def from_delta(step: int, delta: messages.Delta) -> Event:
    """What a model told while it wrote its reply to this step's query, as an event."""
    if isinstance(delta, messages.Retry):
        return Retrying(step, delta.attempt, delta.seconds, delta.reason)
    if isinstance(delta, messages.Wasted):
        return Wasted(step, delta.bill)
    return Streamed(step, delta.part, delta.text)


def apply(turn: Turn, event: Event) -> Turn:
    """The turn after an event."""
    if isinstance(event, (StepStarted, StepFinished)):
        return renewed_turn(turn.with_step(event.step), displays_of(event.step.observation))
    if isinstance(event, LateOutput):
        return with_late(turn, event.step, event.late)
    if isinstance(event, RunFinished):
        return replace(
            turn,
            state=event.state,
            reason=event.reason,
            answer=event.answer,
            seconds=turn.seconds + event.seconds,
            wasted=turn.wasted + event.wasted,
            figures=event.figures,
        )
    return turn
