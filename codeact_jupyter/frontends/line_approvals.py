"""What `%codeact approvals`, `lent`, `protect` and `unprotect` do in one shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SettingsError
from ..safety.remembered import Entry, chosen
from .approvals import listed
from .borrowing import give_back, lent_words

if TYPE_CHECKING:
    from .conversation import Conversation


def approvals(conversation: Conversation, rest: str) -> None:
    """List what is remembered, or take back what the line names."""
    kept = conversation.remembered
    word, _, name = rest.partition(" ")
    if word in ("--forget", "forget"):
        if not name.strip():
            raise SettingsError("%codeact approvals --forget needs a NAME of the list, or `all`")
        gone = kept.forget(chosen(kept.entries(), name.strip()))
        print(f"{gone} no longer remembered.")
        return
    if rest:
        raise SettingsError(f"%codeact approvals takes `--forget NAME` or nothing, not {rest!r}")
    here = [Entry("this kernel", "locked", each) for each in sorted(conversation.locked)]
    print(listed([*kept.entries(), *here]))


def protect(conversation: Conversation, rest: str) -> None:
    """Lock names: the agent asks before it overwrites, changes or runs them."""
    names = _names(rest, "protect")
    conversation.locked.update(names)  # which holds here, though they could not be remembered
    if conversation.notebook:
        conversation.remembered.add(conversation.notebook, "locked", names)
    print(f"Locked: {', '.join(names)}. The agent asks before it touches them.")


def unprotect(conversation: Conversation, rest: str) -> None:
    """Lock names no more."""
    names = _names(rest, "unprotect")
    entries = [Entry(conversation.notebook, "locked", name) for name in names]
    gone = conversation.remembered.forget(entries) + len(conversation.locked & {*names})
    conversation.locked.difference_update(names)
    if not gone:
        raise SettingsError(f"{', '.join(names)}: not locked; `%codeact approvals` lists what is")
    print(f"No longer locked: {', '.join(names)}.")


def lent(conversation: Conversation, rest: str) -> None:
    """Say what the Jupyter Server lends to this kernel, or give it back."""
    lender = conversation.lender()
    if rest not in ("", "--return"):
        raise SettingsError(f"%codeact lent takes `--return` or nothing, not {rest!r}")
    if lender is None:
        print("This kernel has a key of its own, or no Jupyter Server that lends its model.")
        return
    if rest:
        give_back(lender)
    print(lent_words(lender))


def _names(rest: str, word: str) -> list[str]:
    names = rest.replace(",", " ").split()
    if not names:
        raise SettingsError(f"%codeact {word} needs the name of a variable or function")
    wrong = [name for name in names if not name.isidentifier()]
    if wrong:
        raise SettingsError(f"{wrong[0]!r} is no name that a variable can have")
    return names
