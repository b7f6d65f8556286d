"""Kernel messages -> outputs, and the list of outputs that an action leaves in its cell."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ..engine.environment import Cleared, OnOutput, Produced, Updated
from ..engine.trajectory import Display, Error, MimeBundle, Output, Result, Stream

MOST_CHARACTERS = 10_000_000
MOST_OUTPUTS = 1_000


def produced(message: Mapping[str, Any]) -> Produced | None:
    """What a message of the IOPub channel produced; None for one that produces nothing."""
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        return Stream(content["text"], "stderr" if content["name"] == "stderr" else "stdout")
    if kind in ("display_data", "update_display_data"):
        display_id = str(content.get("transient", {}).get("display_id") or "")
        shown = Display(clean(content["data"]), dict(content.get("metadata") or {}), display_id)
        return Updated(shown, display_id) if kind == "update_display_data" else shown
    if kind == "execute_result":
        metadata = dict(content.get("metadata") or {})
        return Result(clean(content["data"]), metadata, content.get("execution_count"))
    if kind == "error":
        lines = tuple(str(line) for line in content.get("traceback") or ())
        return Error(str(content["ename"]), str(content["evalue"]), lines)
    if kind == "clear_output":
        return Cleared(bool(content.get("wait")))
    return None


def clean(data: Mapping[str, Any]) -> MimeBundle:
    """A MIME bundle as the notebook format has it: bytes as base64, JSON as JSON, else text."""
    cleaned: MimeBundle = {}
    for mime, value in sorted(data.items()):
        if isinstance(value, bytes):
            cleaned[mime] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, str):
            cleaned[mime] = value
        elif mime == "application/json" or mime.endswith("+json"):
            cleaned[mime] = json.loads(json.dumps(value, sort_keys=True, default=str))
        elif isinstance(value, (list, tuple)):
            cleaned[mime] = "".join(str(line) for line in value)
        else:
            cleaned[mime] = str(value)
    return cleaned


def encodable(value: Any) -> Any:
    """Text, or the texts of a bundle, with lone surrogates as visible escapes.

    ipykernel cannot send them, and would lose everything that was written along with them.
    """
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


class Collector:
    """Collects what one action produces as its cell would show it: merged, cleared, updated.

    Bounded: of a flood the beginning is kept and the rest is counted in `lost`.
    """

    def __init__(self, on_output: OnOutput | None = None) -> None:
        self._on_output = on_output
        self._outputs: list[Output] = []
        self._text: list[str] = []
        self._stream = ""
        self._characters = 0
        self._dropped = 0
        self._clear_next = False

    def add(self, item: Produced) -> None:
        """Take the next thing that the action produced."""
        if self._on_output is not None:
            self._on_output(item)
        if isinstance(item, Cleared):
            self._clear_next = True
            if not item.wait:
                self._clear()
            return
        if self._clear_next:
            self._clear()
        if isinstance(item, Updated):
            self._update(item)
        elif isinstance(item, Stream):
            self._add_text(item)
        elif len(self._outputs) < MOST_OUTPUTS:
            self._flush()
            self._outputs.append(item)
        else:
            self._dropped += 1

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What the cell shows now."""
        self._flush()
        return tuple(self._outputs)

    @property
    def lost(self) -> str:
        """What of the output is missing, in words; empty when nothing is."""
        too_long = self._characters - MOST_CHARACTERS
        lost = [f"{too_long:,} characters of text"] * (too_long > 0)
        lost += [f"{self._dropped:,} outputs"] * (self._dropped > 0)
        return f"output incomplete: {' and '.join(lost)} not kept" if lost else ""

    def _add_text(self, item: Stream) -> None:
        if item.name != self._stream:
            self._flush()
            self._stream = item.name
        room = MOST_CHARACTERS - self._characters
        self._characters += len(item.text)
        if room > 0:
            self._text.append(item.text[:room])

    def _flush(self) -> None:
        if text := "".join(self._text):
            self._outputs.append(Stream(text, "stderr" if self._stream == "stderr" else "stdout"))
        self._text, self._stream = [], ""

    def _clear(self) -> None:
        self._outputs, self._text, self._stream = [], [], ""
        self._characters = self._dropped = 0
        self._clear_next = False

    def _update(self, item: Updated) -> None:
        new = item.output
        assert isinstance(new, Display)
        self._outputs = [
            new if isinstance(old, Display) and old.display_id == item.display_id else old
            for old in self._outputs
        ]
