"""The words for what code may touch: the kinds of effect, and one effect found on one line.

Knows nothing of Python's syntax, of files or of approval: the reading modules make these, a policy
judges them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

EffectKind = Literal[
    "read-outside",
    "write-outside",
    "overwrite-file",
    "startup-file",
    "locked",
    "delete",
    "process",
    "network",
    "install",
    "environment",
    "kernel",
    "overwrite-name",
    "database",
    "dynamic",
]
# "add" makes or extends something; "replace" would lose what a file held before.
Touch = Literal["read", "add", "replace", "delete"]
KINDS: tuple[EffectKind, ...] = get_args(EffectKind)


@dataclass(frozen=True)
class Effect:
    """One thing the code may touch, in words for a person."""

    kind: EffectKind
    detail: str
    line: int


@dataclass(frozen=True)
class Finding:
    """An effect before its line is known."""

    kind: EffectKind
    detail: str

    def at(self, line: int) -> Effect:
        """Place the finding on a line of the given code."""
        return Effect(self.kind, self.detail, line)


@dataclass(frozen=True)
class Python:
    """Code inside the code, such as the body of `%%time` or the literal given to `exec`.

    `shift` is how many lines below the call it begins; `local` says its assignments stay its own.
    """

    code: str
    shift: int = 0
    local: bool = False


@dataclass(frozen=True)
class Moved:
    """The code goes on in another directory; by itself no effect that anybody is asked about."""

    path: str


@dataclass(frozen=True)
class Searched:
    """Modules are looked for in this folder too, from here on."""

    path: str


@dataclass(frozen=True)
class Reads:
    """Data comes in, from a file of the working directory; nobody is asked about that."""


@dataclass(frozen=True)
class Unnamed:
    """A file or an address is touched of which it is not known which it is."""

    touch: Touch


Outcome = Finding | Python | Moved | Searched | Reads | Unnamed
