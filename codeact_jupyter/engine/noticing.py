"""What an action was seen to do, against what its code was read to do before it ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from .trajectory import Observation, Step, Touched

WORDS = {
    "writes": "wrote {}",
    "overwrites": "wrote over {}",
    "deletes": "deleted {}",
    "moves": "moved {}",
    "process": "started the process {}",
    "network": "contacted {}",
    # What no hook sees: the files before and after are compared.
    "altered": "changed {}, as its file shows",
    "gone": "left {} deleted",
}
# What libraries ask of the system by themselves, at an import or a first plot: fonts, processors,
# shared libraries. The record has them; nobody is told.
INQUIRIES = frozenset({"fc-list", "ldconfig", "lscpu", "system_profiler", "uname"})
FONTS = (".matplotlib", "matplotlib")  # where a first plot keeps its list of fonts
MOST_TOLD = 5


def noticed(step: Step, seen: Observation, workspace: str) -> Observation:
    """The observation, with what was unforeseen said in words: for the person and the model.

    Only of a step whose code was read to do nothing that asks; else the person knows.
    """
    kinds = set(step.approval.kinds) if step.approval is not None else set()
    if kinds - {"reads"}:
        return seen
    surprising = [each for each in seen.touched if _matters(each, workspace)]
    said = [WORDS[each.kind].format(each.what) for each in surprising[:MOST_TOLD]]
    more = len(surprising) - len(said)
    said += [f"{more} more such things"] * (more > 0)
    return replace(seen, unforeseen=f"it also {'; '.join(said)}") if said else seen


def _matters(touched: Touched, workspace: str) -> bool:
    """Whether this would have been asked about: a new file in the working directory is not."""
    if touched.kind not in WORDS or is_usual(touched):
        return False
    path = PurePath(touched.what)
    return touched.kind != "writes" or (path.is_absolute() and not path.is_relative_to(workspace))


def is_usual(touched: Touched) -> bool:
    """Whether this is what libraries do by themselves, without any harm."""
    if touched.kind == "process":
        return _inquires(touched.what)
    path = PurePath(touched.what)
    return path.parent.name in FONTS and path.name.startswith("fontlist-")


def _inquires(command: str) -> bool:
    """Whether this is one program that only tells of the system, and nothing is done with it."""
    words = command.split()
    return (
        bool(words) and PurePath(words[0]).name in INQUIRIES and not set(command) & set(";|&<>`$\n")
    )
