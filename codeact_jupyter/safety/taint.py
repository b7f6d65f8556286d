"""Whether a conversation has read data from outside: a file, the network, another program.

Told from the trajectory alone, so that a conversation that is resumed is as tainted as it was.
"""

from __future__ import annotations

from ..engine.trajectory import Step, Trajectory

# What brings data of others into the conversation.
BRINGING = frozenset(
    {"reads", "read-outside", "network", "process", "database", "environment", "dynamic"}
)
# What asks in a tainted conversation even where the person allowed it for good: ways to send data
# away, to get at what is worth sending, and to make more code run.
ASKS_WHEN_TAINTED = frozenset({"network", "environment", "install", "process", "startup-file"})


def tainted_by(trajectory: Trajectory) -> Step | None:
    """The first step that ran and read data from outside; None when none did."""
    for turn in trajectory.turns:
        for step in turn.steps:
            ran = step.action is not None and step.state not in ("rejected",)
            kinds = set(step.approval.kinds) if step.approval is not None else set()
            if ran and kinds & BRINGING:
                return step
    return None
