"""What looks at a live server as a browser's tab does: at its runs, and at its kernels."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import websocket

from tests.canary import KEY
from tests.frontends.live import SECONDS

if TYPE_CHECKING:
    from .live_server import LiveNotebook, LiveServer

ENDED = ("answered", "stopped", "limit", "failed", "interrupted")
Json = dict[str, Any]


class Listening:
    """A WebSocket whose messages are kept as they come."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._socket = connection
        self._changed = threading.Condition()
        self.messages: list[Json] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, message: Json) -> None:
        self._socket.send(json.dumps(message))

    def until(self, wanted: Callable[[], Any], what: str = "") -> Any:
        """Wait until something of what came is as wanted; returns it."""
        deadline = time.monotonic() + SECONDS
        with self._changed:
            while not (found := wanted()):
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(f"never came: {what}; {self.messages[-5:]}")
            return found

    def close(self) -> None:
        self._socket.close()
        self._thread.join(5)

    def _read(self) -> None:
        while True:
            try:
                text = self._socket.recv()
            except (websocket.WebSocketException, OSError):
                return
            if not text:
                return
            with self._changed:
                self.messages.append(json.loads(text))
                self._changed.notify_all()


class Told(Listening):
    """A socket of ours, on which the key never comes."""

    def close(self) -> None:
        super().close()
        assert KEY not in json.dumps(self.messages)


class Page(NamedTuple):
    """A page's configuration, and the headers that came with it."""

    config: Json
    headers: Mapping[str, str]

    @property
    def ticket(self) -> str:
        return str(self.config.get("codeactTicket", ""))


class PersonsPage(Told):
    """What claims to be a page of the person's, and gives their word on code that asks."""

    def __init__(self, server: LiveServer, page: Page | None = None, secret: str = "") -> None:
        super().__init__(server.socket("codeact/api/person"))
        self.secret = secret or uuid.uuid4().hex
        self.send({"type": "claim", "secret": self.secret, "ticket": page.ticket if page else ""})
        self._count = 0

    def first(self, kind: str) -> Json:
        """The first message of a kind."""
        told: Json = self.until(
            lambda: next((m for m in self.messages if m["type"] == kind), None), kind
        )
        return told

    def decide(self, run: str, word: Json) -> Decided:
        self._count += 1
        self.send({"type": "decide", "id": self._count, "run": run, **word})
        number = self._count
        told: Json = self.until(
            lambda: next((m for m in self.messages if m.get("id") == number), None), "decided"
        )
        return Decided(400 if told["message"] else 200, {"message": told["message"]})


class Decided(NamedTuple):
    """What became of a word on code, as a route would tell it."""

    status: int
    json: Json


class Follower(Told):
    """A tab that follows one notebook."""

    def __init__(self, notebook: LiveNotebook, seen: Mapping[str, int]) -> None:
        super().__init__(notebook.server.socket("codeact/api/follow"))
        self.notebook = notebook
        self.follow(seen)
        self.following: Json = self.until(
            lambda: next((m for m in self.messages if m["type"] == "following"), None), "following"
        )

    def follow(
        self, seen: Mapping[str, int], *, collaborative: bool = False, resumes: bool = False
    ) -> None:
        about = {"path": self.notebook.path, "kernel": self.notebook.kernel, "client": "tab"}
        shared = {"collaborative": collaborative, "seen": dict(seen), "resumes": resumes}
        self.send({"type": "follow", **about, **shared})

    @property
    def frames(self) -> list[Json]:
        """All frames that came."""
        return [message["frame"] for message in list(self.messages) if message["type"] == "frame"]

    def of(self, run: str, *kinds: str) -> list[Json]:
        """The frames of a run, of these types if any are named."""
        return [f for f in self.frames if f["run"] == run and (not kinds or f["type"] in kinds)]

    def first(self, run: str, kind: str, **fields: Any) -> Json:
        """Wait for a frame with these fields."""

        def matching() -> Json | None:
            fits = (f for f in self.of(run, kind) if fields.items() <= f.items())
            return next(fits, None)

        frame: Json = self.until(matching, f"{kind} {fields} of {run}")
        return frame

    def end(self, run: str) -> Json:
        """Wait for the end of a run."""

        def ended() -> Json | None:
            return next((f for f in self.of(run, "run") if f["state"] in ENDED), None)

        frame: Json = self.until(ended, f"the end of {run}")
        return frame

    def cells(self, run: str) -> dict[str, Json]:
        """The last state of each cell of a run, by id."""
        return {frame["cell"]["id"]: frame["cell"] for frame in self.of(run, "cell")}

    def answers(self) -> list[str]:
        """The answers of all runs, in order."""
        return [frame["text"] for frame in self.frames if frame["type"] == "answer"]

    def steps(self, run: str) -> list[Json]:
        """The last state of each step of a run."""
        return list({frame["step"]: frame for frame in self.of(run, "step")}.values())


class Person(Listening):
    """Somebody who runs cells in a kernel, as a tab does."""

    def __init__(self, server: LiveServer, kernel: str) -> None:
        self.session = uuid.uuid4().hex
        path = f"api/kernels/{kernel}/channels?session_id={self.session}"
        super().__init__(server.socket(path))
        self.server, self.kernel = server, kernel

    def begin(self, code: str, **more: Any) -> str:
        """Send a cell; gives the id of its request."""
        metadata = more.pop("metadata", {})
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": False,
            **more,
        }
        return self.say("shell", "execute_request", content, metadata)

    def say(
        self,
        channel: str,
        kind: str,
        content: Json,
        metadata: Json | None = None,
        *,
        message_id: str = "",
    ) -> str:
        """Send a message on a channel; gives its id."""
        header = {
            "msg_id": message_id or uuid.uuid4().hex,
            "username": "person",
            "session": self.session,
            "msg_type": kind,
            "version": "5.3",
            "date": "2026-01-01T00:00:00Z",
        }
        parts = {"header": header, "parent_header": {}, "metadata": metadata or {}}
        self.send({**parts, "content": content, "channel": channel, "buffers": []})
        return header["msg_id"]

    def about(self, request: str, *kinds: str) -> list[Json]:
        """What came for a request."""
        return [
            message
            for message in list(self.messages)
            if message["parent_header"].get("msg_id") == request
            and (not kinds or message["msg_type"] in kinds)
        ]

    def queue(self, code: str, **more: Any) -> str:
        """Send a cell while the kernel is busy, and wait until it has come there."""
        request = self.begin(code, **more)
        # Sent behind it, and answered by a kernel that is busy.
        asked = self.say("control", "kernel_info_request", {})
        self.until(lambda: self.about(asked, "kernel_info_reply"), "kernel_info_reply")
        return request

    def has_begun(self, request: str) -> None:
        """Wait until the kernel executes the request."""
        self.until(lambda: self.about(request, "execute_input"), "execute_input")

    def hears(self) -> None:
        """Wait until a restarted kernel is heard: what it publishes before that is lost."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            asked = self.say("control", "kernel_info_request", {})
            with self._changed:
                if self._changed.wait_for(lambda asked=asked: self.about(asked, "status"), 0.5):
                    return
        raise AssertionError("the restarted kernel was never heard")

    def reply(self, request: str) -> Json:
        """Wait for the end of a request; gives its reply's content."""

        def idle() -> bool:
            states = self.about(request, "status")
            return any(s["content"]["execution_state"] == "idle" for s in states)

        self.until(lambda: self.about(request, "execute_reply") and idle(), "execute_reply")
        content: Json = self.about(request, "execute_reply")[0]["content"]
        return content

    def run(self, code: str, **more: Any) -> str:
        """Run a cell to its end; gives what it printed."""
        request = self.begin(code, **more)
        reply = self.reply(request)
        assert reply["status"] == "ok", reply
        return self.printed(request)

    def printed(self, request: str) -> str:
        """What a request printed so far."""
        return "".join(m["content"]["text"] for m in self.about(request, "stream"))


def all_text(value: Any) -> str:
    """All texts in some JSON, one below the other."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(all_text(item) for item in value.values())
    return "\n".join(all_text(item) for item in value) if isinstance(value, list) else ""


def has_begun(person: Person, run: str, step: int) -> None:
    """Wait until the kernel executes the action of this step, as the person's tab sees it."""
    request = f"codeact:{run}:{run}-{step}-action"
    person.until(lambda: person.about(request, "execute_input"), f"execute_input of {request}")


class Held:
    """Code that runs until it is let go."""

    def __init__(self, folder: Path) -> None:
        self._gate = folder / "let-go"
        loop = f"while not os.path.exists({str(self._gate)!r}):\n    time.sleep(0.02)\n"
        self.code = f"import os, time\n{loop}"

    def let_go(self) -> None:
        self._gate.parent.mkdir(exist_ok=True)
        self._gate.touch()
