"""`%codeact undo` and `%codeact redo`: say what will be done, ask, and do it."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from ..engine.trajectory import Turn
from ..engine.undoing import Undoable
from ..errors import SettingsError, UndoError
from ..session import Session
from . import undo_words
from .conversation import Conversation, can_ask
from .magic_flags import MagicFlags

T = TypeVar("T")
STEP = re.compile(r"\d+\.\d+")
NO_ONE = "nobody can be asked here; add --yes to do it without being asked"


class Wish(NamedTuple):
    """What a line asks for: a run, or the last one; without a question; conflicts too."""

    run: str
    yes: bool
    everything: bool


def undo(conversation: Conversation, rest: str) -> None:
    """Take the last run back, after a preview and a question."""
    _revert(conversation, rest, undone=True)


def redo(conversation: Conversation, rest: str) -> None:
    """Bring back what was undone, after a preview and a question."""
    _revert(conversation, rest, undone=False)


def _revert(conversation: Conversation, rest: str, *, undone: bool) -> None:
    word = "undo" if undone else "redo"
    wish = _wish(word, rest)
    session, turn = _run_of(conversation, wish.run)
    seen = waited(session.undoing.look(turn.run))
    if seen.undone is undone:
        if undone:
            raise UndoError(f"the run {turn.run} is undone; `%codeact redo` brings it back")
        raise UndoError(f"the run {turn.run} is not undone; `%codeact undo` takes it back")
    print(undo_words.preview(turn, seen))
    overwrite = _confirmed(conversation, wish, seen, word)
    if overwrite is None:
        print("Nothing was changed.")
        return
    restored = waited(session.undoing.put_back(turn.run, overwrite=overwrite, shown=seen.digest))
    conversation.environment.note(undo_words.told(turn.task, restored, undone=undone))
    print(undo_words.outcome(restored, undone=undone))


def _wish(word: str, rest: str) -> Wish:
    flags = MagicFlags(prog=f"%codeact {word}", add_help=False, allow_abbrev=False)
    flags.add_argument("run", nargs="?", default="")
    flags.add_argument("--yes", action="store_true")
    flags.add_argument("--all", action="store_true")
    try:
        options = flags.parse_args(shlex.split(rest))
    except ValueError as error:
        raise SettingsError(f"%codeact {word}: {error}: {rest!r}") from None
    if STEP.fullmatch(options.run):
        raise UndoError(
            f"only whole runs are undone, and {options.run!r} is a step; `%codeact fork "
            f"{options.run}` goes on from it in a notebook of its own"
        )
    return Wish(options.run, options.yes, options.all)


def _run_of(conversation: Conversation, run: str) -> tuple[Session, Turn]:
    session = conversation.session
    if session is None or not session.undoing.last:
        raise UndoError("there is nothing to undo: no run has acted in this kernel yet")
    last = session.undoing.last
    wanted = run or last
    turns = [turn for turn in session.trajectory.turns if turn.run.startswith(wanted)]
    if len(turns) != 1 or turns[0].run != last:
        raise UndoError(
            f"only the last run that acted can be undone, {last!r}, and not {wanted!r}: an earlier "
            "one's checkpoint is gone with the next run"
        )
    return session, turns[0]


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
        asked = "Also what was changed again since? [y/N] "
        return input(asked).strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return None
    except NotImplementedError:
        raise UndoError(f"{NO_ONE}: %codeact {word} --yes") from None


def waited(work: Coroutine[Any, Any, T]) -> T:
    """What comes of this work, which is done in a thread: the shell's own loop is busy with us."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
