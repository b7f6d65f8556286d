"""JupyterLab and pages in it, for tests of what a person sees."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, expect

from tests.frontends.live import ScriptedModel, with_model

from .browsing import SIZE, Lab, a_browser, is_shown_here, running_lab
from .opening import OPEN_PANEL
from .tabs import Gate, Tab

_numbers = count(1)
SHOTS = Path(__file__).parents[2] / "screenshots"  # not in git
LOADED = 30_000  # milliseconds; a browser, a server and a kernel share two cores with others
expect.set_options(timeout=LOADED)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep what the pages showed when a test failed; with CODEACT_SCREENSHOTS, of every test."""
    report = (yield).get_result()
    browser = getattr(item, "funcargs", {}).get("browser")
    if browser is None or call.when != "call":
        return
    if report.failed or os.environ.get("CODEACT_SCREENSHOTS"):
        SHOTS.mkdir(exist_ok=True)
        pages = [page for context in browser.contexts for page in context.pages]
        for number, page in enumerate(pages):
            with contextlib.suppress(Error):  # a page that shows nothing any more
                page.screenshot(path=SHOTS / f"{item.name}-{number}.png", timeout=5_000)


def require_browser() -> None:
    """Skip the test where JupyterLab cannot be shown; or fail it, where it must be."""
    if not is_shown_here():
        why = "needs the built labextension (`make labextension`) and Chromium on the PATH"
        (pytest.fail if os.environ.get("CODEACT_BROWSER_TESTS") == "required" else pytest.skip)(why)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the labextension and the server extension, and the demo model."""
    require_browser()
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def served_model() -> Iterator[ScriptedModel]:
    """A model on loopback."""
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="session")
def scripted_lab(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab whose model is on loopback; nothing asks for approval."""
    require_browser()
    environ = {**with_model(served_model), "CODEACT_APPROVE": "never"}
    with running_lab(tmp_path_factory.mktemp("cells"), model="", environ=environ) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless browser."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own."""
    context = browser.new_context(viewport=SIZE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def window(browser: Any) -> Iterator[Any]:
    """A browser window whose tabs share a cache."""
    context = browser.new_context(viewport=SIZE)
    yield context
    context.close()


@pytest.fixture(scope="session")
def sent() -> list[str]:
    """What the shared page sent through sockets: to kernels, and to our server."""
    return []


@pytest.fixture(scope="session")
def shared_page(scripted_lab: Lab, window: Any, sent: list[str]) -> Any:
    """JupyterLab with the panel open, for one notebook after the other."""
    page = window.new_page()

    def note(payload: str | bytes) -> None:
        if isinstance(payload, str):
            sent.append(payload)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    page.on("dialog", lambda dialog: dialog.accept())  # a reload leaves what is not saved
    page.goto(f"{scripted_lab.address}/lab?reset")
    page.wait_for_function("globalThis.jupyterapp")
    page.evaluate(OPEN_PANEL)
    return page


@pytest.fixture
def model(served_model: ScriptedModel) -> ScriptedModel:
    """The model of the scripted lab, with nothing to say yet."""
    served_model.will()
    return served_model


@pytest.fixture
def tab(scripted_lab: Lab, shared_page: Any) -> Iterator[Tab]:
    """A notebook of the test's own; its kernel ends with the test."""
    tab = Tab(scripted_lab, shared_page, f"cells{next(_numbers)}.ipynb")
    yield tab
    tab.shut_down()


@pytest.fixture
def gate(tab: Tab) -> Gate:
    """What holds an action in the kernel until the test lets it go."""
    return Gate(tab.file.with_suffix(".go"))
