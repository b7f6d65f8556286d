"""What running a step again would do outside of the variables, as its record tells.

Its code may look harmless, because a library does it. Files that are made or changed in the
notebook's own folder are no reason not to run it: what would be lost by that is told from the code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from ..engine.noticing import WORDS, is_usual
from ..engine.touched import Touched

# By what was seen, the kind of effect that must be allowed before it is done again.
KINDS = {
    "network": "network",
    "process": "process",
    "deletes": "delete",
    "moves": "delete",
    "gone": "delete",
    "writes": "write-outside",
    "overwrites": "write-outside",
    "altered": "write-outside",
}
INSTALLS = re.compile(r"\b(?:pip3?|conda|mamba|micromamba|uv|apt-get|npm)\b.*?\b(?:un)?install\b")
MADE_UP = re.compile(r"[/\\](?:tmp|pymp-)[a-z0-9_]{8}(?:[/\\]|$)")  # names that never come again
CACHES = ("/.cache/", "/Library/Caches/")
MOST_TOLD = 5


def repeated(
    touched: Sequence[Touched], folders: Sequence[str], directory: str
) -> Iterator[tuple[str, str]]:
    """What of this nobody may do again unasked: the kind of effect, and it in words.

    `folders` are the notebook's own, in which files may be made and changed; relative paths begin
    in `directory`.
    """
    for each in touched:
        kind = KINDS.get(each.kind)
        if kind is None or is_usual(each) or MADE_UP.search(each.what):
            continue
        if kind == "write-outside":
            cached = any(cache in each.what for cache in CACHES)
            if cached or _is_inside(os.path.join(directory, each.what), folders):
                continue
        if kind == "process" and INSTALLS.search(each.what):
            kind = "install"
        yield kind, WORDS[each.kind].format(each.what)


def in_words(said: Sequence[str]) -> str:
    """Why it is not run: `the record says that it contacted …`."""
    more = len(said) - MOST_TOLD
    told = [*said[:MOST_TOLD], *[f"{more} more such things"] * (more > 0)]
    return f"the record says that it {'; '.join(told)}"


def _is_inside(path: str, folders: Sequence[str]) -> bool:
    """Whether it is by its name, or as links have it: the person's links are their own."""
    return any(
        PurePath(plain(path)).is_relative_to(plain(folder))
        for plain in (os.path.abspath, os.path.realpath)
        for folder in folders
    )
