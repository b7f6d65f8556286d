"""What is run again by itself, and what only where somebody allowed it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from codeact_jupyter.engine.trajectory import Result, Touched
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


async def again(*touched: Touched, allowed: str = "", folder: str = "") -> Outcome:
    """A step whose code looks harmless, which touched this when it was recorded, run again."""
    steps = (step(1, "kept = 1", touched=touched), step(2, "kept", Result({"text/plain": "1"})))
    parts = parts_of(conversation(replace(story(), steps=steps)))
    kinds = allowed_kinds([allowed])
    replay = Replay(Workshop(), unasked(kinds), allowed=kinds, folder=folder)
    return (await replay.run(parts))[0]


@pytest.mark.parametrize(
    ("touched", "kind", "words"),
    [
        (Touched("network", "127.0.0.1 5555"), "network", "contacted 127.0.0.1 5555"),
        (Touched("process", "dot -Tsvg"), "process", "started the process dot -Tsvg"),
        (Touched("process", "python -m pip install x"), "install", "pip install x"),
        (Touched("deletes", "cache.txt"), "delete", "deleted cache.txt"),
        (Touched("gone", "old.parquet"), "delete", "left old.parquet deleted"),
        (Touched("moves", "a.csv"), "delete", "moved a.csv"),
        (Touched("writes", "/srv/other/x.csv"), "write-outside", "wrote /srv/other/x.csv"),
        (Touched("writes", "../x.csv"), "write-outside", "wrote ../x.csv"),
        (Touched("overwrites", "/srv/other/x.csv"), "write-outside", "wrote over"),
        (Touched("deletes", "/home/me/.cache/x/y"), "delete", "deleted /home/me/.cache/x/y"),
    ],
)
async def test_what_the_record_saw_is_not_done_again_unless_it_is_allowed(
    touched: Touched, kind: str, words: str
) -> None:
    outcome = await again(touched)
    assert (outcome.state, outcome.kinds) == ("skipped", (kind,))
    assert outcome.why.startswith("the record says that it ") and words in outcome.why
    assert (await again(touched, allowed="database")).state == "skipped"
    assert (await again(touched, allowed=kind)).state == "same"


@pytest.mark.parametrize(
    "touched",
    [
        Touched("reads", "/etc/hosts"),
        Touched("writes", "new.csv"),
        Touched("overwrites", "own.csv"),
        Touched("altered", "own.parquet"),
        Touched("changed", "new.parquet"),
        Touched("writes", "/srv/data/new.csv"),
        Touched("writes", "/home/me/.cache/matplotlib/fontlist-v390.json"),
        Touched("deletes", "/home/me/.matplotlib/fontlist-v390.json.matplotlib-lock"),
        Touched("writes", "/home/me/.cache/some/library"),
        Touched("process", "fc-list --format=%{file}"),
        Touched("deletes", "/var/tmp/tmpab12_3cd/part.bin"),
        Touched("network", "/var/tmp/pymp-ab12_3cd/listener-0"),
        Touched("of another version", "x"),
    ],
)
async def test_what_is_ordinary_in_a_record_is_done_again(touched: Touched) -> None:
    assert (await again(touched, folder="/srv/data")).state == "same"


async def test_of_much_that_a_record_saw_the_first_is_told_and_the_rest_counted() -> None:
    outcome = await again(*(Touched("deletes", f"{n}.csv") for n in range(9)))
    assert "deleted 4.csv; 4 more such things" in outcome.why and "5.csv" not in outcome.why
