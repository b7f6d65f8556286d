"""Rebuilding a notebook's kernel, and forking a notebook at a step: what is asked and answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...environments.hiding import Hiding
from ...errors import SettingsError
from ...notebook.outputs import KEY
from ...notebook.reading import parsed_notebook
from ...record.forking import forked_notebook
from ...record.recorded import Part, parts_in
from ...record.replaying import Outcome
from ...record.reporting import is_same
from ...record.signing import own_key
from ...safety.locking import locked_by_cells
from ...session import Session, new_run_id
from ..approvals import notebook_key, remembered
from ..outcomes import lines_of
from ..rebuilding import Rebuildable, allowed_kinds, rebuild
from .hub import Hub
from .orders import Json, mapping, notebook_of


@dataclass(frozen=True)
class Rebuilding:
    """What is to be run again in the kernel of a notebook, and which effects are allowed.

    `locked` are the names that its tagged cells lock.
    """

    path: str
    kernel: str
    parts: tuple[Part, ...]
    allowed: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()


def rebuilding_of(body: Any) -> Rebuilding:
    """The rebuilding in a request's body; raises CodeActError, with the field, for what is none."""
    fields = mapping(body, "the body")
    path, kernel, kinds = (fields.get(name) for name in ("path", "kernel", "allow"))
    if not isinstance(path, str) or not isinstance(kernel, str):
        raise SettingsError(f"path and kernel must be texts, not {path!r} and {kernel!r}")
    if not isinstance(kinds or [], list) or not all(isinstance(each, str) for each in kinds or []):
        raise SettingsError(f"allow must be a list of kinds, not {kinds!r}")
    cells, metadata = notebook_of(fields)
    parts = parts_in({"cells": cells, "metadata": {KEY: metadata}}, own=True)
    if not parts:
        raise SettingsError("there is nothing to rebuild: no run of this notebook ran any code")
    allowed = allowed_kinds(kinds or [])
    return Rebuilding(path, kernel, parts, allowed, locked_by_cells(cells))


def goes_on(work: asyncio.Future[Any] | None) -> bool:
    """Whether this was begun and is not over."""
    return work is not None and not work.done()


def require_none(rebuilding: asyncio.Future[Any] | None) -> None:
    """Raise SettingsError while a kernel is being rebuilt."""
    if goes_on(rebuilding):
        raise SettingsError("the kernel is being rebuilt; wait for its end, or stop that")


def require_rest(
    running: asyncio.Future[Any] | None, rebuilding: asyncio.Future[Any] | None, told: str
) -> None:
    """Raise SettingsError while a run goes on, ours or one `told` by a magic, or a rebuilding."""
    if goes_on(running) or told:
        raise SettingsError("a run is going on in this notebook; wait for its end, or stop it")
    require_none(rebuilding)


async def rebuilt_and_told(
    rebuilding: Rebuilding,
    session: Session,
    environment: Rebuildable,
    hub: Hub,
    path: Callable[[], str],
) -> tuple[Outcome, ...]:
    """Rebuild, and tell all who follow the notebook how far that is; `path` is where it is now.

    What is locked for good in the session's notebook stays so; its secrets are kept from the run.
    """
    outcomes: tuple[Outcome, ...] | None = None

    def tell(number: int, part: Part) -> None:
        hub.rebuilds(path(), number, len(rebuilding.parts))

    try:
        outcomes = await rebuild(
            rebuilding.parts,
            environment,
            rebuilding.allowed,
            locked=rebuilding.locked | remembered().of(notebook_key(session.notebook), "locked"),
            within=Hiding(environment, session.secrets),
            on_part=tell,
        )
        return outcomes
    finally:
        hub.rebuilt(path(), None if outcomes is None else rebuilt(outcomes))


def rebuilt(outcomes: Sequence[Outcome]) -> Json:
    """How a rebuilding went, as JSON: in lines, and which effects it skipped."""
    kinds = sorted({kind for outcome in outcomes for kind in outcome.kinds})
    return {"lines": lines_of(outcomes, flags=False), "kinds": kinds, "same": is_same(outcomes)}


def fork_of(body: Any) -> Mapping[str, Any]:
    """The notebook in a request's body up to a step, as JSON; nothing is written.

    Raises CodeActError for what is no notebook, and for a step that there is not.
    """
    fields = mapping(body, "the body")
    name, at = str(fields.get("name") or ""), str(fields.get("at") or "")
    raw = json.dumps(mapping(fields.get("content"), "content")).encode()
    content = parsed_notebook(raw, Path(name))
    forked = forked_notebook(content, at, run=new_run_id(), name=name, key=own_key())
    return {"content": forked}
