"""Actions as fenced code, for servers and models without tool calling.

The first ```python fence of a reply is its action; text without one is an answer. The same Action
stands behind it: only the envelope differs.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..engine.messages import Delta, OnDelta, Text
from ..engine.trajectory import Mistake, Reply

OPENING = re.compile(r"^[ \t]*```[ \t]*(?:python|py|ipython)?[ \t]*\r?\n", re.MULTILINE)
CLOSING = re.compile(r"^[ \t]*```[ \t]*$", re.MULTILINE)


def fenced_reply(reply: Reply) -> Reply:
    """A text reply read as an action when it holds a fence; all after the fence is left out."""
    if not reply.text or (reply.mistake is not None and reply.mistake.kind != "cut"):
        return reply
    opened = OPENING.search(reply.text)
    if opened is None:
        return reply
    closed = CLOSING.search(reply.text, opened.end())
    thought = "\n\n".join(filter(None, (reply.thought, reply.text[: opened.start()].strip())))
    if closed is None and reply.stop == "max_tokens":
        cut = Mistake("cut", "the code was cut off at the output limit; do this in smaller pieces")
        return replace(reply, thought=thought, text="", mistake=cut)
    end = closed.start() if closed else len(reply.text)
    code = reply.text[opened.end() : end].rstrip("\n")
    if not code.strip():
        empty = Mistake("no code", "the fence holds no code")
        return replace(reply, thought=thought, text="", mistake=empty)
    # What the model wrote after its action rests on an output it had not seen: it is not kept.
    said = reply.text[: closed.end()] if closed else reply.text.rstrip() + "\n```"
    blocks = ({"text": said, "type": "text"},)
    return replace(reply, blocks=blocks, thought=thought, text="", code=code, mistake=None)


class FenceTyping:
    """Tells the text of a reply as answer and code while it streams, line by line."""

    def __init__(self, on_delta: OnDelta) -> None:
        self._on_delta = on_delta
        self._line = ""
        self._part: str = "answer"

    def __call__(self, delta: Delta) -> None:
        if not isinstance(delta, Text) or delta.part != "answer":
            self._on_delta(delta)
            return
        self._line += delta.text
        while "\n" in self._line:
            line, self._line = self._line.split("\n", 1)
            self._tell(line + "\n")

    def close(self) -> None:
        """Tell the last line, which has no end."""
        if self._line:
            self._tell(self._line)
            self._line = ""

    def _tell(self, line: str) -> None:
        if self._part == "answer" and OPENING.match(line):
            self._part = "code"
        elif self._part == "code" and CLOSING.match(line):
            self._part = "over"
        elif self._part == "code":
            self._on_delta(Text("code", line))
        elif self._part == "answer":
            self._on_delta(Text("answer", line))
