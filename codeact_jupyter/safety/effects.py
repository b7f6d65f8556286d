"""What an action's code plainly may touch, read from its syntax tree before it runs.

This is a gate for accidents, not a wall. It finds what honest code says openly: a deletion, a
download, a path outside the working directory. Code written to deceive passes it, and so does what
happens inside functions defined elsewhere. Containing code is for a sandbox; this says when to ask.

Nothing is run and no model is asked; links in paths are followed, and `exists` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from .kinds import Effect, EffectKind
from .paths import Workspace
from .reading import Reading

__all__ = ["Effect", "EffectKind", "effects_of"]

_NO_BINDINGS: Mapping[str, str] = MappingProxyType({})


def effects_of(
    code: str,
    *,
    workspace: Path,
    directory: Path | None = None,
    protected: frozenset[str] = frozenset(),
    bindings: Mapping[str, str] = _NO_BINDINGS,
    exists: Callable[[Path], bool] = Path.exists,
) -> tuple[Effect, ...]:
    """Say what the code plainly may touch, in the order of its lines.

    `directory` is where a relative path begins when the code does: `workspace`, unless it is given.
    `protected` are the names the person made. `bindings` says what the names of the live namespace
    are bound to, such as `{"sp": "subprocess", "df": "pandas.DataFrame()"}`; a name missing there
    stands for itself. `exists` may be narrowed to files the person made, so that the agent may
    overwrite its own.
    """
    root = workspace.resolve()
    place = Workspace(root, root if directory is None else directory.resolve(), exists)
    reading = Reading(place, protected, bindings)
    reading.cell(code)
    return tuple(
        sorted(reading.found, key=lambda effect: (effect.line, effect.kind, effect.detail))
    )
