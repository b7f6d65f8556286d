"""A real kernel, a plain client of it, and a model on loopback that says what a test wants."""

from __future__ import annotations

import os
import queue
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager

from tests.canary import KEY
from tests.loopback import LoopbackModel, ScriptedTurn, Text, ToolUse
from tests.starting import ready_client

SECONDS = 60.0
Message = Mapping[str, Any]


def act(code: str, thought: str = "") -> ScriptedTurn:
    """The model asks for this action."""
    said = [Text(thought)] if thought else []
    return ScriptedTurn([*said, ToolUse("python", {"code": code})])


def say(text: str = "Done.") -> ScriptedTurn:
    """The model answers."""
    return ScriptedTurn([Text(text)])


class ScriptedModel(LoopbackModel):
    """A server whose script each test sets anew."""

    def __init__(self) -> None:
        super().__init__(self._next)
        self.turns: list[ScriptedTurn | Callable[[dict[str, Any]], ScriptedTurn]] = []

    def will(self, *turns: ScriptedTurn | Callable[[dict[str, Any]], ScriptedTurn]) -> None:
        """Forget what was planned; say these next."""
        self.turns = list(turns)
        self.forget()

    def _next(self, request: dict[str, Any]) -> ScriptedTurn:
        turn = self.turns.pop(0) if self.turns else say("nothing more is scripted")
        return turn if isinstance(turn, ScriptedTurn) else turn(request)

    @property
    def told(self) -> str:
        """The text of the last message that the model was sent."""
        return words(self.requests[-1]["messages"][-1])

    def results(self) -> list[str]:
        """The text of every tool result in the last request, in order."""
        return [
            words({"content": [block]})
            for message in self.requests[-1]["messages"]
            for block in message["content"]
            if block["type"] == "tool_result"
        ]


def words(message: Message) -> str:
    """All text in a message or block."""
    content = message["content"]
    if isinstance(content, str):
        return content
    texts = []
    for block in content:
        if block["type"] == "text":
            texts.append(block["text"])
        elif block["type"] == "tool_result":
            texts.append(words(block))
    return "\n".join(texts)


@dataclass
class Ran:
    """What came of one cell, as a plain front end shows it."""

    code: str
    outputs: list[Any] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    reply: Message = field(default_factory=dict)

    @property
    def count(self) -> int:
        return int(self.reply["content"]["execution_count"])

    @property
    def failed(self) -> bool:
        return bool(self.reply["content"]["status"] != "ok")

    @property
    def error(self) -> str:
        """The reply's traceback as lines, without colours."""
        return "\n".join(self.reply["content"].get("traceback") or ())

    @property
    def errors(self) -> list[Any]:
        return [output for output in self.outputs if output["output_type"] == "error"]

    @property
    def stdout(self) -> str:
        return "".join(
            output["text"]
            for output in self.outputs
            if output["output_type"] == "stream" and output["name"] == "stdout"
        )

    @property
    def text(self) -> str:
        """All that is to be read under the cell."""
        return "\n".join(_read(output) for output in self.outputs)

    @property
    def shown(self) -> str:
        """What the actions put under the cell, without what the magic says itself."""
        return "\n".join(_read(output) for output in self.outputs if not _is_ours(output))

    def mimes(self) -> list[str]:
        return [mime for output in self.outputs for mime in output.get("data", {})]


def _read(output: Any) -> str:
    if output["output_type"] == "stream":
        return str(output["text"])
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    data = output["data"]
    return str(data.get("text/markdown", data.get("text/plain", sorted(data))))


def _is_ours(output: Any) -> bool:
    return "cells" in (output.get("metadata") or {}).get("codeact", {})


class LiveKernel:
    """A kernel in a process of its own, and the one client that talks to it."""

    def __init__(self, environ: Mapping[str, str] | None = None, cwd: str | None = None) -> None:
        self.manager = KernelManager(kernel_name="python3")
        variables = {**os.environ, **(environ or {})}
        variables.pop("PYTEST_CURRENT_TEST", None)  # in tests of its own, ipykernel leaves fd 1 be
        self.client = ready_client(self.manager, env=variables, cwd=cwd)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def run(
        self,
        code: str,
        *,
        answers: list[str] | None = None,
        when: Callable[[Ran], Any] | None = None,
    ) -> Ran:
        """Run a cell to its end.

        `answers` are typed at its questions, and without them nobody can be asked; `when` is
        called after each message, to do something in the middle of the cell.
        """
        ran = Ran(code)
        identity = self.client.execute(code, allow_stdin=answers is not None)
        deadline, idle, displays = time.monotonic() + SECONDS, False, _Displays(ran.outputs)
        while not (idle and ran.reply):
            if time.monotonic() > deadline:
                raise AssertionError(f"the cell did not end in {SECONDS} s: {ran.text[-2000:]}")
            for message in self._messages(identity):
                if message["channel"] == "shell":
                    ran.reply = message
                elif message["channel"] == "stdin":
                    assert answers is not None
                    if answers:
                        self.client.input(answers.pop(0))
                        continue
                    ran.messages.append(message)
                elif message["msg_type"] == "status":
                    idle = message["content"]["execution_state"] == "idle"
                else:
                    ran.messages.append(message)
                    displays.take(message)
                if when is not None:
                    when(ran)
        return ran

    def task(self, task: str, flags: str = "", **options: Any) -> Ran:
        """Run a `%%codeact` cell."""
        return self.run(f"%%codeact {flags}\n{task}", **options)

    def value(self, expression: str) -> str:
        """What an expression is, as text; leaves nothing behind."""
        self.client.execute("", silent=True, user_expressions={"value": expression})
        reply = self.client.get_shell_msg(timeout=SECONDS)
        shown = reply["content"]["user_expressions"]["value"]
        return str(shown["data"]["text/plain"] if shown["status"] == "ok" else shown)

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def _messages(self, identity: str) -> Iterator[Message]:
        sources = (
            ("iopub", self.client.get_iopub_msg, 0.02),
            ("stdin", self.client.get_stdin_msg, 0),
            ("shell", self.client.get_shell_msg, 0),
        )
        for channel, get, timeout in sources:
            try:
                while True:
                    message = get(timeout=timeout)
                    if message["parent_header"].get("msg_id") == identity:
                        yield {**message, "channel": channel}
            except queue.Empty:
                continue


class _Displays:
    """A cell's outputs as a front end keeps them."""

    def __init__(self, outputs: list[Any]) -> None:
        self._outputs = outputs
        self._clear_next = False
        self._ids: list[tuple[str, Any]] = []

    def take(self, message: Message) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear_next = True
            if not content["wait"]:
                self._clear()
        elif kind == "update_display_data":
            for identity, output in self._ids:
                if identity == content["transient"]["display_id"]:
                    output["data"], output["metadata"] = content["data"], content["metadata"]
        elif kind in ("display_data", "execute_result", "stream", "error"):
            if self._clear_next:
                self._clear()
            self._add(message, (content.get("transient") or {}).get("display_id"))

    def _clear(self) -> None:
        self._outputs.clear()
        self._ids.clear()
        self._clear_next = False

    def _add(self, message: Message, identity: str | None) -> None:
        output = nbformat.v4.output_from_msg(message)
        last = self._outputs[-1] if self._outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
            return
        self._outputs.append(output)
        if identity:
            self._ids.append((identity, output))


@contextmanager
def live(model: LoopbackModel, cwd: str | None = None, **environ: str) -> Iterator[LiveKernel]:
    """A kernel whose model is on loopback, with the extension loaded."""
    kernel = LiveKernel(with_model(model) | environ, cwd)
    try:
        assert not kernel.run("%load_ext codeact_jupyter").failed
        yield kernel
    finally:
        kernel.close()


def with_model(model: LoopbackModel) -> dict[str, str]:
    """The environment in which the model of a process is the one on loopback."""
    return {
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": KEY,
        "CODEACT_PROFILE": "claude",
        "XDG_CONFIG_HOME": os.path.join(os.path.dirname(sys.executable), "no-such-config"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "NO_PROXY": "127.0.0.1",
    }
