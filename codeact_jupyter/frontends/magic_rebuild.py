"""`%codeact rebuild` and `%codeact fork`: what the conversation ran, again, or up to a step.

The first is awaited by its cell, like `%%codeact`: it runs the cells in the shell.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.environment import Late, Namespace, News, OnOutput
from ..engine.trajectory import Action, Observation
from ..environments.shell import ShellEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.beginning import is_as_read, new_notebook
from ..notebook.document import Document
from ..notebook.growing import to_cells
from ..notebook.inline import trajectory_of
from ..notebook.writing import free_path, write_new
from ..record.forking import forked_notebook
from ..record.recorded import Part, parts_in
from ..record.signing import own_key, own_signature
from ..session import new_run_id
from .conversation import Conversation
from .interrupts import interruptible
from .magic_flags import MagicFlags
from .outcomes import lines_of
from .rebuilding import allowed_kinds, rebuild
from .resuming import notebook_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NOTHING = (
    "there is nothing to rebuild: no code of a run is known here; name a notebook that holds one: "
    "%codeact rebuild FILE"
)
REBUILD, FORK = "%codeact rebuild", "%codeact fork"


async def rebuild_here(conversation: Conversation, line: str) -> None:
    """Run again in this shell what its conversation, or that of a file, ran.

    Raises SettingsError for a line that cannot be meant, NotebookError for a file that cannot be
    read.
    """
    options = _rebuild_flags(line)
    allowed = allowed_kinds(options.allow)
    content = _content(conversation, options.file)
    known = conversation.trajectory if options.file is None else None
    parts = parts_in(content, own=not options.without_own_cells, known=known)
    if not parts:
        raise SettingsError(NOTHING)
    environment = conversation.environment
    for_good = conversation.remembered.of(conversation.notebook, "locked")
    locked = conversation.locked_names() | for_good
    with conversation.busy(), interruptible(environment.interrupt):
        environment.own_cells = None  # outputs must not come into the cells of the record
        quiet = Quiet(environment)
        told = _told(environment.shell, len(parts))
        outcomes = await rebuild(
            parts, environment, allowed, locked=locked, within=quiet, on_part=told
        )
    held = trajectory_of(content["cells"], content["metadata"].get("codeact"))
    if known is None or not known.turns:
        conversation.take_over(held)
    print("\n".join(lines_of(outcomes)))


def _told(shell: InteractiveShell, count: int) -> Callable[[int, Part], None]:
    """What says under the cell which part is being run again; a terminal has no place for it."""
    if not hasattr(shell, "kernel"):
        return lambda number, part: None
    name = new_run_id()

    def tell(number: int, part: Part) -> None:
        words = {"text/plain": f"Running again {number} of {count}: {part.label}"}
        shell.display_pub.publish(words, transient={"display_id": name}, update=number > 1)

    return tell


def fork_here(conversation: Conversation, line: str) -> None:
    """Write the conversation up to a step as a notebook of its own.

    Raises SettingsError for a step that there is not, NotebookError when it cannot be written.
    """
    at, *more = _words(FORK, line) or [""]
    if not at or len(more) > 1:
        raise SettingsError(f"{FORK} takes a step such as 2.3, and a file to write if you like")
    here, known = _here(conversation), conversation.trajectory
    sign = own_signature() if is_as_read(known, to_cells(known)) else None
    content = new_notebook(known, sign=sign) if known.turns else _content(conversation, None)
    name = here.name if here else ""
    forked = forked_notebook(content, at, run=new_run_id(), name=name, key=own_key())
    beside = here or Path("codeact.ipynb")
    word = f"fork-{at.replace('.', '-')}"
    target = Path(more[0]).expanduser() if more else free_path(beside, word)
    write_new(forked, target)
    print(
        f"{target}\nThis notebook stays as it is. Open that one and press Rebuild in the panel, or "
        f"run in it\n    %load_ext codeact_jupyter\n    {REBUILD}\nThen go on with %%codeact."
    )


class Quiet:
    """The shell's environment, whose outputs are kept from the screen: the record has them."""

    def __init__(self, environment: ShellEnvironment) -> None:
        self._environment = environment

    async def check(self, code: str) -> str | None:
        return await self._environment.check(code)

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.utils.capture import capture_output

        shell = self._environment.shell
        shown, shell.display_pub = shell.display_pub, CapturingDisplayPublisher()
        try:
            with capture_output(display=False):
                return await self._environment.execute(action, on_output=on_output)
        finally:
            shell.display_pub = shown

    def late(self) -> Late:
        return self._environment.late()

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        return await self._environment.news(anew=anew, mentioned=mentioned)

    def namespace(self) -> Namespace:
        return self._environment.namespace()

    def interrupt(self) -> None:
        self._environment.interrupt()

    async def close(self) -> None:
        """The shell stays open."""


def _content(conversation: Conversation, file: str | None) -> dict[str, Any]:
    """The notebook of which the code is run again: the file's, or as it is known here."""
    if file is not None:
        path = Path(file).expanduser()
        if not path.exists():
            raise NotebookError(f"there is no notebook {file!r}; look for a typing error")
        return Document(path).content
    conversation.recover()
    here = _here(conversation)
    return Document(here).content if here is not None else new_notebook(conversation.trajectory)


def _here(conversation: Conversation) -> Path | None:
    """The file of the notebook whose kernel this is; None when it is not known, or not saved."""
    named = notebook_of(conversation.environment.shell)
    return Path(named) if named and Path(named).is_file() else None


def _rebuild_flags(line: str) -> argparse.Namespace:
    flags = MagicFlags(prog=REBUILD, add_help=False, allow_abbrev=False)
    flags.add_argument("file", nargs="?")
    flags.add_argument("--without-own-cells", action="store_true")
    flags.add_argument("--allow", action="append", default=[])
    options, unknown = flags.parse_known_args(_words(REBUILD, line))
    if unknown:
        raise SettingsError(
            f"{REBUILD} takes a file, --without-own-cells and --allow KIND, not {unknown[0]!r}"
        )
    return options


def _words(word: str, line: str) -> list[str]:
    try:
        return shlex.split(re.sub(r"\s#.*", "", line))
    except ValueError as error:
        raise SettingsError(f"{word}: {error}: {line!r}") from None
