"""A line typed key by key, with a scripted keyboard in the place of Windows' console."""

from __future__ import annotations

import asyncio
import signal

import pytest

from codeact_jupyter.frontends.keys import forget_keys, read_keys


class Keys:
    """A keyboard on which these keys were pressed, and no more."""

    def __init__(self, keys: str) -> None:
        self.waiting = list(keys)

    def kbhit(self) -> bool:
        return bool(self.waiting)

    def getwch(self) -> str:
        return self.waiting.pop(0)


@pytest.mark.parametrize(
    ("keys", "line", "shown"),
    [
        ("yes\r", "yes", "yes\n"),
        ("nx\b\b\bo\r", "o", "nx\b \b\b \bo\n"),
        ("é\xe0Hü\x00;\x07\r", "éü", "éü\n"),
        ("\r", "", "\n"),
    ],
)
async def test_a_line_ends_with_enter_and_is_shown(
    keys: str, line: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await read_keys(Keys(keys)) == line
    assert capsys.readouterr().out == shown


async def test_a_hidden_line_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert await read_keys(Keys("ab\bc\r"), hidden=True) == "ac"
    assert capsys.readouterr().out == "\n"


async def test_control_z_is_the_end_of_the_input() -> None:
    with pytest.raises(EOFError):
        await read_keys(Keys("a\x1a"))


async def test_control_c_is_the_interrupt_that_it_is_elsewhere() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("interrupt"))
    try:
        assert await read_keys(Keys("\x03\r")) == ""
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == ["interrupt"]


async def test_it_can_be_cancelled_while_it_waits() -> None:
    reading = asyncio.ensure_future(read_keys(Keys("half a li")))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


def test_what_was_typed_before_can_be_forgotten() -> None:
    keys = Keys("yes\r")
    forget_keys(keys)
    assert not keys.waiting
