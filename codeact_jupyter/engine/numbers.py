"""Numbers in words and in outputs: what is one, what it is worth, and how exactly it is told.

A number of an answer is a *result*: not a date, a time, a year, an ordinal, the label of something
(`Step 3`, `Table 2`), a list's number, part of a name, a path or code; and not a trivial count: a
bare whole number up to ten, unless it is in bold. `1.2 million`, `$1,234.50`, `42%`, `3.1e-4` and
`1.5k` are read as they are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TRIVIAL = 10
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SCALES |= {"k": 1e3, "K": 1e3, "M": 1e6, "bn": 1e9, "B": 1e9, "%": 1.0, "percent": 1.0}
PERCENT = ("%", "percent")
NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-−+](?=\d))?"
    r"(?P<whole>\d{1,3}(?:[,’'\u00a0\u202f]\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?:(?:[eE]|\s?[×x]\s?10\^?)(?P<exponent>[-−+]?\d+))?"
    r"(?P<unit>\s?(?:%|percent\b|thousand\b|million\b|billion\b|trillion\b)|(?:bn|[kKMB])\b)?"
    r"(?!\w|[.,’']\d)"
)
ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.|nearly|almost|over|under|some|than)|[~≈])"
    r"\s*[$€£¥]?$",
    re.IGNORECASE,
)
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
NO_RESULTS = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*[^`\d.,%\s-][^`\n]*`|https?://\S+|\]\([^)\n]*\)"
    r"|\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"
    rf"|\b{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}})?|\b\d{{1,2}}\s{MONTH}(?:\s\d{{4}})?"
    r"|(?<![\w.,$€£¥])(?:19|20)\d{2}(?:[-–/]\d{2,4})?(?![\w%]|[.,]\d|\s?(?:%|percent|million|billion))"
    r"|\b\d+(?:st|nd|rd|th)\b|^\s*\d+[.)](?=\s)|\b[QH][1-4]\b"
    r"|\b(?:step|figure|fig\.|table|section|chapter|cell|page|task|part|line|version|no\.)\s+\d+",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


class Told(NamedTuple):
    """A number as it was told: its worth without sign, and how far off the last digit may be."""

    text: str
    start: int
    worth: float
    slack: float
    is_percent: bool


def results_in(text: str) -> Iterator[Told]:
    """The numbers of an answer that are results, in order."""
    plain = NO_RESULTS.sub(lambda found: " " * len(found[0]), text)
    for found in NUMBER.finditer(plain):
        bare = not (found["fraction"] or found["exponent"] or found["unit"] or found["sign"])
        money = plain[: found.start()].rstrip()[-1:] in ("$", "€", "£", "¥")
        bold = plain.endswith("**", 0, found.start())
        if bare and not money and not bold and _whole(found) <= TRIVIAL:
            continue
        yield _told(found, plain)


def numbers_in(text: str) -> Iterator[float]:
    """What all numbers in an output are worth, without sign; one with a unit also without it."""
    for found in NUMBER.finditer(text):
        worth = _worth(found)
        yield worth
        if (unit := (found["unit"] or "").strip()) and SCALES[unit] != 1.0:
            yield worth / SCALES[unit]


def _told(found: re.Match[str], text: str) -> Told:
    unit = (found["unit"] or "").strip()
    digit = 10.0 ** (_exponent(found) - len((found["fraction"] or ".")[1:]))
    zeros = len(found["whole"]) - len(found["whole"].rstrip("0,"))
    before = text[max(0, found.start() - 20) : found.start()]
    if zeros and not found["fraction"] and ABOUT.search(before):
        digit *= 10.0 ** sum(char == "0" for char in found["whole"][-zeros:])
    worth = _worth(found)
    slack = digit * SCALES.get(unit, 1.0) / 2
    return Told(found[0].strip(), found.start(), worth, slack + worth * 1e-12, unit in PERCENT)


def _whole(found: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", found["whole"])[:20])


def _exponent(found: re.Match[str]) -> int:
    return max(-400, min(400, int((found["exponent"] or "0").replace("−", "-")[:6])))


def _worth(found: re.Match[str]) -> float:
    digits = re.sub(r"\D", "", found["whole"]) + (found["fraction"] or "")
    scale = SCALES.get((found["unit"] or "").strip(), 1.0)
    return float(f"{digits}e{_exponent(found)}") * scale
