"""`%codeact undo` and `%codeact redo`: say what will be done, ask, and do it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..engine.undoing import Undoable
from ..environments.own_cells import OwnCells, shown_as_cells
from ..errors import SettingsError, UndoError
from . import undo_words
from .conversation import Conversation, can_ask
from .magic_flags import MagicFlags
from .undo_targets import heading, to_redo, to_undo

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

T = TypeVar("T")
NO_ONE = "nobody can be asked here; add --yes to do it without being asked"


class Wish(NamedTuple):
    """What a line asks for: a run, a step, or the last run; without a question; conflicts too."""

    what: str
    yes: bool
    everything: bool


def undo(conversation: Conversation, rest: str) -> None:
    """Take a run or a step back, with all after it, after a preview and a question."""
    _revert(conversation, rest, undone=True)


def redo(conversation: Conversation, rest: str) -> None:
    """Bring back what was undone last, after a preview and a question."""
    _revert(conversation, rest, undone=False)


def _revert(conversation: Conversation, rest: str, *, undone: bool) -> None:
    word = "undo" if undone else "redo"
    wish = _wish(word, rest)
    session = conversation.session
    if session is None:
        raise UndoError(f"there is nothing to {word}: no run has acted in this kernel yet")
    turns, undoing = session.trajectory.turns, session.undoing
    points = waited(undoing.points())
    point = (to_undo if undone else to_redo)(points, turns, wish.what)
    seen = waited(undoing.look(point))
    first = heading(word.capitalize(), wish.what, seen.points, turns)
    shell = conversation.shell
    print(undo_words.preview(first, seen, undo_words.mentioned(turns), cells=_cell_words(shell)))
    overwrite = _confirmed(conversation, wish, seen, word)
    if overwrite is None:
        print("Nothing was changed.")
        return
    restored = waited(undoing.put_back(point, overwrite=overwrite, shown=seen.digest))
    conversation.environment.note(undo_words.told(seen.points, turns, restored, undone=undone))
    print(undo_words.outcome(restored, undone=undone))
    if shown_as_cells(shell):
        OwnCells(shell).tell_reverted(list(seen.points), undone=undone)


def _cell_words(shell: InteractiveShell) -> str:
    """What becomes of what is shown of the runs."""
    if shown_as_cells(shell):
        return "those of the runs go or come with it; those that you edited or locked stay"
    if hasattr(shell, "kernel"):
        return "stay: what is shown of the runs under their %%codeact cells is not taken away here"
    return "none: what a terminal showed stays"


def _wish(word: str, rest: str) -> Wish:
    flags = MagicFlags(prog=f"%codeact {word}", add_help=False, allow_abbrev=False)
    flags.add_argument("what", nargs="?", default="")
    flags.add_argument("--yes", action="store_true")
    flags.add_argument("--all", action="store_true")
    try:
        options = flags.parse_args(shlex.split(rest))
    except ValueError as error:
        raise SettingsError(f"%codeact {word}: {error}: {rest!r}") from None
    return Wish(options.what, options.yes, options.all)


def _confirmed(conversation: Conversation, wish: Wish, seen: Undoable, word: str) -> bool | None:
    """Whether what was changed since is to be put back too; None when nothing is to be done."""
    again = any(change.conflict for change in seen.changes)
    if wish.yes:
        return wish.everything
    if not can_ask(conversation.shell):
        raise UndoError(f"{NO_ONE}: %codeact {word} --yes")
    try:
        if input(f"{word.capitalize()} this? [y/N] ").strip().lower() not in ("y", "yes"):
            return None
        if not again or wish.everything:
            return wish.everything
        return input(undo_words.ALSO).strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return None
    except NotImplementedError:
        raise UndoError(f"{NO_ONE}: %codeact {word} --yes") from None


def waited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of this work, which is done in a thread: the shell's own loop is busy with us."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
