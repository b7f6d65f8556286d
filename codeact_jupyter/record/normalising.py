"""What of a text may differ from one run to the next without meaning anything: declared, in order.

A rule replaces what it matches, in the record and in what came now, before the two are compared.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta, timezone

from ..engine.telling import plain, progress
from .pixels import SAYS as IMAGES

TOLERANCE = 1e-6
NEAR_ZERO = 1e-12
DAY = timedelta(days=1)
NUMBER = re.compile(r"((?<![ \t])[ \t]*[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)")
MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?")
NAMED = re.compile(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\b")
EPOCH = re.compile(r"\b1\d{9}(\.\d+)?\b")


@dataclass(frozen=True)
class Rule:
    """One thing that may differ: in words, what it looks like, and what stands for it."""

    says: str
    pattern: re.Pattern[str]
    stands: str


def _rule(says: str, pattern: str, stands: str) -> Rule:
    return Rule(says, re.compile(pattern), stands)


# What begins a pattern begins a word or a number where it can be long: each place in a line without
# spaces would else be read to the line's end.
RULES: tuple[Rule, ...] = (
    _rule("addresses in memory (0x7f…)", r"0x[0-9a-fA-F]{6,16}\b", "0x…"),
    _rule(
        "random ids (UUIDs)", r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<uuid>"
    ),
    _rule(
        "which cell it was (In[7], the file that a kernel makes of a cell)",
        r"(?<!\S)\S*ipykernel_\d+[/\\]\d+\.py|<ipython-input-[\w-]{1,80}>|(?<=In)\s?\[[\d. ]+\]",
        "<cell>",
    ),
    _rule("names of temporary files", r"\btmp[a-z0-9_]{8}\b", "tmp…"),
    _rule(
        "folders of absolute paths: of a path only the last part counts",
        r"(?<![\w:/.<\\])(?:/[\w.@+~-]+)+/(?=[\w.@+~-])"
        r"|\b[A-Za-z]:\\(?:[^\\\s:\"'<>|]+\\)*(?=[^\\\s])",
        "…/",
    ),
    _rule(
        "what %time and %timeit measure",
        r"(?m)^(CPU times: |Wall time: ).*$|(?<!\S)\S+ \S+ ± [^±\n]* per loop .*",
        "<measured>",
    ),
    _rule(
        "times and rates of progress bars",
        r"(?<!\d)\d+:\d\d(:\d\d)?<[\d:?]+|(?<!\S)\S+ ?(it/s|s/it|[kMG]?B/s)",
        "<rate>",
    ),
)
CLOCK = "dates with a time of day within a day of the run, such as the current time"
STREAMS = "how text was cut into pieces, and how stdout and stderr were interleaved"
LOOKS = "HTML attributes and styles; ids in SVG and of widgets; execution counts; tracebacks"


@dataclass(frozen=True)
class Normalising:
    """How two texts are compared; `ignored` are the person's own patterns of what may differ."""

    tolerance: float = TOLERANCE
    _: KW_ONLY
    ignored: tuple[re.Pattern[str], ...] = ()

    def said(self) -> list[str]:
        """All that is declared, in words."""
        own = [f"what matches {pattern.pattern!r}" for pattern in self.ignored]
        floats = f"floats that differ by less than {self.tolerance:g} of their size"
        return [*(rule.says for rule in RULES), CLOCK, STREAMS, LOOKS, floats, IMAGES, *own]

    def plain(self, text: str, moment: str = "") -> str:
        """The text without what may differ; `moment` is when it was put out, as ISO 8601."""
        text = plain(progress(text))
        for pattern in self.ignored:
            text = pattern.sub("<ignored>", text)
        text = _without_clock(text, moment)
        for rule in RULES:
            text = rule.pattern.sub(rule.stands, text)
        return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))

    def same(self, one: str, other: str) -> bool:
        """Whether two plain texts are the same but for floats that are close."""
        if one == other:
            return True
        parts, others = NUMBER.split(one), NUMBER.split(other)
        if len(parts) != len(others) or parts[::2] != others[::2]:
            return False
        return all(map(self._close, parts[1::2], others[1::2]))

    def close(self, one: float, other: float) -> bool:
        """Whether two numbers count as the same."""
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=self.tolerance, abs_tol=NEAR_ZERO)

    def _close(self, one: str, other: str) -> bool:
        if one == other:
            return True
        is_float = any(mark in text for text in (one, other) for mark in ".eE")
        was, now = float(one), float(other)
        return is_float and math.isfinite(was) and self.close(was, now)  # `#1e5000` is a colour


def _without_clock(text: str, moment: str) -> str:
    """The text without the times of day that are near to when it was put out."""
    near = _read(moment)
    if near is None or not any(char.isdigit() for char in text):
        return text
    readers: tuple[tuple[re.Pattern[str], Callable[[str], datetime | None]], ...] = (
        (MOMENT, _read),
        (NAMED, _read_named),
        (EPOCH, _read_epoch),
    )
    for pattern, reader in readers:
        text = _replaced(text, pattern, reader, near)
    return text


def _replaced(
    text: str, pattern: re.Pattern[str], read: Callable[[str], datetime | None], near: datetime
) -> str:
    def unless_near(found: re.Match[str]) -> str:
        moment = read(found[0])
        return "<now>" if moment is not None and abs(moment - near) <= DAY else found[0]

    return pattern.sub(unless_near, text)


def _read(text: str) -> datetime | None:
    compact = text.strip().replace(",", ".").replace("Z", "+00:00")
    compact = re.sub(r" ([+-]\d)", r"\1", compact)
    compact = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", compact)
    compact = re.sub(r"\.(\d+)", lambda found: "." + found[1][:6].ljust(6, "0"), compact)
    try:
        moment = datetime.fromisoformat(compact)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _read_named(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%a %b %d %H:%M:%S %Y").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _read_epoch(text: str) -> datetime | None:
    return datetime.fromtimestamp(float(text), timezone.utc)
