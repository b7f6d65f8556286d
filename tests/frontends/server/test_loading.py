"""Settings that wait for a person, whose keyring is locked, keep nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from codeact_jupyter.errors import EnvironmentFailure, SettingsError
from codeact_jupyter.frontends.server.loading import Loading
from codeact_jupyter.frontends.server.orders import Order
from codeact_jupyter.frontends.server.service import Service
from codeact_jupyter.settings import Settings

ORDER = Order("n.ipynb", "kernel", "a task", options={"model": "demo"})


class Locked:
    """Gives settings once somebody has unlocked the keyring, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked, self.unlocked = 0, threading.Event()

    def __call__(self, options: Mapping[str, Any]) -> Settings:
        self.asked += 1
        assert self.unlocked.wait(30), "the loop stood still"
        if "model" not in options:
            raise SettingsError("the config file is none")
        return Settings(**options)


@pytest.fixture
def locked() -> Iterator[Locked]:
    locked = Locked()
    yield locked
    locked.unlocked.set()


async def test_the_server_goes_on_while_a_keyring_is_locked(locked: Locked) -> None:
    loading = asyncio.ensure_future(Loading(locked)({"model": "demo"}))
    while not locked.asked:
        await asyncio.sleep(0)
    locked.unlocked.set()
    assert await loading == Settings(model="demo")


async def test_a_keyring_that_stays_locked_is_said_and_not_asked_again_meanwhile(
    locked: Locked,
) -> None:
    load = Loading(locked, seconds=0.05)
    for _ in range(3):
        with pytest.raises(SettingsError, match=r"not loaded within 0\.05 s.*keyring is locked"):
            await load(ORDER.options)
    assert locked.asked == 1
    locked.unlocked.set()
    load.seconds = 30
    assert (await load(ORDER.options)).model == "demo" and locked.asked == 2


async def test_what_is_wrong_with_the_settings_is_said_as_it_is(locked: Locked) -> None:
    locked.unlocked.set()
    with pytest.raises(SettingsError, match="the config file is none"):
        await Loading(locked)({})


async def test_a_task_waits_for_its_settings_and_the_server_does_not(locked: Locked) -> None:
    service = Service({}, None, Loading(locked))
    begun = asyncio.ensure_future(service.start(ORDER))
    while not locked.asked:
        await asyncio.sleep(0)
    locked.unlocked.set()
    with pytest.raises(EnvironmentFailure, match="no running kernel"):
        await begun
