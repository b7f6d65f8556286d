"""JupyterLab and a page in it, for tests of what a person sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import sync_playwright

from .browsing import BUILT, CHROMIUM, FLAGS, running_lab


class Lab(NamedTuple):
    """A running JupyterLab."""

    address: str
    notebooks: Path


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the labextension and the server extension, and the demo model."""
    if not (BUILT / "package.json").exists() or not Path(CHROMIUM).exists():
        why = "needs the built labextension (`make labextension`) and Chromium on the PATH"
        (pytest.fail if os.environ.get("CODEACT_BROWSER_TESTS") == "required" else pytest.skip)(why)
    root = tmp_path_factory.mktemp("lab")
    with running_lab(root) as address:
        yield Lab(address, root / "notebooks")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless browser."""
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context.new_page()
    context.close()
