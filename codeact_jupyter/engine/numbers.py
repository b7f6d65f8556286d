"""Numbers in words and in outputs: what is one, what it is worth, and how exactly it is told.

A number of an answer is a *result*: not a date, a time, an ordinal, the label of something
(`Step 3`, `Table 2`), a list's number, part of a name, a path or code; and not a trivial count: a
bare whole number up to ten, unless it is in bold. `1.2 million`, `$1,234.50`, `42%`, `3.1e-4` and
`1.5k` are read as they are meant; a unit may stand at once behind it, as in `71.3kg` and `3.7x`,
or a currency before it (`EUR500`). A bare one from 1900 to 2099 may be a year, unless the words
around it say that it is not: what is counted or measured after it, or `the total is` before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TRIVIAL = 10
SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SCALES |= {"k": 1e3, "K": 1e3, "M": 1e6, "bn": 1e9, "B": 1e9, "%": 1.0, "percent": 1.0}
CURRENCIES = ("$", "€", "£", "¥")
PERCENT = ("%", "percent")
CODES = "USD|EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD"
# What stands at once behind a number and is no part of a name: `2nd`, `3D`, `5G` and `64bit` are.
UNITS = (
    rf"(?:{CODES}|[kMGTP]i?B|[kKMG]b(?:ps|it/s)?|[kMG]?Hz|[kmµμ]?g|tons?|t|lbs?|oz|[kcmnµμ]?m[²³]?|mi|ft"
    r"|km/h|[mk]ph|[kMGT]?Wh?|[mk]?V|mA|[kM]?J|[hkM]?Pa|°[CF]?|[mc]?[lL]|pp|bps?|pts?|px|dB|pp[mb]"
    r"|[mnµμ]?s|secs?|mins?|h|hrs?|yrs?|k?cal|rpm|fps|[x×])(?!\w)"
)
THOUSAND = r"[,’'\u00a0\u2007\u2009\u202f]"
BEGINS = rf"(?:(?<![\w.])|(?<=\b(?:{CODES})))"
NUMBER = re.compile(
    rf"{BEGINS}(?P<sign>[-−+](?=\d))?"
    rf"(?P<whole>\d{{1,3}}(?:{THOUSAND}\d{{3}})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?:(?:[eE]|\s?[×x]\s?10(?:\^|(?=[-−+])))(?P<exponent>[-−+]?\d+))?"
    r"(?P<unit>\s?(?:%|percent\b|thousand\b|million\b|billion\b|trillion\b)|(?:bn|[kKMB])\b)?"
    rf"(?P<measure>{UNITS})?(?!\w|[.,’']\d)"
)
# Numbers that only what separates thousands stands between, and what follows them at once. Those
# that are not one number are told apart first: else each would be read to the end of them all.
LIST = re.compile(
    rf"{BEGINS}[-−+]?\d+(?:\.\d+)*(?:{THOUSAND}[-−+]?\d+(?:\.\d+)*)+"
    rf"(?P<on>(?:(?!(?:bn|[kKMB]|[eE][-−+]?\d+)\b|{UNITS})\w)?)"
)
THOUSANDS = re.compile(rf"[-−+]?\d{{1,3}}(?:{THOUSAND}\d{{3}})+(?:\.\d+)?")
SEPARATORS = str.maketrans(dict.fromkeys(",’'\u00a0\u2007\u2009\u202f", " "))
ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.|nearly|almost|over|under|some|than)|[~≈])"
    r"\s*[$€£¥]?$",
    re.IGNORECASE,
)
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
NO_RESULTS = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`(?=[^`\n]*[^`\d.,%\s-])[^`\n]*`|https?://\S+|\]\([^()\n]*\)"
    r"|\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"
    rf"|\b{MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}})?|\b\d{{1,2}}\s{MONTH}(?:\s\d{{4}})?"
    r"|(?<![\w.,$€£¥])(?:19|20)\d{2}[-–/]\d{2,4}(?![\w%]|[.,]\d|\s?(?:%|percent|million|billion))"
    r"|\b(?:1[5-9]|20)\d0s\b|\b(?:the|early|mid|late|his|her|their)[\s-]['’]?\d0s\b"
    r"|\b\d+(?:st|nd|rd|th)\b|^[^\S\n]*\d+[.)](?=\s)|\b[QH][1-4]\b"
    r"|\b(?:step|figure|fig\.|table|section|chapter|cell|page|task|part|line|version|no\.)\s+\d+",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
YEAR = re.compile(r"(?:19|20)\d\d")
COUNTED = re.compile(
    r"\**[\s-]?(?:[$€£¥]|(?:" + CODES + r"|[kMGT]?B|[kcm]?m|[km]?g|k?Wh?|m?s|h|°C"
    r"|(?:(?:unique|distinct|different|missing|valid|other|more|new|total)\s)?(?:people|entries"
    r"|(?:row|column|record|item|line|value|point|observation|sample|cell|file|user|customer|order"
    r"|unit|case|time|word|character|byte|pixel|token|dollar|euro|pound|second|minute|hour|day"
    r"|week|month|meter|metre|mile|degree|step|iteration|event|product|person|duplicate|error)s?"
    r"))\b)"
)
ADDED_UP = re.compile(
    r"(?:year\s(?:of|with)\s(?:the|its)\s)?"
    r"\b(?:total|sum|count|number|amount|mean|average|median|max|min|maximum|minimum|size|length)\b"
    r"[^.\n;]{0,40}(?:\b(?:is|was|are|were|equals)|[=:])\s*[$€£¥*]*$",
    re.IGNORECASE,
)
AROUND = 60  # characters, in which words tell what a number is


class Told(NamedTuple):
    """A number as it was told: its worth without sign, and how far off the last digit may be.

    It `may_be_year` where nothing around it says otherwise.
    """

    text: str
    start: int
    worth: float
    slack: float
    is_percent: bool
    may_be_year: bool


def results_in(text: str) -> Iterator[Told]:
    """The numbers of an answer that are results, in order."""
    plain = LIST.sub(_apart, NO_RESULTS.sub(lambda found: " " * len(found[0]), text))
    for found in NUMBER.finditer(plain):
        bare = not any(found[part] for part in ("fraction", "exponent", "unit", "sign", "measure"))
        money = _is_money(found, plain)
        if money and found["measure"] == "m":  # metres are not paid: it may be millions
            continue
        bold = plain.endswith("**", 0, found.start())
        if bare and not money and not bold and _whole(found) <= TRIVIAL:
            continue
        may_be_year = bare and not money and _may_be_year(found, plain)
        yield _told(found, plain, may_be_year=may_be_year)


def numbers_in(text: str) -> Iterator[float]:
    """What all numbers in an output are worth, without sign; one with a unit also without it.

    Of a list without spaces each is read, but for one that may as well be a number of thousands.
    """
    for found in NUMBER.finditer(LIST.sub(_apart, text)):
        worth = _worth(found)
        yield worth
        if (unit := (found["unit"] or "").strip()) and SCALES[unit] != 1.0:
            yield worth / SCALES[unit]


def _apart(listed: re.Match[str]) -> str:
    """The numbers at their places; one of thousands is left as it is."""
    whole = listed[0]
    is_one = THOUSANDS.fullmatch(whole) and not listed["on"]
    return whole if is_one else whole.translate(SEPARATORS)


def _is_money(found: re.Match[str], text: str) -> bool:
    before = text[max(0, found.start() - 20) : found.start()].rstrip()
    return before[-1:] in CURRENCIES or before[-3:] in CODES.split("|")


def _may_be_year(found: re.Match[str], text: str) -> bool:
    if not YEAR.fullmatch(found[0]) or COUNTED.match(text, found.end(), found.end() + AROUND):
        return False
    added_up = ADDED_UP.search(text[max(0, found.start() - AROUND) : found.start()])
    return added_up is None or "year" in added_up[0].lower()


def _told(found: re.Match[str], text: str, *, may_be_year: bool) -> Told:
    unit = (found["unit"] or "").strip()
    digit = 10.0 ** (_exponent(found) - len((found["fraction"] or ".")[1:]))
    digits = re.sub(r"\D", "", found["whole"])
    zeros = len(digits) - len(digits.rstrip("0"))
    before = text[max(0, found.start() - 20) : found.start()]
    if zeros and not found["fraction"] and ABOUT.search(before):
        digit *= 10.0**zeros
    worth = _worth(found)
    slack = digit * SCALES.get(unit, 1.0) / 2
    slack += worth * 1e-12
    return Told(
        found[0].strip(), found.start(), worth, slack, unit in PERCENT, may_be_year=may_be_year
    )


def _whole(found: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", found["whole"])[:20])


def _exponent(found: re.Match[str]) -> int:
    return max(-400, min(400, int((found["exponent"] or "0").replace("−", "-")[:6])))


def _worth(found: re.Match[str]) -> float:
    digits = re.sub(r"\D", "", found["whole"]) + (found["fraction"] or "")
    scale = SCALES.get((found["unit"] or "").strip(), 1.0)
    return float(f"{digits}e{_exponent(found)}") * scale
