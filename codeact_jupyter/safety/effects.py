"""What an action's code plainly may touch, read from its syntax tree before it runs.

This is a gate, not a wall. It finds what code says openly, what the functions of the notebook and
of the person's own files do when they are called, and the usual ways around a reading: what cannot
be read counts as risky. What happens inside installed packages is not read, and somebody who means
to get past it will in the end. Containing code is for a sandbox; this says when to ask.

Nothing is run and no model is asked; links in paths are followed, and `exists` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .kinds import Effect, EffectKind
from .live import LiveNames
from .local_modules import LocalModules
from .paths import Workspace
from .reading import Reading

__all__ = ["Effect", "EffectKind", "Effects", "effects_of", "read_effects"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Effects:
    """What code may touch, in the order of its lines; and whether it reads data of files."""

    found: tuple[Effect, ...]
    reads: bool


def read_effects(
    code: str,
    *,
    workspace: Path,
    directory: Path | None = None,
    protected: frozenset[str] = frozenset(),
    bindings: Mapping[str, str] = _NOTHING,
    texts: Mapping[str, str] = _NOTHING,
    sources: Mapping[str, str] = _NOTHING,
    folders: Sequence[str] = (),
    locked: frozenset[str] = frozenset(),
    names: frozenset[str] = frozenset(),
    exists: Callable[[Path], bool] = Path.exists,
) -> Effects:
    """Say what the code may touch.

    `directory` is where a relative path begins when the code does: `workspace`, unless it is given.
    `protected` are the names the person made. `bindings` says what the names of the live namespace
    are bound to, such as `{"sp": "subprocess", "df": "pandas.DataFrame()"}`; a name missing there
    stands for itself. `texts` are the short texts and paths that names hold, `sources` the code of
    the functions and classes written in the notebook (empty where it is not known), and `folders`
    where modules of the person's are found. `exists` may be narrowed to files the person made, so
    that the agent may overwrite its own. `locked` are the names that the person locked, and `names`
    all that are bound, to whatever it is.
    """
    root = workspace.resolve()
    place = Workspace(root, root if directory is None else directory.resolve(), exists)
    known = LiveNames(protected, bindings, texts, sources, locked, names)
    modules = LocalModules([place.directory, root, *map(Path, folders)])
    reading = Reading(place, known, modules)
    reading.cell(code)
    ordered = sorted(reading.found, key=lambda each: (each.line, each.kind, each.detail))
    return Effects(tuple(ordered), reading.reads)


def effects_of(code: str, **known: Any) -> tuple[Effect, ...]:
    """Say what the code may touch that may be asked about; `known` is as for `read_effects`."""
    return read_effects(code, **known).found
