"""The policy of a person's own kernel: what touches more than variables asks first.

A gate, not a wall: code in the person's kernel has the person's rights.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import Literal

from ..engine.environment import Namespace
from ..engine.outside import first_from_outside
from ..engine.policy import Answered, Scope, Verdict
from ..engine.trajectory import Action, Trajectory
from .effects import Effects, read_effects
from .kinds import Effect
from .remembered import Remembered

AskPerson = Callable[[Action, Verdict], Awaitable[Answered]]
MOST_REASONS = 8
ALWAYS_ASKS = frozenset({"locked"})
# In a conversation that has read data from outside these ask even where the person allowed them for
# good: ways to send data away, to get at what is worth sending, and to make more code run.
ASKS_WHEN_TAINTED = frozenset({"network", "environment", "install", "process", "startup-file"})


class Gate:
    """Asks about every action (`ask`), about risky ones (`risky`), or about none (`never`).

    Without `ask_person` nobody can be asked: what would ask is denied, and the model is told.
    `allowed` are kinds of effect that need no question. `remembered` holds what the person allowed
    and locked for good in `notebook`; `locked` are further names that are locked. `history` gives
    the conversation so far, which says whether it has read data from outside. `exists` tells of a
    path whether something is there that counts. One gate is for one run: what is allowed for a run
    ends with it.
    """

    def __init__(
        self,
        mode: Literal["ask", "risky", "never"],
        ask_person: AskPerson | None = None,
        *,
        allowed: Set[str] = frozenset(),
        remembered: Remembered | None = None,
        notebook: str = "",
        locked: Set[str] = frozenset(),
        history: Callable[[], Trajectory] = Trajectory,
        exists: Callable[[Path], bool] = Path.exists,
    ) -> None:
        self._mode = mode
        self._ask_person = ask_person
        self._allowed = set(allowed)
        self._remembered = remembered
        self._notebook = notebook
        self._locked = locked
        self._history = history
        self._exists = exists

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        effects = self._read(action.code, namespace)
        seen = _seen(effects)
        if self._mode == "never":
            return Verdict("allow", ("nothing is asked in the mode `never`",), seen=seen)
        taint = first_from_outside(self._history())
        lasting = ASKS_WHEN_TAINTED | ALWAYS_ASKS if taint else ALWAYS_ASKS
        allowed = self._all_allowed() - lasting
        asking = [each for each in effects.found if each.kind not in allowed]
        kinds = tuple(sorted({each.kind for each in asking}))
        if not asking and self._mode == "risky":
            return Verdict("allow", _allowed_before(effects), seen=seen)
        reasons = _reasons(asking) or ["every action asks in the mode `ask`"]
        if taint is not None and set(kinds) & ASKS_WHEN_TAINTED:
            reasons.append(f"read data from outside before (step {taint.number})")
        if self._ask_person is None:
            why = f"nobody can be asked here, and it {'; it '.join(reasons)}"
            return Verdict("deny", (why,), kinds, seen)
        return Verdict("ask", tuple(reasons), kinds, seen, self._scopes(kinds, lasting))

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        assert self._ask_person is not None
        answer = await self._ask_person(action, verdict)
        if answer.decision == "allow" and answer.scope in verdict.scopes:
            if answer.scope != "once":
                self._allowed |= set(verdict.kinds)
            if answer.scope == "notebook" and self._remembered is not None:
                with suppress(OSError):  # then it counts for this run
                    self._remembered.add(self._notebook, "allowed", verdict.kinds)
        return answer

    def _read(self, code: str, namespace: Namespace) -> Effects:
        locked = frozenset(self._locked)
        if self._remembered is not None:
            locked |= self._remembered.of(self._notebook, "locked")
        return read_effects(
            code,
            workspace=Path(namespace.workspace),
            directory=Path(namespace.directory) if namespace.directory else None,
            protected=namespace.persons,
            bindings=namespace.bindings,
            texts=namespace.texts,
            sources=namespace.sources,
            folders=namespace.folders,
            locked=locked,
            exists=self._exists,
        )

    def _all_allowed(self) -> set[str]:
        if self._remembered is None:
            return self._allowed
        return self._allowed | self._remembered.of(self._notebook, "allowed")

    def _scopes(self, kinds: Sequence[str], lasting: Set[str]) -> tuple[Scope, ...]:
        if not kinds or set(kinds) & lasting:
            return ("once",)
        keeps = self._remembered is not None and bool(self._notebook)
        return ("once", "run", "notebook") if keeps else ("once", "run")


def _seen(effects: Effects) -> tuple[str, ...]:
    kinds: set[str] = {each.kind for each in effects.found}
    return tuple(sorted(kinds | {"reads"} if effects.reads else kinds))


def _reasons(asking: Sequence[Effect]) -> list[str]:
    reasons = [f"{each.detail} (line {each.line})" for each in asking]
    left_out = len(reasons) - MOST_REASONS
    more = [f"does {left_out} more such things"] if left_out > 0 else []
    return reasons[:MOST_REASONS] + more


def _allowed_before(effects: Effects) -> tuple[str, ...]:
    """What runs because the person allowed it earlier, for the record."""
    kinds = sorted({each.kind for each in effects.found})
    return (f"allowed before: {', '.join(kinds)}",) if kinds else ()
