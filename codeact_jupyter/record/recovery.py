"""What the journal knows of a notebook's runs and the notebook does not, put together. Pure.

A run that broke off gets an end, and an action whose end nobody saw an unknown outcome. What the
notebook says wins where it says anything: what the person deleted or undid stays away, and a
conversation that went on without a run is not changed, because a model was sent what came after.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..engine.aftermath import UNANSWERED, broken_off
from ..engine.telling import Telling
from ..engine.trajectory import Step, Trajectory, Turn
from ..notebook.versions import has_ended, step_of
from .journal import Entry, Kept

OVER = ("answered", "stopped", "limit", "failed", "interrupted")
TASK_LENGTH = 60


@dataclass(frozen=True)
class Recovered:
    """One run that was put back: as it is now, and as the notebook had it, if it did."""

    turn: Turn
    before: Turn | None = None

    @property
    def missing(self) -> tuple[int, ...]:
        """The steps that the notebook did not have, or not with what came of them."""
        there = {step.number: step for step in self.before.steps} if self.before else {}
        changed = (step for step in self.turn.steps if there.get(step.number) != step)
        return tuple(
            step.number for step in changed if step.state != "unknown" or step.number not in there
        )

    @property
    def words(self) -> str:
        """What the person is told of it."""
        task = " ".join(self.turn.task.split())
        short = task if len(task) <= TASK_LENGTH else f"{task[:TASK_LENGTH]}…"
        parts = [f"Recovered the run {self.turn.run} ({short!r}): {self.turn.state}"]
        if self.missing:
            several = "s" if len(self.missing) > 1 else ""
            numbers = ", ".join(map(str, self.missing))
            parts.append(f"step{several} {numbers} put back from the journal")
        unknown = [step.number for step in self.turn.steps if step.state == "unknown"]
        if unknown:
            parts.append(f"what step {unknown[-1]} did is unknown, and it was not run again")
        waited = [step.number for step in self.turn.steps if _waited(step)]
        if waited:
            parts.append(
                f"step {waited[-1]} waited for your word and did not run: if it is still wanted, "
                "you are asked again"
            )
        return f"{'; '.join(parts)}."


def candidates(
    entries: Sequence[Entry], notebook: str, written: Mapping[str, str], undone: Collection[str]
) -> list[Entry]:
    """Of these runs, the oldest first, those of which the notebook may lack something.

    `written` says how far the notebook's cells of each run went; of those in `undone` an undo took
    cells out.
    """
    found = []
    went_on = set[str]()  # the conversations of which it held a later run
    for entry in reversed(entries):
        reached, is_undone = written.get(entry.run), entry.run in undone
        is_followed = entry.conversation in went_on
        if reached is not None or is_undone:
            went_on.add(entry.conversation)
        if is_followed or is_undone or (reached is not None and has_ended(reached)):
            continue
        if reached is None and (entry.notebook != notebook or entry.placed):
            continue  # it was there and is not any more: the person's doing; or it never was
        found.append(entry)
    return found[::-1]


def completed(
    held: Trajectory,
    kept: Sequence[Kept],
    written: Mapping[str, str],
    began: Mapping[str, int],
) -> tuple[Trajectory, list[Recovered]]:
    """A conversation as the notebook holds it, with what the journal adds to it.

    `kept` are its runs that have ended or broken off, the oldest first; `began` numbers the runs
    that the journal knows as they began.
    """
    recovered = []
    for each in kept:
        last = held.turns[-1] if held.turns else None
        known = last is not None and last.run == each.turn.run
        if not known and (each.turn.run in written or _went_on(held, each.turn, began)):
            continue
        before = last if known else None
        turn = _joined(before, each.turn, written.get(each.turn.run, ""))
        turn = broken_off(turn, Telling())
        if before is None and not turn.replies:
            continue  # it never came to anything
        if turn != before:
            recovered.append(Recovered(turn, before))
            if not held.turns and not held.tools:
                held = replace(each.trajectory, turns=())
            held = held.with_turn(turn) if known else held.begin(turn)
    return held, recovered


def _waited(step: Step) -> bool:
    return step.observation is not None and step.observation.lost == UNANSWERED


def _went_on(held: Trajectory, turn: Turn, began: Mapping[str, int]) -> bool:
    """Whether the conversation has this turn, or was continued after it began.

    The time says it only of turns that the journal does not know: a clock may be set back.
    """

    def is_later(other: Turn) -> bool:
        if other.run in began and turn.run in began:
            return began[other.run] > began[turn.run]
        return other.started > turn.started

    return any(each.run == turn.run or is_later(each) for each in held.turns)


def _joined(held: Turn | None, kept: Turn, reached: str) -> Turn:
    """The turn with what the journal has and the notebook has not."""
    if held is None:
        return kept
    steps = {step.number: step for step in held.steps}
    for step in kept.steps:
        there = steps.get(step.number)
        was_deleted = there is None and bool(reached) and step.number <= step_of(reached)
        if not was_deleted and (there is None or not there.told):
            steps[step.number] = step
    turn = replace(held, steps=tuple(steps[number] for number in sorted(steps)))
    if held.state in OVER or kept.state not in OVER:
        return turn
    end = {name: getattr(kept, name) for name in ("state", "reason", "answer", "seconds", "wasted")}
    return replace(turn, **end)
