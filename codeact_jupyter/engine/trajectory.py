"""The record as frozen values: what was asked, said, run and seen.

Equal content is equal. Nothing here knows where a value came from or where it is kept; what the
model is sent (`context`) and what a notebook shows (`notebook.cells`) are computed from it.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeAlias

from .bill import NOTHING, Bill
from .bill import Usage as Usage
from .blocks import Block as Block
from .blocks import Message as Message
from .blocks import MimeBundle as MimeBundle
from .figure import Figure
from .touched import Touched as Touched

StepState = Literal["ok", "error", "interrupted", "rejected", "unknown"]
RunState = Literal["running", "waiting", "answered", "stopped", "limit", "failed", "interrupted"]
MistakeKind = Literal["cut", "malformed", "no code", "unknown tool", "syntax error", "empty"]


@dataclass(frozen=True)
class Stream:
    """Text written to stdout or stderr."""

    text: str
    name: Literal["stdout", "stderr"] = "stdout"
    kind: Literal["stream"] = "stream"


@dataclass(frozen=True)
class Display:
    """Something shown with `display()`; `display_id` lets later code update it.

    `was`, of one that later code updated, is the digest of what it showed first.
    """

    data: MimeBundle
    metadata: dict[str, Any] = field(default_factory=dict)
    display_id: str = ""
    kind: Literal["display"] = "display"
    was: str = ""


@dataclass(frozen=True)
class Result:
    """The value of the last expression."""

    data: MimeBundle
    metadata: dict[str, Any] = field(default_factory=dict)
    count: int | None = None
    kind: Literal["result"] = "result"


@dataclass(frozen=True)
class Error:
    """An exception that ended the action; `traceback` is lines as the kernel sent them."""

    ename: str
    evalue: str
    traceback: tuple[str, ...] = ()
    kind: Literal["error"] = "error"


Output: TypeAlias = Stream | Display | Result | Error


@dataclass(frozen=True)
class Variable:
    """A name in the namespace, described without calling any user code."""

    name: str
    type: str
    shape: tuple[int, ...] | None = None
    size: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class NamespaceChange:
    """What an action did to the names."""

    added: tuple[Variable, ...] = ()
    changed: tuple[Variable, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """Code that the model asked to run; `cell` is the id of the cell that shows it."""

    code: str
    cell: str


@dataclass(frozen=True)
class Observation:
    """What came of an action; `lost` says in words what of the output is missing, if anything.

    `updated` are displays of earlier actions that it changed: they are shown there, not here.
    `touched` is what it was seen to do elsewhere; `unforeseen` what of that was not foretold.
    """

    status: StepState
    outputs: tuple[Output, ...] = ()
    _: KW_ONLY
    change: NamespaceChange = NamespaceChange()
    seconds: float = 0.0
    count: int | None = None
    lost: str = ""
    updated: tuple[Display, ...] = ()
    touched: tuple[Touched, ...] = ()
    unforeseen: str = ""


@dataclass(frozen=True)
class Mistake:
    """A fault of the model's that is told to it and never run."""

    kind: MistakeKind
    detail: str


@dataclass(frozen=True)
class Reply:
    """What a model returned: the raw blocks, and what they mean.

    A reply asks for an action (`code`), or holds a `mistake`, or is an answer (neither).
    `calls` are the ids of all tool calls in the blocks, the acted one first: each needs a result
    in the next message. `usage` and `cost` are its own; `wasted` went, before it came, to attempts
    at it that broke off.
    """

    blocks: tuple[Block, ...]
    _: KW_ONLY
    thought: str = ""
    text: str = ""
    code: str | None = None
    calls: tuple[str, ...] = ()
    mistake: Mistake | None = None
    model: str = ""
    stop: str = ""
    usage: Usage = NOTHING.usage
    cost: Decimal | None = None
    wasted: Bill = NOTHING
    seconds: float = 0.0

    @property
    def is_answer(self) -> bool:
        return self.code is None and self.mistake is None

    @property
    def bill(self) -> Bill:
        """All that it took to get this reply."""
        return Bill(self.usage, self.cost) + self.wasted


@dataclass(frozen=True)
class Approval:
    """A person's or the policy's word on an action; bound to the code by its sha-256.

    `kinds` are the kinds of effect that the code was read to have, asked about or not; `scope` is
    for how long the person's yes counts.
    """

    decision: Literal["allowed", "edited", "rejected"]
    by: Literal["policy", "person"]
    code_hash: str
    reasons: tuple[str, ...] = ()
    word: str = ""
    kinds: tuple[str, ...] = ()
    scope: Literal["once", "run", "notebook"] = "once"


@dataclass(frozen=True)
class Step:
    """One query, its action, its observation; `told` is what the model was sent of it."""

    number: int
    reply: Reply
    _: KW_ONLY
    action: Action | None = None
    mistake: Mistake | None = None
    approval: Approval | None = None
    observation: Observation | None = None
    told: tuple[Block, ...] = ()
    started: str = ""

    @cached_property
    def said(self) -> tuple[Message, Message]:
        """What the model said and was told; made once, because each later query sends it again."""
        return Message("assistant", self.reply.blocks), Message("user", self.told)

    @property
    def state(self) -> StepState:
        """The step's state; `unknown` for an action whose observation was never seen."""
        if self.observation is not None:
            return self.observation.status
        return "error" if self.mistake is not None else "unknown"


@dataclass(frozen=True)
class Turn:
    """One task and everything until its answer; `told` is the message that opened it.

    `wasted` went to a query that never got a reply, because the run ended; `figures` are the
    numbers of its answer.
    """

    run: str
    task: str
    told: tuple[Block, ...] = ()
    _: KW_ONLY
    steps: tuple[Step, ...] = ()
    answer: Reply | None = None
    state: RunState = "running"
    reason: str = ""
    started: str = ""
    seconds: float = 0.0
    wasted: Bill = NOTHING
    figures: tuple[Figure, ...] = ()

    def with_step(self, step: Step) -> Turn:
        """The turn with `step` in it, in the place of an earlier state of the same step."""
        before, earlier = self.steps, None
        if before and before[-1].number == step.number:
            before, earlier = before[:-1], before[-1].reply
        turn = replace(self, steps=(*before, step))
        if earlier is None:  # the sums grow with the turn, they are not made anew at each step
            vars(turn)["bill"] = self.bill + step.reply.bill
        elif earlier is step.reply or earlier.bill == step.reply.bill:
            vars(turn)["bill"] = self.bill
        return turn

    @property
    def replies(self) -> tuple[Reply, ...]:
        last = (self.answer,) if self.answer is not None else ()
        return (*(step.reply for step in self.steps), *last)

    @property
    def usage(self) -> Usage:
        return self.bill.usage

    @property
    def cost(self) -> Decimal | None:
        """US dollars, or None when a reply's price is not known."""
        return self.bill.cost

    @cached_property
    def bill(self) -> Bill:
        """All that this turn took, what was wasted too."""
        return sum((reply.bill for reply in self.replies), self.wasted)

    def cell(self, step: int, role: str) -> str:
        """The id of the cell that shows a part of this turn."""
        return f"{self.run}-{step}-{role}"


@dataclass(frozen=True)
class Trajectory:
    """All turns of one conversation, with the system text and tools it was begun with.

    `began` is the run of its first turn, where that is not there any more.
    """

    system: str = ""
    tools: tuple[Block, ...] = ()
    turns: tuple[Turn, ...] = ()
    began: str = ""

    @property
    def name(self) -> str:
        """The run that the conversation began with: what its cells and its chain name it by."""
        return self.began or self.turns[0].run

    def begin(self, turn: Turn) -> Trajectory:
        """The trajectory with a new turn at its end."""
        return replace(self, turns=(*self.turns, turn))

    def with_turn(self, turn: Turn) -> Trajectory:
        """The trajectory with its last turn replaced."""
        return replace(self, turns=(*self.turns[:-1], turn))
