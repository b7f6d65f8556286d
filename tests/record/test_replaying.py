"""What is run again by itself, and what only where somebody allowed it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from codeact_jupyter.engine.trajectory import Result
from codeact_jupyter.frontends.rebuilding import allowed_kinds, unasked
from codeact_jupyter.record.recorded import parts_of
from codeact_jupyter.record.replaying import Outcome, Replay
from tests.engine.twins import Workshop
from tests.notebook.stories import conversation, step, story


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback: its address, and the paths that were asked of it."""
    came: list[str] = []

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"7")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Counting) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{serving.server_port}/rates", came
        finally:
            serving.shutdown()
            thread.join()


async def replayed(address: str, *allowed: str) -> tuple[Outcome, ...]:
    """A recorded request, and what needs its answer, run again where these kinds are allowed."""
    steps = (
        step(1, f"from urllib.request import urlopen\nrate = int(urlopen({address!r}).read())"),
        step(2, "rate", Result({"text/plain": "7"})),
    )
    parts = parts_of(conversation(replace(story(), steps=steps)))
    return await Replay(Workshop(), unasked(allowed_kinds(allowed))).run(parts)


async def test_nothing_is_asked_of_the_network_unless_it_is_allowed(
    server: tuple[str, list[str]],
) -> None:
    address, came = server
    request, use = await replayed(address)
    assert (request.state, request.kinds, use.state) == ("skipped", ("network",), "skipped")
    assert "needs rate" in use.why
    assert [outcome.state for outcome in await replayed(address, "delete")] == ["skipped"] * 2
    assert came == []
    assert [outcome.state for outcome in await replayed(address, "network")] == ["same"] * 2
    assert came == ["/rates"]
