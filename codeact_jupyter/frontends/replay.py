"""`codeact replay`: runs a notebook's runs again in a new kernel, and compares with the record."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from ..environments.hiding import Hiding
from ..environments.kernel import KernelEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document
from ..notebook.writing import free_path, require_new
from ..record.normalising import Normalising
from ..record.recorded import Part, parts_in
from ..record.replaying import Outcome, Replay
from ..record.reporting import (
    counts_in_words,
    is_same,
    write_report,
)
from ..settings import load_settings, secrets_of
from .continuing import kernel_mismatch, kernel_of
from .exits import EXIT_CODES
from .interrupts import interruptible
from .outcomes import hints, lacks_names, table_of
from .rebuilding import allowed_kinds, require_packages, unasked
from .replay_place import Place, place_of

DIFFERS = 1
A_COPY = (
    "What writes over a file that is there can be replayed in a copy of the folder: --cwd DIR "
    "--allow overwrite-file"
)
OWN_CELLS = "Names are missing: --with-own-cells runs your own cells of the notebook too"


def replay_notebook(options: argparse.Namespace) -> int:
    """Replay the notebook of these options; returns the exit code."""
    document = require_notebook(options.file)
    kernel = options.kernel or kernel_of(document) or load_settings({}).kernel
    kernel_mismatch(document, kernel)
    parts = parts_in(document.content, own=options.with_own_cells)
    if not parts:
        raise NotebookError(
            f"{str(options.file)!r} holds no run of codeact that ran any code: nothing to replay"
        )
    folder = options.cwd or options.file.resolve().parent
    if not folder.is_dir():
        raise SettingsError(f"there is no directory {str(folder)!r}; choose another with --cwd")
    target = options.output or free_path(options.file, "replay")
    require_new(target)
    normalising = Normalising(options.tolerance, ignored=_patterns(options.ignore))
    console = Console()
    with place_of(parts, folder, chosen=options.cwd is not None) as place:
        work = _replayed(options, parts, kernel, place, normalising, console)
        outcomes = asyncio.run(work)
    declared = normalising.said()
    write_report(outcomes, target, source=options.file, kernel=kernel, declared=declared)
    console.print(table_of(outcomes))
    more = [OWN_CELLS] if not options.with_own_cells and lacks_names(outcomes) else []
    more += [A_COPY] if any("overwrite-file" in each.kinds for each in outcomes) else []
    more += [place.told] if place.told else []
    for hint in (*hints(outcomes), *more):
        console.print(Text(hint, style="yellow"))
    console.print(Text(f"\n{counts_in_words(outcomes)} · {target}"), soft_wrap=True)
    if any(outcome.state == "interrupted" for outcome in outcomes):
        return EXIT_CODES["interrupted"]
    return 0 if is_same(outcomes) else DIFFERS


def require_notebook(path: Path) -> Document:
    """The notebook at this path; raises NotebookError when there is none that can be read."""
    if not path.exists():
        raise NotebookError(f"there is no notebook {str(path)!r}; look for a typing error")
    return Document(path)


async def _replayed(
    options: argparse.Namespace,
    parts: Sequence[Part],
    kernel: str,
    place: Place,
    normalising: Normalising,
    console: Console,
) -> tuple[Outcome, ...]:
    settings, allowed = load_settings({}), allowed_kinds(options.allow)
    limit: dict[str, Any] = {"limit": lambda part: options.timeout} if options.timeout else {}
    with console.status("starting the kernel") as status:
        environment = await KernelEnvironment.start(kernel, workspace=place.folder)
        try:
            with interruptible(environment.interrupt):
                await require_packages(parts, environment, f"the kernel {kernel!r}")
                replay = Replay(
                    Hiding(environment, lambda: secrets_of(settings)),
                    unasked(allowed, place.exists),
                    normalising,
                    allowed=allowed,
                    folder=str(place.of or ""),
                    on_part=lambda number, part: status.update(
                        Text(f"{number} of {len(parts)}: {part.label}")
                    ),
                    **limit,
                )
                return await replay.run(parts)
        finally:
            await environment.close()


def _patterns(words: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(map(re.compile, words))
    except re.error as error:
        raise SettingsError(
            f"--ignore: {error.pattern!r} is no regular expression: {error}"
        ) from None
