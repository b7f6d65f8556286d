"""How `codeact run` continues a notebook: in which kernel, and what its model is told of it."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.text import Text

from ..environments.kernel import KernelEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document
from ..record.recorded import parts_in
from ..sandbox import kernelspec
from .outcomes import lines_of
from .rebuilding import allowed_kinds, rebuild

CELLS_TOLD = 20
FRESH_KERNEL = (
    "This notebook was continued in a new kernel: no variable of its earlier cells exists. "
    "Run again what you need of them."
)


async def tell_so_far(
    options: argparse.Namespace,
    document: Document,
    environment: KernelEnvironment,
    console: Console,
) -> None:
    """Have the model told what there is; with `--rebuild` run it again first.

    Raises SettingsError for a kind of effect that there is not.
    """
    if getattr(options, "rebuild", False):
        parts = parts_in(document.content, own=True)
        outcomes = await rebuild(parts, environment, allowed_kinds(options.allow))
        for line in lines_of(outcomes):
            console.print(Text(line, style="dim"))
    else:
        environment.note(FRESH_KERNEL)
    if cells := document.persons_cells[-CELLS_TOLD:]:
        environment.note("The person's own code cells in it:\n" + "\n\n".join(cells))


def require_rebuildable(options: argparse.Namespace) -> None:
    """Raise SettingsError when there is nothing that `--rebuild` or `--allow` could be about."""
    rebuild, path = getattr(options, "rebuild", False), options.notebook
    if getattr(options, "allow", None) and not rebuild:
        raise SettingsError(
            f"--allow {options.allow[0]!r} is about code that --rebuild runs again, and --rebuild "
            "is not given; whether this task's own code may run, --approve says"
        )
    if rebuild and not (path and path.exists()):
        there = f"there is no notebook {str(path)!r}" if path else "no notebook is named"
        raise SettingsError(f"--rebuild: {there}; name the one to run again with --notebook")


def kernel_of(document: Document) -> str:
    """The kernel that the notebook names; empty when it names none."""
    spec = document.content["metadata"].get("kernelspec") or {}
    return str(spec.get("name") or "")


def kernel_within(document: Document, kernel: str, named: str | None) -> str:
    """The kernel of a run in this notebook: what was begun in the sandbox is not run outside it.

    `named` is the kernel that the person chose for this run; `kernel` is the usual one. Raises
    SettingsError when the notebook's sandbox is not installed.
    """
    if named is not None or kernel == kernelspec.NAME or kernel_of(document) != kernelspec.NAME:
        return kernel
    if kernelspec.installed() is None:
        raise SettingsError(
            f"{str(document.path)!r} is of the sandboxed kernel, which is not installed; run: "
            "codeact sandbox install; or choose another kernel with --kernel NAME"
        )
    return kernelspec.NAME


def kernel_mismatch(document: Document, kernel: str) -> str:
    """What to say when the notebook names another kernel; raises when it is not for Python."""
    metadata = document.content["metadata"]
    spec = metadata.get("kernelspec") or {}
    language = (metadata.get("language_info") or {}).get("name") or spec.get("language")
    if language and str(language).lower() not in ("python", "ipython"):
        raise NotebookError(
            f"{str(document.path)!r} is a notebook for {language!r}, and codeact writes Python; "
            "choose another with --notebook"
        )
    if (named := kernel_of(document)) in ("", kernel):
        return ""
    return (
        f"This notebook names the kernel {named!r}; this run uses {kernel!r} "
        f"(--kernel {named} changes that)."
    )
