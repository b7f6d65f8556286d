"""Runs what is recorded again, in order, in an environment: no model is asked.

What the policy would ask about is not run, nor what did such things by its record, nor what needs
what these would have made. Every cell ends in a named state, and the run of them in bounded time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence, Set
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timezone
from typing import Literal

from ..engine.aftermath import displays_of, renewed_observation
from ..engine.environment import Environment, Namespace, Produced
from ..engine.policy import Policy
from ..engine.trajectory import Action, Display, Observation
from ..errors import EnvironmentFailure
from .comparing import Comparing, Difference, verdict
from .depending import Missing
from .normalising import Normalising
from .recorded import Part
from .repeating import in_words, repeated

State = Literal[
    "same",
    "changed",
    "new",
    "missing",
    "skipped",
    "no end",
    "timeout",
    "interrupted",
    "died",
    "not run",
]
LEAST_SECONDS, TIMES = 60.0, 10.0
OWN_SECONDS = 3_600.0  # how long a cell of the person's took is not recorded
RUN = "rebuild"  # in the place of a run's id: front ends show nothing of these requests
INTERRUPTIONS = ("KeyboardInterrupt", "CancelledError")
UNKNOWN = "its outcome is unknown in the record: it is never run again"
CALLED_OFF = "it was interrupted in the record: how far it came cannot be repeated"


@dataclass(frozen=True)
class Outcome:
    """What became of a part: its state, why it was not run, and how its outputs differ.

    `kinds` are the effects that must be allowed before it is run.
    """

    part: Part
    state: State
    _: KW_ONLY
    why: str = ""
    seen: Observation | None = None
    differences: tuple[Difference, ...] = ()
    kinds: tuple[str, ...] = ()


def seconds_for(part: Part) -> float:
    """How long a part may take, when nobody says."""
    return OWN_SECONDS if part.own else max(LEAST_SECONDS, TIMES * part.seconds)


@dataclass
class Replay:
    """One going through the parts; `limit` gives the seconds that a part may take.

    `allowed` are the kinds of effect that a part may have had in the record; `folder` is the
    notebook's own, where the environment works in a copy of it.
    """

    environment: Environment
    policy: Policy
    normalising: Normalising = field(default_factory=Normalising)
    _: KW_ONLY
    allowed: Set[str] = frozenset()
    folder: str = ""
    limit: Callable[[Part], float] = seconds_for
    on_part: Callable[[int, Part], None] = lambda number, part: None
    on_output: Callable[[Produced], None] = lambda output: None

    async def run(self, parts: Sequence[Part]) -> tuple[Outcome, ...]:
        """Run these parts and say what became of each."""
        self._missing = Missing()
        self._now = datetime.now(timezone.utc).isoformat()
        outcomes: list[Outcome] = []
        over = ""
        for number, part in enumerate(parts, 1):
            if over:
                outcomes.append(Outcome(part, "not run", why=over))
                continue
            self.on_part(number, part)
            outcome = await self._outcome(part, number)
            outcomes.append(outcome)
            over = _ends_with(outcome)
            _renew(outcomes, displays_of(outcome.seen))
            if outcome.seen is not None and (part.ends or number == len(parts)):
                self._take_late(outcomes)
        return tuple(self._judged(outcome) for outcome in outcomes)

    async def _outcome(self, part: Part, number: int) -> Outcome:
        action = Action(part.code, f"{RUN}-{number}-action")
        refused = self._refused(part, action)
        if refused is None:
            seen, timed_out = await self._run(action, self.limit(part))
            refused = self._ended(part, seen, timed_out)
        if refused.state not in ("same", "interrupted", "died"):
            self._missing.add(part.code, part.made, part.label)
        return refused

    def _refused(self, part: Part, action: Action) -> Outcome | None:
        """Why a part is not run; None when it may run."""
        if part.state in ("unknown", "interrupted"):
            why = UNKNOWN if part.state == "unknown" else CALLED_OFF
            return Outcome(part, "no end", why=why)
        if why := self._missing.needed_by(part.code, but=_undefined(part)):
            return Outcome(part, "skipped", why=why)
        namespace = self.environment.namespace()
        verdict = self.policy.assess(action, namespace)
        recorded = self._recorded(part, namespace)
        if verdict.decision == "allow" and not recorded:
            return None
        reasons = [verdict.why] * (verdict.decision != "allow")
        reasons += [in_words(tuple(recorded))] * bool(recorded)
        asked = () if verdict.decision == "allow" else verdict.kinds
        kinds = tuple(sorted({*asked, *recorded.values()}))
        return Outcome(part, "skipped", why="; ".join(reasons), kinds=kinds)

    def _recorded(self, part: Part, namespace: Namespace) -> dict[str, str]:
        """What it did by its record that is not allowed, each in words, with its kind."""
        folders = [folder for folder in (namespace.workspace, self.folder) if folder]
        directory = namespace.directory or namespace.workspace
        found = repeated(part.touched, folders, directory)
        return {words: kind for kind, words in found if kind not in self.allowed}

    async def _run(self, action: Action, seconds: float) -> tuple[Observation, bool]:
        """Run an action for so long at most; a thread watches, because code may block our loop."""
        late = threading.Event()

        def expire() -> None:
            late.set()
            self.environment.interrupt()

        timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), expire)
        timer.daemon = True
        timer.start()
        try:
            seen = await self.environment.execute(action, on_output=self.on_output)
        except EnvironmentFailure as error:
            seen = Observation("unknown", lost=str(error))
        finally:
            timer.cancel()
        return seen, late.is_set()

    def _ended(self, part: Part, seen: Observation, timed_out: bool) -> Outcome:
        """What became of a part that ran, before its outputs are compared."""
        if timed_out and seen.status in ("interrupted", "error"):
            why = f"it took longer than {self.limit(part):g} s and was interrupted"
            return Outcome(part, "timeout", why=why, seen=seen)
        if seen.status in ("unknown", "rejected"):
            return Outcome(part, "died", why=seen.lost or "its outcome is unknown", seen=seen)
        if seen.status == "interrupted" or _is_interrupt(part, seen):
            return Outcome(part, "interrupted", why="it was interrupted", seen=seen)
        return Outcome(part, "same", seen=seen)

    def _take_late(self, outcomes: list[Outcome]) -> None:
        """What threads put out at a turn's end is its last step's, as in the record."""
        late, last = self.environment.late(), outcomes[-1]
        if last.seen is not None and late.outputs:
            seen = replace(last.seen, outputs=last.seen.outputs + late.outputs)
            outcomes[-1] = replace(last, seen=seen)
        _renew(outcomes, displays_of(late))

    def _judged(self, outcome: Outcome) -> Outcome:
        """The outcome with what differs; parts that did not run to their end stay as they are."""
        part, seen = outcome.part, outcome.seen
        if outcome.state != "same" or seen is None:
            return outcome
        comparing = Comparing(self.normalising, part.started, self._now)
        found = comparing.differences(part.outputs, seen.outputs)
        if not found and seen.status != part.state:
            found = (Difference("changed", "end", f"it ended {part.state}, and now {seen.status}"),)
        state = verdict(part.outputs, seen.outputs, found)
        return replace(outcome, state=state, differences=found)


def packages_missing(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The packages that the environment lacks and the record had."""
    found = []
    for outcome in outcomes:
        then = {o.ename for o in outcome.part.outputs if o.kind == "error"}
        for output in outcome.seen.outputs if outcome.seen is not None else ():
            if output.kind == "error" and output.ename == "ModuleNotFoundError":
                name = output.evalue.partition("'")[2].partition("'")[0]
                found += [name.partition(".")[0]] * ("ModuleNotFoundError" not in then)
    return tuple(dict.fromkeys(filter(None, found)))


def _ends_with(outcome: Outcome) -> str:
    """Why nothing is run after this; empty when the next part is."""
    if outcome.state == "died":
        return f"the kernel was lost in {outcome.part.label}"
    if outcome.state == "interrupted":
        return f"it was interrupted in {outcome.part.label}"
    return ""


def _undefined(part: Part) -> str:
    """The name that was not there when this was recorded either; empty when it lacked none."""
    errors = (each for each in part.outputs if each.kind == "error" and each.ename == "NameError")
    return next((error.evalue.partition("'")[2].partition("'")[0] for error in errors), "")


def _is_interrupt(part: Part, seen: Observation) -> bool:
    """Whether somebody interrupted the kernel past us."""
    then = {output.ename for output in part.outputs if output.kind == "error"}
    now = {output.ename for output in seen.outputs if output.kind == "error"}
    return bool((now - then) & set(INTERRUPTIONS))


def _renew(outcomes: list[Outcome], displays: dict[str, Display]) -> None:
    """Show these displays wherever one of the same id is shown."""
    if not displays:
        return
    for place, outcome in enumerate(outcomes):
        if outcome.seen is not None:
            seen = renewed_observation(outcome.seen, displays)
            outcomes[place] = replace(outcome, seen=seen)
