"""The policy of a person's own kernel: what plainly touches more than variables asks first.

A gate for accidents, not a wall: code in the person's kernel has the person's rights.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Set
from pathlib import Path
from typing import Literal

from ..engine.environment import Namespace
from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from .effects import effects_of

AskPerson = Callable[[Action, Verdict], Awaitable[Answered]]
MOST_REASONS = 8


class Gate:
    """Asks about every action (`ask`), about risky ones (`risky`), or about none (`never`).

    Without `ask_person` nobody can be asked: what would ask is denied, and the model is told.
    `allowed` are the kinds of effect that the person has allowed here once for all.
    """

    def __init__(
        self,
        mode: Literal["ask", "risky", "never"],
        ask_person: AskPerson | None = None,
        *,
        allowed: Set[str] = frozenset(),
    ) -> None:
        self._mode = mode
        self._ask_person = ask_person
        self._allowed = allowed

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        if self._mode == "never":
            return Verdict("allow")
        effects = effects_of(
            action.code,
            workspace=Path(namespace.workspace),
            directory=Path(namespace.directory) if namespace.directory else None,
            protected=namespace.persons,
            bindings=namespace.bindings,
            texts=namespace.texts,
            sources=namespace.sources,
            folders=namespace.folders,
        )
        effects = tuple(effect for effect in effects if effect.kind not in self._allowed)
        kinds = tuple(sorted({effect.kind for effect in effects}))
        reasons = tuple(f"{effect.detail} (line {effect.line})" for effect in effects)
        if not reasons and self._mode == "risky":
            return Verdict("allow")
        reasons = reasons[:MOST_REASONS] or ("every action asks in the mode `ask`",)
        if self._ask_person is None:
            return Verdict("deny", (f"nobody can be asked here, and it {'; it '.join(reasons)}",))
        return Verdict("ask", reasons, kinds)

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        assert self._ask_person is not None
        return await self._ask_person(action, verdict)
