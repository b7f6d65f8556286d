"""The port to a place where actions run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .trajectory import Action, Display, Observation, Output, Variable


@dataclass(frozen=True)
class Cleared:
    """The outputs so far are void; with `wait`, when the next one comes."""

    wait: bool = False
    kind: Literal["cleared"] = "cleared"


@dataclass(frozen=True)
class Updated:
    """The display of this id now shows other data."""

    output: Output
    display_id: str
    kind: Literal["updated"] = "updated"


Produced: TypeAlias = Output | Cleared | Updated
OnOutput: TypeAlias = Callable[[Produced], None]


@dataclass(frozen=True)
class Late:
    """What code of earlier actions put out since the last action's end.

    `updated` are displays of earlier actions that show this now; `lost` says what is missing.
    """

    outputs: tuple[Output, ...] = ()
    updated: tuple[Display, ...] = ()
    lost: str = ""


@dataclass(frozen=True)
class Ran:
    """A cell that the person ran: its code, what it printed, and how it ended."""

    code: str
    output: str = ""
    failed: bool = False
    count: int | None = None


@dataclass(frozen=True)
class News:
    """What the environment knows that the model does not know yet.

    `variables` are those that are new or changed, without the `omitted` ones.
    """

    variables: tuple[Variable, ...] = ()
    omitted: int = 0
    deleted: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Namespace:
    """What a policy may know of the place where an action will run.

    Who made the names and what they are bound to; the folder that the person works in; and the
    directory that a relative path begins in now, the same folder unless something moved it.

    `texts` are the short texts and paths that names hold; `sources` the code of functions and
    classes that were written in the notebook, empty where it is not known; `folders` where modules
    are looked for besides those that are installed. `names` are all that are bound.
    """

    persons: frozenset[str] = frozenset()
    bindings: Mapping[str, str] = field(default_factory=dict)
    workspace: str = "."
    directory: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


class Environment(Protocol):
    """Where actions run."""

    async def check(self, code: str) -> str | None:
        """Why this code cannot be compiled, or None. Called before `execute`; runs nothing."""

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        """Run an action to its end; called once a step, after its intent is recorded.

        Always returns: an exception in the code, an interrupt and a dead kernel are observations.
        The observation begins with what came late of the actions before.
        """

    def late(self) -> Late:
        """Take what came late; called at a run's end, when no action follows that would tell it.

        It is not told by the next action any more, but among the next news.
        """

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        """What changed since it was last asked; called at the start of a turn.

        With `anew` a conversation begins, whose model has been told nothing: all names are news.
        Where there are too many to tell, those that are `mentioned` come first.
        """

    def namespace(self) -> Namespace:
        """The names as last seen; called by the policy before each action."""

    def interrupt(self) -> None:
        """Interrupt the running action, and nothing else; may come from any thread, and again."""

    async def close(self) -> None:
        """Give back what was opened; called by who made the environment."""
