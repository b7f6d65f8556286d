"""Which steps bring data of others into a conversation: a file, the network, another program."""

from __future__ import annotations

from .trajectory import Step, Trajectory

# The kinds of effect that code is read to have, and those that an action is seen to have.
FORETOLD = frozenset(
    {"reads", "read-outside", "network", "process", "database", "environment", "dynamic"}
)
SEEN = frozenset({"reads", "network"})


def brings_outside(step: Step) -> bool:
    """Whether the step ran, and its code was read, or seen, to read data from outside."""
    if step.action is None or step.state == "rejected":
        return False
    kinds = set(step.approval.kinds) if step.approval is not None else set()
    touched = step.observation.touched if step.observation is not None else ()
    return bool(kinds & FORETOLD or {each.kind for each in touched} & SEEN)


def first_from_outside(trajectory: Trajectory) -> Step | None:
    """The first step that brought data from outside; None when none did.

    Told from the record alone, so that a conversation that is resumed is as it was.
    """
    steps = (step for turn in trajectory.turns for step in turn.steps)
    return next((step for step in steps if brings_outside(step)), None)
