"""What a cell produces in this process is told once, whoever writes it and wherever it goes."""

from __future__ import annotations

import io
import sys
import threading

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.display import clear_output, display

from codeact_jupyter.engine.environment import Produced
from codeact_jupyter.engine.trajectory import Display, Stream
from codeact_jupyter.environments.capture import Capture
from codeact_jupyter.environments.collecting import Collector
from codeact_jupyter.environments.hiding import HIDDEN

CANARY = "sk-canary-0123456789"


class Both(io.StringIO):
    """A stream that writes to another one too, as those that keep a log do."""

    def __init__(self, other: io.StringIO) -> None:
        super().__init__()
        self.other = other

    def write(self, text: str) -> int:
        self.other.write(text)
        return super().write(text)


class Meanwhile(io.StringIO):
    """A stream that a thread prints to while somebody else does."""

    def write(self, text: str) -> int:
        if threading.current_thread() is threading.main_thread():
            thread = threading.Thread(target=print, args=("from a thread",))
            thread.start()
            thread.join()
        return super().write(text)


def test_two_streams_that_are_one_are_told_once(shell, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    collector = Collector()
    with Capture(shell, collector.add):
        print("once")
        print("twice", file=sys.stderr)
    assert collector.outputs == (Stream("once\ntwice\n"),)
    assert sys.stdout.getvalue() == "once\ntwice\n"


def test_what_one_stream_writes_to_the_other_is_told_once(shell, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", Both(sys.stdout))
    collector = Collector()
    with Capture(shell, collector.add):
        print("once", file=sys.stderr)
    assert collector.outputs == (Stream("once\n", "stderr"),)


def test_what_a_thread_prints_while_something_is_shown_is_told(shell, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", Meanwhile())
    told: list[Produced] = []
    with Capture(shell, told.append):
        display("shown")
    assert Display({"text/plain": "'shown'"}, {}) in told
    assert Stream("from a thread") in told


def test_a_clearing_that_waits_for_the_next_output_is_not_done_by_an_update(shell) -> None:
    cleared: list[bool] = []
    with Capture(shell, Collector().add, inside=lambda: cleared.append(True)):
        shown = display("a", display_id=True)
        clear_output(wait=True)
        shown.update("b")
        assert not cleared
        display("c")
    assert cleared == [True]


class Titled:
    def _repr_mimebundle_(self, **options: object) -> tuple[dict[str, str], dict[str, str]]:
        return {"text/plain": "titled"}, {"title": CANARY}


def test_a_key_is_hidden_in_the_metadata_of_what_is_shown(shell) -> None:
    shell.display_pub = CapturingDisplayPublisher()
    told: list[Produced] = []
    with Capture(shell, told.append, inside=lambda: None, secrets=(CANARY,)):
        display("shown", metadata={"title": CANARY})
        shell.display_pub.publish({"text/plain": "bare"}, None)
        shell.displayhook(Titled())
    metadata = [output["metadata"] for output in shell.display_pub.outputs]
    assert metadata == [{"title": HIDDEN}, None]
    assert [each.metadata for each in told] == [{"title": HIDDEN}, {}, {"title": HIDDEN}]


def test_a_key_that_is_written_in_pieces_is_hidden_where_it_is_shown(shell, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    collector = Collector()
    with Capture(shell, collector.add, secrets=(CANARY,)):
        for letter in f"begun {CANARY} end s":
            print(letter, end="", flush=True)
        print("k-can", file=sys.stderr, end="")
        display("sk-canary")
        print("sk-c", end="")
    assert collector.outputs == (
        Stream(f"begun {HIDDEN} end s"),
        Stream("k-can", "stderr"),
        Display({"text/plain": "'sk-canary'"}, {}),
        Stream("sk-c"),
    )
    assert sys.stdout.getvalue() == f"begun {HIDDEN} end s'sk-canary'\nsk-c"
    assert sys.stderr.getvalue() == "k-can"
