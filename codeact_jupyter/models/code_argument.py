"""Decodes the `code` argument of a tool call while its JSON streams in.

Each delta is looked at once, so the work is linear in the length of the code. What is shown while
it streams is only shown: what may run comes from `final`, a strict parse of the whole argument.
"""

from __future__ import annotations

import json
import re


class CodeArgument:
    """The string value of one key of a JSON object that arrives in pieces."""

    def __init__(self, key: str = "code") -> None:
        self.raw = ""
        self._key = key
        self._start = re.compile(rf'"{re.escape(key)}"\s*:\s*"')
        self._position = -1
        self._closed = False

    def feed(self, piece: str) -> str:
        """Take the next piece of JSON; return the characters of the code that it completes."""
        self.raw += piece
        if self._position < 0:
            if (found := self._start.search(self.raw)) is None:
                return ""
            self._position = found.end()
        decoded = []
        while not self._closed and (part := self._next()) is not None:
            decoded.append(part)
        return "".join(decoded)

    def final(self) -> tuple[str | None, str]:
        """The code, or None and why the call cannot be run."""
        try:
            # strict=False: raw newlines inside the string are what the model meant.
            value = json.loads(self.raw or "{}", strict=False)
        except ValueError as error:
            return None, f"the call's JSON is incomplete or invalid ({error})"
        code = value.get(self._key) if isinstance(value, dict) else None
        if not isinstance(code, str):
            return None, f"the call has no string {self._key!r}"
        return code, ""

    def _next(self) -> str | None:
        """The next run of characters or the next escape; None when more JSON is needed."""
        raw, start = self.raw, self._position
        if start >= len(raw):
            return None
        if raw[start] == '"':
            self._closed = True
            return None
        if raw[start] != "\\":
            end = min(
                (i for i in (raw.find('"', start), raw.find("\\", start)) if i >= 0),
                default=len(raw),
            )
            self._position = end
            return raw[start:end]
        length = 6 if raw[start + 1 : start + 2] == "u" else 2
        if length == 6 and re.match(r"\\u[dD][89abAB]", raw[start : start + 4]):
            length = 12  # the first half of a surrogate pair: wait for the other
        escape = raw[start : start + length]
        if len(escape) < length:
            return None
        try:
            text = json.loads(f'"{escape}"')
        except ValueError:
            text, length = escape, len(escape)
        self._position = start + length
        return str(text)
