"""What an action was seen to touch outside of the variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Touched:
    """Something outside of the variables that an action was seen to touch, and how.

    `kind` is `reads`, `writes`, `deletes`, `moves`, `process` or `network`; or `changed`, of a file
    of the working directory that somebody changed while it ran.
    """

    kind: str
    what: str
