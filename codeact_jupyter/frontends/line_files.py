"""`%codeact files`: what the last run changed on disk, in the kernel that it acted in."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..errors import SettingsError
from .files_command import last_acted, shown_or_restored, tell_disk
from .files_subcommand import add_restoring
from .files_words import told
from .magic_flags import MagicFlags

if TYPE_CHECKING:
    from ..session import Session
    from .conversation import Conversation

FILES = "%codeact files"


def files(conversation: Conversation, rest: str) -> None:
    """Show what the last run changed, or put it back. Raises UndoError, SettingsError."""
    flags = MagicFlags(prog=FILES, add_help=False, allow_abbrev=False)
    add_restoring(flags)
    try:
        options = flags.parse_args(shlex.split(rest))
    except ValueError as error:
        raise SettingsError(f"{FILES}: {error}: {rest!r}") from None
    restored = shown_or_restored(last_acted(conversation.trajectory.turns), options)
    if restored is not None and restored.done:
        conversation.environment.note(told(restored.done))


def tell_disk_here(session: Session) -> None:
    """Print what the session's last run changed on disk, and how to put it back here."""
    tell_disk(session, FILES, print)
