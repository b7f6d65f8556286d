"""`codeact replay`: runs a notebook's runs again in a new kernel, and compares with the record."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from ..environments.hiding import Hiding
from ..environments.kernel import KernelEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document
from ..notebook.files import require_writable
from ..record.normalising import Normalising
from ..record.recorded import Part, parts_in
from ..record.replaying import Outcome, Replay, packages_missing
from ..record.reporting import (
    counts_in_words,
    difference_in_words,
    is_same,
    report_path,
    write_report,
)
from ..safety.gate import Gate
from ..safety.kinds import KINDS
from ..settings import Settings, load_settings, secrets_of
from .exits import EXIT_CODES
from .interrupts import interruptible
from .running import kernel_mismatch

DIFFERS = 1
COLOURS = {"same": "green", "skipped": "yellow", "not run": "dim"}


def replay_notebook(options: argparse.Namespace) -> int:
    """Replay the notebook of these options; returns the exit code."""
    document = recorded_notebook(options.file)
    kernel = options.kernel or _kernel_of(document)
    kernel_mismatch(document, kernel)
    parts = parts_in(document.content, own=options.with_own_cells)
    if not parts:
        raise NotebookError(
            f"{str(options.file)!r} holds no run of codeact that ran any code: nothing to replay"
        )
    folder = options.cwd or options.file.resolve().parent
    if not folder.is_dir():
        raise SettingsError(f"there is no directory {str(folder)!r}; choose another with --cwd")
    target = options.output or report_path(options.file)
    if target.exists():
        raise NotebookError(f"{str(target)!r} exists; name another file for the report with -o")
    require_writable(target)
    normalising = Normalising(options.tolerance, ignored=_patterns(options.ignore))
    console = Console()
    work = _replayed(options, parts, kernel, folder, normalising, console)
    outcomes = asyncio.run(work)
    declared = normalising.said()
    write_report(outcomes, target, source=options.file, kernel=kernel, declared=declared)
    _show(console, outcomes, target, own=options.with_own_cells)
    if any(outcome.state == "interrupted" for outcome in outcomes):
        return EXIT_CODES["interrupted"]
    return 0 if is_same(outcomes) else DIFFERS


def recorded_notebook(path: Path) -> Document:
    """The notebook at this path; raises NotebookError when there is none that can be read."""
    if not path.exists():
        raise NotebookError(f"there is no notebook {str(path)!r}")
    return Document(path)


def allowed_kinds(words: Sequence[str]) -> frozenset[str]:
    """The kinds of effect that `--allow` names; raises SettingsError for one there is not."""
    kinds = [kind.strip() for word in words for kind in word.split(",") if kind.strip()]
    if unknown := [kind for kind in kinds if kind not in (*KINDS, "all")]:
        raise SettingsError(
            f"--allow knows no kind {unknown[0]!r}; choose from: {', '.join(KINDS)}, all"
        )
    return frozenset(KINDS if "all" in kinds else kinds)


def unasked(allowed: frozenset[str]) -> Gate:
    """The policy of a replay: what it would ask about, and is not allowed, is not run."""

    async def nobody(action: Action, verdict: Verdict) -> Answered:
        return Answered("reject")

    return Gate("risky", nobody, allowed=allowed)


async def _replayed(
    options: argparse.Namespace,
    parts: Sequence[Part],
    kernel: str,
    folder: Path,
    normalising: Normalising,
    console: Console,
) -> tuple[Outcome, ...]:
    settings = load_settings({})
    limit: dict[str, Any] = {"limit": lambda part: options.timeout} if options.timeout else {}
    with console.status("starting the kernel") as status:
        environment = await KernelEnvironment.start(kernel, workspace=folder.resolve())
        try:
            with interruptible(environment.interrupt):
                replay = Replay(
                    Hiding(environment, lambda: secrets_of(settings)),
                    unasked(allowed_kinds(options.allow)),
                    normalising,
                    on_part=lambda number, part: status.update(
                        Text(f"{number} of {len(parts)}: {part.label}")
                    ),
                    **limit,
                )
                return await replay.run(parts)
        finally:
            await environment.close()


def _kernel_of(document: Document) -> str:
    """The kernel that the notebook names, else the one of the settings."""
    spec = document.content["metadata"].get("kernelspec") or {}
    settings: Settings = load_settings({})
    return str(spec.get("name") or settings.kernel)


def _patterns(words: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(map(re.compile, words))
    except re.error as error:
        raise SettingsError(
            f"--ignore: {error.pattern!r} is no regular expression: {error}"
        ) from None


def _show(console: Console, outcomes: Sequence[Outcome], report: Path, *, own: bool) -> None:
    table = Table("cell", "state", "what differs", box=None, pad_edge=False)
    for outcome in outcomes:
        label = f"{outcome.part.label}{' (own)' if outcome.part.own else ''}"
        state = Text(outcome.state, style=COLOURS.get(outcome.state, "red"))
        words = [outcome.why, *map(difference_in_words, outcome.differences)]
        table.add_row(Text(label), state, Text("\n".join(filter(None, words))))
    console.print(table)
    for hint in _hints(outcomes, own=own):
        console.print(Text(hint, style="yellow"))
    console.print(Text(f"\n{counts_in_words(outcomes)} · {report}"), soft_wrap=True)


def _hints(outcomes: Sequence[Outcome], *, own: bool) -> list[str]:
    """What the person can do about it."""
    hints = []
    if missing := packages_missing(outcomes):
        hints.append(f"The kernel lacks {', '.join(missing)}: pip install {' '.join(missing)}")
    if kinds := sorted({kind for outcome in outcomes for kind in outcome.kinds}):
        flags = " ".join(f"--allow {kind}" for kind in kinds)
        hints.append(f"What was skipped for its effects is run with {flags}")
    if not own and _lacks_names(outcomes):
        hints.append("Names are missing: --with-own-cells runs your own cells of the notebook too")
    return hints


def _lacks_names(outcomes: Sequence[Outcome]) -> bool:
    seen = (outcome.seen for outcome in outcomes if outcome.state != "same")
    outputs = (output for each in seen if each is not None for output in each.outputs)
    return any(output.kind == "error" and output.ename == "NameError" for output in outputs)
