"""Actions as fenced code, for servers and models without tool calling.

The first Python fence of a reply is its action; text without one is an answer. The same Action
stands behind it: only the envelope differs. A fence without a language counts only where the model
was told to write fences: elsewhere it may be what the model quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from ..engine.messages import Delta, OnDelta, Text
from ..engine.trajectory import Mistake, Reply

FENCE = re.compile(r"[ \t]*(?P<ticks>`{3,}|~{3,})[ \t]*(?P<language>[^`\s]*)")
PYTHON = ("py", "python", "python3", "ipython")

Part = Literal["prose", "opening", "code", "closing", "after"]


class Fences:
    """Says of each line of a reply, in order, what it is.

    With `bare`, a fence that names no language is Python's.
    """

    def __init__(self, *, bare: bool) -> None:
        self._python = ("", *PYTHON) if bare else PYTHON
        self._open = ""
        self._acting = False
        self._over = False

    def part(self, line: str) -> Part:
        """What this line is; fences of other languages are prose."""
        if self._over:
            return "after"
        fence = FENCE.match(line)
        if fence and "`" in line[fence.end() :]:
            fence = None  # it stands within a line of prose
        if fence and not self._open:
            self._open = fence["ticks"]
            self._acting = fence["language"].lower() in self._python
            return "opening" if self._acting else "prose"
        if fence and fence["ticks"].startswith(self._open) and not fence["language"]:
            self._open, self._over = "", self._acting
            return "closing" if self._acting else "prose"
        return "code" if self._acting else "prose"


@dataclass(frozen=True)
class _Read:
    """A text taken apart at its first Python fence."""

    prose: str
    code: str
    said: str
    opened: bool
    closed: bool


def fenced_reply(reply: Reply, *, bare: bool) -> Reply:
    """A text reply read as an action when it holds a fence; all after the fence is left out."""
    if not reply.text or (reply.mistake is not None and reply.mistake.kind != "cut"):
        return reply
    read = _read(reply.text, bare=bare)
    if not read.opened:
        return reply
    thought = "\n\n".join(filter(None, (reply.thought, read.prose.strip())))
    reply = replace(reply, thought=thought, text="")
    if not read.closed and reply.stop == "max_tokens":
        detail = "the code was cut off at the output limit; do this in smaller pieces"
        return replace(reply, mistake=Mistake("cut", detail))
    # What the model wrote after its action rests on an output it had not seen: it is not kept.
    said = read.said.rstrip() + ("" if read.closed else "\n```")
    reply = replace(reply, blocks=({"text": said, "type": "text"},))
    if not read.code.strip():
        return replace(reply, mistake=Mistake("no code", "the fence holds no code"))
    return replace(reply, code=read.code, mistake=None)


def _read(text: str, *, bare: bool) -> _Read:
    fences = Fences(bare=bare)
    parts = [(line, fences.part(line)) for line in text.split("\n")]
    kinds = [part for _, part in parts]

    def lines(*wanted: Part) -> str:
        return "\n".join(line for line, part in parts if part in wanted)

    code, said = lines("code").rstrip("\n"), lines("prose", "opening", "code", "closing")
    return _Read(lines("prose"), code, said, "opening" in kinds, "closing" in kinds)


class FenceTyping:
    """Tells the text of a reply as answer and code while it streams, line by line."""

    def __init__(self, on_delta: OnDelta, *, bare: bool) -> None:
        self._on_delta = on_delta
        self._fences = Fences(bare=bare)
        self._line = ""
        self._held = ""

    def __call__(self, delta: Delta) -> None:
        if not isinstance(delta, Text) or delta.part != "answer":
            self._on_delta(delta)
            return
        self._line += delta.text
        while "\n" in self._line:
            line, self._line = self._line.split("\n", 1)
            self._tell(line, "\n")

    def close(self) -> None:
        """Tell the last line, which has no end."""
        if self._line:
            self._tell(self._line, "")
            self._line = ""

    def _tell(self, line: str, end: str) -> None:
        part = self._fences.part(line)
        if part == "prose":
            self._on_delta(Text("answer", line + end))
        elif part == "code" and line:
            self._on_delta(Text("code", self._held + line))
            self._held = "\n"
        elif part == "code":  # held back: the last empty lines are not of the code
            self._held += "\n"
