"""`%%codeact` and `%codeact` in any IPython.

The cell magic is awaited by its cell: an input transformation makes `await run_cell(...)` of it, so
"Run all", nbclient and papermill wait for the run, actions may await, and an interrupt stops it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from ..environments.persons_cells import PersonsCells
from ..errors import SettingsError
from ..our_cells import ABOVE
from .interrupts import interruptible

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .conversation import Conversation

CELL = "%%codeact"
MODULE = f"__import__({__name__!r}, fromlist=['run_cell'])"
REBUILD = re.compile(ABOVE + r"[ \t]*%codeact[ \t]+rebuild\b(.*)\s*")
COMMENT = re.compile(r"\s*(#.*)?$")

_loaded: WeakKeyDictionary[InteractiveShell, Loaded] = WeakKeyDictionary()


class Loaded:
    """The extension in one shell: it looks at the person's cells, and waits to be used."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.cells = PersonsCells(shell)
        self._conversation: Conversation | None = None

    @property
    def conversation(self) -> Conversation:
        """The shell's conversation with the agent; its modules are imported now."""
        if self._conversation is None:
            from .conversation import Conversation

            self._conversation = Conversation(self.shell, self.cells)
        return self._conversation

    async def run(self, line: str, task: str) -> None:
        """Run a task; an interrupt is ours from here on, while the modules are imported too."""
        with interruptible(self._interrupt):
            await self.conversation.run(line, task)

    def _interrupt(self) -> None:
        if self._conversation is not None:
            self._conversation.interrupt()

    async def rebuild(self, line: str) -> None:
        """Run again what the conversation ran; an interrupt is ours from here on."""
        with interruptible(self._interrupt):
            from .magic_rebuild import rebuild_here

            await rebuild_here(self.conversation, line)

    def line(self, line: str) -> None:
        """What `%codeact` and a word do; `%codeact help` lists the words."""
        from .line_commands import run_line

        run_line(self.conversation, line)


def load(shell: InteractiveShell) -> None:
    """Make the magics known to this shell; a second time changes nothing."""
    if shell in _loaded:
        return
    loaded = _loaded[shell] = Loaded(shell)
    loaded.cells.watch()
    register: Any = shell.register_magic_function
    register(_not_awaited, "cell", "codeact")
    register(loaded.line, "line", "codeact")
    shell.input_transformers_cleanup.append(awaited)


def unload(shell: InteractiveShell) -> None:
    """Take everything back that `load` did."""
    loaded = _loaded.pop(shell, None)
    if loaded is None:
        return
    loaded.cells.unwatch()
    shell.input_transformers_cleanup.remove(awaited)
    for kind in ("cell", "line"):
        shell.magics_manager.magics[kind].pop("codeact", None)


def awaited(lines: list[str]) -> list[str]:
    """A cell that begins with `%%codeact`, or is `%codeact rebuild`, as an `await`.

    Comments may come before it.
    """
    if (alone := REBUILD.fullmatch("".join(lines))) and _autoawait():
        return [f"await {MODULE}.rebuild({alone[1].strip()!r})\n"]
    first = next((at for at, each in enumerate(lines) if not COMMENT.match(each)), 0)
    magic, *flags = (lines[first] if lines else "").split(None, 1) or [""]
    if magic != CELL or not _autoawait():
        return lines
    line, body = "".join(flags).strip(), "".join(lines[first + 1 :]).strip()
    return [f"await {MODULE}.run_cell({line!r}, {body!r})\n"]


def _autoawait() -> bool:
    from IPython import get_ipython

    return bool(getattr(get_ipython(), "autoawait", False))


# Else IPython would take a `%%codeact` line that is being typed for a complete cell.
awaited.has_side_effects = True  # type: ignore[attr-defined]


async def run_cell(line: str, task: str) -> None:
    """Run the task of a `%%codeact` cell in the shell that runs the cell."""
    await _loaded_here().run(line, task)


async def rebuild(line: str) -> None:
    """Do what a `%codeact rebuild` cell says, in the shell that runs the cell."""
    await _loaded_here().rebuild(line)


def _loaded_here() -> Loaded:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or shell not in _loaded:
        raise SettingsError("%%codeact is not loaded here: run %load_ext codeact_jupyter first")
    return _loaded[shell]


def take_over(notebook: str) -> None:
    """Take what a notebook holds, as JSON: its `cells` and `metadata`, if this kernel lacks some of
    the conversation; and `deeds`, what the person did to the cells of its runs.

    Called by the labextension before a `%%codeact` cell; where the magic is not loaded yet, nothing
    is done.
    """
    import json

    from IPython import get_ipython

    from ..notebook.inline import Held
    from .deeds import deed_in_words

    shell = get_ipython()
    if shell is None or shell not in _loaded:
        return
    given, conversation = json.loads(notebook), _loaded[shell].conversation
    if "cells" in given:
        conversation.hold(Held(given["cells"], given.get("metadata")))
    for deed in given.get("deeds") or ():
        conversation.environment.note(deed_in_words(deed))


def _not_awaited(line: str, cell: str) -> NoReturn:
    """Do a task: the agent's actions run in this kernel. `%codeact help` says more."""
    raise SettingsError(
        f"{CELL} must be the first line of its cell, and IPython must await its cells: "
        "run `%autoawait asyncio` once, which is the default"
    )
