"""Rebuilds a kernel: what a conversation ran is run again in it, and the model is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from ..engine.environment import Environment
from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from ..errors import SettingsError
from ..record.needing import lacking, to_install
from ..record.recorded import Part
from ..record.replaying import Outcome, Replay
from ..record.reporting import rebuilt_in_words
from ..safety.gate import Gate
from ..safety.kinds import KINDS


class Rebuildable(Environment, Protocol):
    """An environment that can be rebuilt, and tells its model of it."""

    async def renew(self) -> None:
        """Take the kernel for a new one; called before anything is run again."""

    def hand_over(self, names: Iterable[str]) -> None:
        """Take these names for the person's; called when all was run."""

    def note(self, text: str) -> None:
        """Have something told to the model, once, at the start of the next turn."""


def allowed_kinds(words: Sequence[str]) -> frozenset[str]:
    """The kinds of effect that `--allow` names; raises SettingsError for one there is not."""
    kinds = [kind.strip() for word in words for kind in word.split(",") if kind.strip()]
    if unknown := [kind for kind in kinds if kind not in (*KINDS, "all")]:
        raise SettingsError(
            f"--allow knows no kind {unknown[0]!r}; choose from: {', '.join(KINDS)}, all"
        )
    return frozenset(KINDS if "all" in kinds else kinds)


def unasked(
    allowed: frozenset[str],
    exists: Callable[[Path], bool] = Path.exists,
    locked: frozenset[str] = frozenset(),
) -> Gate:
    """The policy of a replay: what it would ask about, and is not allowed, is not run.

    `exists` says of a path whether something is there that must not be written over; `locked` are
    names that are locked.
    """

    async def nobody(action: Action, verdict: Verdict) -> Answered:
        return Answered("reject")

    return Gate("risky", nobody, allowed=allowed, exists=exists, locked=locked)


LACKS = (
    "{where} lacks {names}, which the record imports, so nothing was run again. "
    "Install what is missing there (in a cell: %pip install {packages}), or choose another kernel"
)


async def require_packages(
    parts: Sequence[Part], environment: Environment, where: str = "the kernel"
) -> None:
    """Raise SettingsError where the kernel lacks a package that these parts import."""
    if names := await lacking(parts, environment):
        words = {"names": ", ".join(names), "packages": to_install(names)}
        raise SettingsError(LACKS.format(where=where, **words))


async def rebuild(
    parts: Sequence[Part],
    environment: Rebuildable,
    allowed: frozenset[str] = frozenset(),
    *,
    locked: frozenset[str] = frozenset(),
    within: Environment | None = None,
    on_part: Callable[[int, Part], None] = lambda number, part: None,
) -> tuple[Outcome, ...]:
    """Run these parts again in the environment's kernel, and have its model told what differed.

    Of the names that are `locked`, those are that the kernel holds now: what is made anew must be
    filled as it was. `within` is what they run through, when something stands before the
    environment. Raises SettingsError where the kernel lacks a package that they import; then
    nothing was run.
    """
    await environment.renew()
    place = within or environment
    await require_packages(parts, place)
    policy = unasked(allowed, locked=locked & environment.namespace().persons)
    outcomes = await Replay(place, policy, allowed=allowed, on_part=on_part).run(parts)
    for outcome in outcomes:
        if outcome.part.own and outcome.seen is not None:
            change = outcome.seen.change
            environment.hand_over(each.name for each in (*change.added, *change.changed))
    environment.note(rebuilt_in_words(outcomes))
    return outcomes
