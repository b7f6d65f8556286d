"""Decodes the `code` argument of a tool call while its JSON streams in.

Each delta is looked at once, so the work is linear in the length of the code. What is shown while
it streams is only shown: what may run comes from `final`, a strict parse of the whole argument.
"""

from __future__ import annotations

import json
import re
from typing import Any

PLAIN = re.compile(r'[^"\\]+')
HIGH = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
LOW = re.compile(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}")


class CodeArgument:
    """The string value of one key of a JSON object that arrives in pieces."""

    def __init__(self, key: str = "code") -> None:
        self._pieces: list[str] = []
        self._key = key
        self._start = re.compile(rf'"{re.escape(key)}"\s*:\s*"')
        self._open = False
        self._closed = False
        self._rest = ""

    @property
    def raw(self) -> str:
        """All JSON so far."""
        return "".join(self._pieces)

    def feed(self, piece: str) -> str:
        """Take the next piece of JSON; return the characters of the code that it completes."""
        self._pieces.append(piece)
        if self._closed:
            return ""
        self._rest += piece
        if not self._open:
            if (found := self._start.search(self._rest)) is None:
                return ""
            self._open, self._rest = True, self._rest[found.end() :]
        return self._decoded()

    def arguments(self) -> dict[str, Any] | None:
        """The whole call's arguments, as JSON that can be sent back; None when they are not."""
        try:
            value = self._parsed()
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def final(self) -> tuple[str | None, str]:
        """The code, or None and why the call cannot be run."""
        try:
            value = self._parsed()
        except (ValueError, RecursionError) as error:
            return None, f"the call's JSON is incomplete or invalid ({error})"
        code = value.get(self._key) if isinstance(value, dict) else None
        if not isinstance(code, str):
            return None, f"the call has no string {self._key!r}"
        if any("\ud800" <= character <= "\udfff" for character in code):
            return None, "the call's code holds half of a surrogate pair; write it as an escape"
        return code, ""

    def _parsed(self) -> Any:
        # strict=False: raw newlines inside a string are what the model meant.
        value = json.loads(self.raw or "{}", strict=False)
        json.dumps(value, allow_nan=False)  # NaN and Infinity are no JSON
        return value

    def _decoded(self) -> str:
        """The characters that are complete in what is left; the rest waits for more JSON."""
        text, position, decoded = self._rest, 0, []
        while position < len(text) and text[position] != '"':
            if found := PLAIN.match(text, position):
                decoded.append(found[0])
                position = found.end()
            elif escape := _escape(text, position):
                decoded.append(_unescaped(escape))
                position += len(escape)
            else:
                break
        self._closed = text[position : position + 1] == '"'
        self._rest = text[position:]
        return "".join(decoded)


def _escape(text: str, start: int) -> str:
    """The escape at `start`, a surrogate pair as one; empty when more JSON is needed."""
    if text[start + 1 : start + 2] != "u":
        return text[start : start + 2] if len(text) > start + 1 else ""
    first, second = text[start : start + 6], text[start + 6 : start + 12]
    if len(first) < 6 or not HIGH.fullmatch(first):
        return first if len(first) == 6 else ""
    if LOW.fullmatch(second):
        return first + second
    may_become_low = second in ("", "\\") or (second.startswith("\\u") and len(second) < 6)
    return "" if may_become_low else first


def _unescaped(escape: str) -> str:
    try:
        return str(json.loads(f'"{escape}"'))
    except ValueError:
        return escape  # no JSON: shown as it came, and never run
