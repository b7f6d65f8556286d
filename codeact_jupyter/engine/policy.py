"""May this action run: allow, ask, or deny."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

from .environment import Namespace
from .trajectory import Action

# For how long a yes counts: this action; this kind of effect in this run, or in this notebook.
Scope = Literal["once", "run", "notebook"]


@dataclass(frozen=True)
class Verdict:
    """What a policy thinks of an action before anybody is asked, and why.

    `kinds` names the kinds of effect that the reasons are of; `seen` all kinds that the code has,
    those too that nobody is asked about; `scopes` for how long a yes may count.
    """

    decision: Literal["allow", "ask", "deny"]
    reasons: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ("once",)

    @property
    def why(self) -> str:
        """The reasons that it asks for, in a sentence; without one it asks as every action does."""
        every = "every action asks in the mode `ask`"
        return f"it {'; it '.join(self.reasons)}" if self.reasons else every


@dataclass(frozen=True)
class Answered:
    """A person's answer: run it, run this other code, or do not; with a word to the model."""

    decision: Literal["allow", "edit", "reject"]
    word: str = ""
    code: str = ""
    scope: Scope = "once"


class Policy(Protocol):
    """Decides what may run; no model decides this."""

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        """Judge an action by what it may touch; called once for each, before it runs."""

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        """Ask the person; called when `assess` said so. Cancelled when the run is stopped."""


def code_hash(code: str) -> str:
    """The sha-256 that binds an approval to exactly this code."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
