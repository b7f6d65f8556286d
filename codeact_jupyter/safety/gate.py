"""The policy of a person's own kernel: what touches more than variables asks first.

A gate, not a wall: code in the person's kernel has the person's rights.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ..engine.environment import Namespace
from ..engine.outside import first_from_outside
from ..engine.policy import Answered, Scope, Verdict
from ..engine.trajectory import Action, Trajectory
from ..errors import SettingsError
from .calls import PHRASES
from .effects import Effects, read_effects
from .kinds import Effect
from .remembered import Part, Remembered
from .tables import words

AskPerson = Callable[[Action, Verdict], Awaitable[Answered]]
MOST_REASONS = 8
ALWAYS_ASKS = frozenset({"locked"})
# In a conversation that has read data from outside these ask even where the person allowed them for
# good: ways to send data away, to get at what is worth sending, and to make more code run.
ASKS_WHEN_TAINTED = words(
    "network environment install process startup-file dynamic database kernel"
)


class Gate:
    """Asks about every action (`ask`), about risky ones (`risky`), or about none (`never`).

    Without `ask_person` nobody can be asked: what would ask is denied, and the model is told.
    `allowed` are kinds of effect that need no question. `remembered` holds what the person allowed
    and locked for good in `notebook`; where that cannot be read nothing is allowed for good, and
    what overwrites any name asks. `locked` are further names that are locked. `history` gives
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
        kept, unreadable = self._kept()
        locked = kept["locked"] | self._locked
        if unreadable:
            namespace = replace(namespace, persons=namespace.persons | namespace.names)
            locked |= _values(namespace)
        effects = self._read(action.code, namespace, frozenset(locked))
        seen = _seen(effects)
        if self._mode == "never":
            return Verdict("allow", ("nothing is asked in the mode `never`",), seen=seen)
        taint = first_from_outside(self._history())
        lasting = ASKS_WHEN_TAINTED | ALWAYS_ASKS if taint else ALWAYS_ASKS
        lasting |= {"overwrite-name"} if unreadable else frozenset()
        allowed = (self._allowed | kept["allowed"]) - lasting
        asking = [each for each in effects.found if each.kind not in allowed]
        kinds = tuple(sorted({each.kind for each in asking}))
        if not asking and self._mode == "risky":
            return Verdict("allow", _allowed_before(effects), seen=seen)
        reasons = _reasons(asking)  # none where every action asks
        if taint is not None and set(kinds) & ASKS_WHEN_TAINTED:
            reasons.append(f"read data from outside before (step {taint.number})")
        if unreadable:
            reasons.append(f"is not known to be allowed, or not locked: {unreadable}")
        if self._ask_person is None:
            why = f"nobody can be asked here, and {Verdict('ask', tuple(reasons)).why}"
            return Verdict("deny", (why,), kinds, seen)
        keeps = self._remembered is not None and bool(self._notebook) and not unreadable
        scopes = _scopes(kinds, lasting, keeps=keeps)
        return Verdict("ask", tuple(reasons), kinds, seen, scopes)

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        assert self._ask_person is not None
        answer = await self._ask_person(action, verdict)
        if answer.decision == "allow" and answer.scope in verdict.scopes:
            if answer.scope != "once":
                self._allowed |= set(verdict.kinds)
            if answer.scope == "notebook" and self._remembered is not None:
                try:
                    self._remembered.add(self._notebook, "allowed", verdict.kinds)
                except (OSError, SettingsError):  # it counts for the run, as is recorded
                    return replace(answer, scope="run")
        return answer

    def _kept(self) -> tuple[dict[Part, frozenset[str]], str]:
        """What is allowed and locked for good; and why that cannot be read, where it cannot."""
        nothing: dict[Part, frozenset[str]] = {"allowed": frozenset(), "locked": frozenset()}
        if self._remembered is None:
            return nothing, ""
        try:
            return {part: self._remembered.of(self._notebook, part) for part in nothing}, ""
        except SettingsError as error:
            return nothing, str(error)

    def _read(self, code: str, namespace: Namespace, locked: frozenset[str]) -> Effects:
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
            names=namespace.names,
            exists=self._exists,
        )


def _scopes(kinds: Sequence[str], lasting: Set[str], *, keeps: bool) -> tuple[Scope, ...]:
    if not kinds or set(kinds) & lasting:
        return ("once",)
    return ("once", "run", "notebook") if keeps else ("once", "run")


def _values(namespace: Namespace) -> frozenset[str]:
    """The person's names but for functions and modules, which as locked ones could not be used."""
    return frozenset(
        name
        for name in namespace.persons
        if name not in namespace.sources and namespace.bindings.get(name, "()").endswith("()")
    )


def _seen(effects: Effects) -> tuple[str, ...]:
    kinds: set[str] = {each.kind for each in effects.found}
    return tuple(sorted(kinds | {"reads"} if effects.reads else kinds))


def _reasons(asking: Sequence[Effect]) -> list[str]:
    """The effects in words, in the order of their lines; of many, one of each kind comes first.

    What is left out is named by its kinds: a yes may count for all kinds, so that each is read.
    """
    first = {each.kind: each for each in reversed(asking)}
    by_weight = sorted(asking, key=lambda each: each is not first[each.kind])
    told, left_out = by_weight[:MOST_REASONS], by_weight[MOST_REASONS:]
    reasons = [f"{each.detail} (line {each.line})" for each in asking if each in told]
    if left_out:
        kinds = "; ".join(dict.fromkeys(PHRASES[each.kind] for each in left_out))
        reasons.append(f"does {len(left_out)} more such things: {kinds}")
    return reasons


def _allowed_before(effects: Effects) -> tuple[str, ...]:
    """What runs because the person allowed it earlier, for the record."""
    kinds = sorted({each.kind for each in effects.found})
    return (f"allowed before: {', '.join(kinds)}",) if kinds else ()
