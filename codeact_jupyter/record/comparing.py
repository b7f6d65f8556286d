"""Two lists of outputs compared as a person would: what is the same, changed, new or missing.

Text is compared as a whole, whichever pieces it came in; the rest kind by kind, in its order.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal

from ..engine.trajectory import Display, Error, MimeBundle, Output, Result, Stream
from .html_tables import Page, page_of
from .normalising import Normalising
from .pixels import difference_of

Kind = Literal["changed", "new", "missing"]
PIXELS = ("image/png", "image/jpeg", "image/gif", "image/webp")
WIDGET = "application/vnd.jupyter.widget-view+json"
DIFF_LINES, DIFF_WIDTH = 8, 160
Bundle = Display | Result


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was: what it is of, and how it differs, in a few lines."""

    kind: Kind
    of: str
    detail: str = ""


@dataclass(frozen=True)
class Comparing:
    """Compares what a cell put out when it was recorded and `now`, moments as ISO 8601."""

    normalising: Normalising
    recorded: str = ""
    now: str = ""

    def differences(
        self, before: Sequence[Output], after: Sequence[Output]
    ) -> tuple[Difference, ...]:
        """All that differs; empty when the outputs are the same."""
        found: list[Difference] = []
        for name in ("stdout", "stderr"):
            found += self._texts(name, _written(before, name), _written(after, name))
        for kind, of in (("result", "value"), ("display", "display"), ("error", "error")):
            pairs = zip_longest(_of_kind(before, kind), _of_kind(after, kind))
            many = max(len(_of_kind(each, kind)) for each in (before, after)) > 1
            for number, (one, other) in enumerate(pairs, 1):
                found += self._pair(f"{of} {number}" if many else of, one, other)
        return tuple(found)

    def _pair(self, of: str, before: Output | None, after: Output | None) -> list[Difference]:
        if before is None or after is None:
            words = _first_line(after or before)
            return [Difference("new" if before is None else "missing", of, words)]
        if isinstance(before, Error) and isinstance(after, Error):
            lines = (f"{error.ename}: {error.evalue}" for error in (before, after))
            return self._texts(of, *lines)
        assert isinstance(before, (Display, Result)) and isinstance(after, (Display, Result))
        return self._bundles(of, before.data, after.data)

    def _texts(self, of: str, before: str, after: str) -> list[Difference]:
        one = self.normalising.plain(before, self.recorded)
        other = self.normalising.plain(after, self.now)
        if self.normalising.same(one, other):
            return []
        if not one or not other:
            kind: Kind = "new" if not one else "missing"
            return [Difference(kind, of, _shortened((other or one).splitlines()))]
        return [Difference("changed", of, _diff(one, other))]

    def _bundles(self, of: str, before: MimeBundle, after: MimeBundle) -> list[Difference]:
        kinds = sorted({*before, *after})
        if lost := [mime for mime in kinds if mime not in after]:
            return [Difference("missing", of, f"it was shown as {', '.join(lost)} too")]
        if added := [mime for mime in kinds if mime not in before]:
            return [Difference("new", of, f"it is shown as {', '.join(added)} too")]
        for mime in sorted(kinds, key=_plainest_last):
            if words := self._data(mime, before[mime], after[mime]):
                return [Difference("changed", of, words)]
        return []

    def _data(self, mime: str, before: Any, after: Any) -> str:
        """How the data of one MIME type differ; empty when they are the same."""
        if before == after or mime == WIDGET:  # a widget's view names a model of its kernel
            return ""
        if mime in PIXELS:
            return difference_of(str(before), str(after))
        if mime in ("text/html", "image/svg+xml") and isinstance(before, str):
            return self._pages(page_of(before), page_of(str(after)))
        if not isinstance(before, str) or not isinstance(after, str):
            return self._json(before, after, mime)
        found = self._texts(mime, before, after)
        return found[0].detail if found else ""

    def _pages(self, before: Page, after: Page) -> str:
        if len(before.tables) != len(after.tables):
            return f"it had {len(before.tables)} tables and has {len(after.tables)}"
        for number, (one, other) in enumerate(zip(before.tables, after.tables, strict=True), 1):
            of = f"table {number}, " if len(before.tables) > 1 else ""
            if [len(row) for row in one] != [len(row) for row in other]:
                return f"{of}its rows and columns were {_shape(one)} and are {_shape(other)}"
            cells = [
                f"{of}row {y}, column {x}: {was} → {is_now}"
                for y, (row, now) in enumerate(zip(one, other, strict=True), 1)
                for x, (was, is_now) in enumerate(zip(row, now, strict=True), 1)
                if self._texts("cell", was, is_now)
            ]
            if cells:
                return _shortened(cells)
        found = self._texts("html", before.rest, after.rest)
        return found[0].detail if found else ""

    def _json(self, before: Any, after: Any, at: str) -> str:
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            if before.keys() != after.keys():
                return f"{at}: other keys"
            pairs = ((before[key], after[key], f"{at}.{key}") for key in before)
            return next(filter(None, (self._json(*pair) for pair in pairs)), "")
        if isinstance(before, list) and isinstance(after, list):
            if len(before) != len(after):
                return f"{at}: {len(before)} items, now {len(after)}"
            items = zip(before, after, strict=True)
            numbered = ((*pair, f"{at}[{index}]") for index, pair in enumerate(items))
            return next(filter(None, (self._json(*item) for item in numbered)), "")
        if isinstance(before, str) and isinstance(after, str):
            return at if self._texts(at, before, after) else ""
        if _are_numbers(before, after) and self.normalising.close(before, after):
            return ""
        return "" if before == after else f"{at}: {before!r} → {after!r}"[:DIFF_WIDTH]


def verdict(
    before: Sequence[Output], after: Sequence[Output], found: Sequence[Difference]
) -> Literal["same", "changed", "new", "missing"]:
    """What a cell is called whose outputs differ so."""
    if not found:
        return "same"
    if not before:
        return "new"
    return "missing" if not after else "changed"


def _written(outputs: Sequence[Output], name: str) -> str:
    return "".join(each.text for each in outputs if isinstance(each, Stream) and each.name == name)


def _of_kind(outputs: Sequence[Output], kind: str) -> list[Output]:
    return [output for output in outputs if output.kind == kind]


def _plainest_last(mime: str) -> tuple[bool, str]:
    """What says most of a difference first: a plain text of a table leaves columns out."""
    return mime == "text/plain", mime


def _are_numbers(*values: object) -> bool:
    return all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)


def _first_line(output: Output | None) -> str:
    if isinstance(output, Error):
        return f"{output.ename}: {output.evalue}"[:DIFF_WIDTH]
    if isinstance(output, (Display, Result)):
        text = str(output.data.get("text/plain") or ", ".join(output.data))
        return (text.splitlines() or [""])[0][:DIFF_WIDTH]
    return ""


def _diff(before: str, after: str) -> str:
    """The lines that differ, first `-` as recorded, then `+` as they are now."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0)
    return _shortened([line for line in lines if not line.startswith(("---", "+++", "@@"))])


def _shortened(lines: Sequence[str]) -> str:
    kept = [line if len(line) <= DIFF_WIDTH else f"{line[:DIFF_WIDTH]}…" for line in lines]
    more = len(kept) - DIFF_LINES
    return "\n".join([*kept[:DIFF_LINES], *[f"(and {more} more)"] * (more > 0)])


def _shape(table: Sequence[Sequence[str]]) -> str:
    return f"{len(table)}x{max(map(len, table), default=0)}"
