"""JupyterLab's start in the browser with the labextension, over its start without it."""

from __future__ import annotations

import gzip
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path

from tests.lab.browsing import BUILT, NAME, a_browser, running_lab
from tests.lab.opening import OPEN_PANEL

from .lab_page import can_show_lab

WARM_UP, TIMES = 1, 10
QUIET = 1_000  # milliseconds after which nothing more is loaded
NOTES_RESTORED = """
let app;
Object.defineProperty(globalThis, 'jupyterapp', {
    get: () => app,
    set: given => {
        app = given;
        void app.restored.then(() => { globalThis.restoredAfter = performance.now(); });
    }
});
"""
HAS_OURS = f"document.getElementById('jupyter-config-data').textContent.includes('{NAME}')"


def main() -> None:
    """milliseconds from navigation to a restored JupyterLab; gzipped bytes of ours that it loads"""
    if not can_show_lab():
        return
    with tempfile.TemporaryDirectory() as folder, _lab(Path(folder)) as lab, a_browser() as browser:
        took = _starts(browser, *lab)
        at_start, with_panel = _loaded(browser, lab[0])
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        between = f"{min(times):.0f} to {max(times):.0f}"
        print(f"{name:8}{medians[name]:8.0f} ms, of {len(times)} starts: {between}")
    print(f"with over without: {medians['with'] / medians['without']:.3f}")
    _say("loaded at the start", at_start)
    _say("loaded with the panel", with_panel)
    built = {file.name: file.read_bytes() for file in sorted((BUILT / "static").iterdir())}
    _say("built", {name: body for name, body in built.items() if name.endswith(".js")})


@contextmanager
def _lab(root: Path) -> Iterator[tuple[str, Path]]:
    """JupyterLab with all extensions there are; gives its address, and where ours is linked."""
    found = root / "found"
    found.mkdir()
    for folder in reversed([Path(each) for each in jupyter_path("labextensions")]):
        for extension in folder.iterdir() if folder.is_dir() else ():
            (found / extension.name).unlink(missing_ok=True)
            (found / extension.name).symlink_to(extension.resolve())
    config = root / "home" / "config"
    config.mkdir(parents=True)
    settings = {"LabServerApp": {"labextensions_path": [str(found)]}}
    (config / "jupyter_lab_config.json").write_text(json.dumps(settings))
    with running_lab(root) as lab:
        yield lab.address, found / NAME


def _starts(browser: Any, address: str, ours: Path) -> dict[str, list[float]]:
    """How long it took each time, with ours and without; in turn, and each with an empty cache."""
    took: dict[str, list[float]] = {"without": [], "with": []}
    for _ in range(WARM_UP + TIMES):
        for name, times in took.items():
            ours.unlink(missing_ok=True)
            if name == "with":
                ours.symlink_to(BUILT)
            with _restored(browser, address) as page:
                assert page.evaluate(HAS_OURS) == (name == "with")
                times.append(page.evaluate("restoredAfter"))
    return {name: times[WARM_UP:] for name, times in took.items()}


def _loaded(browser: Any, address: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Our files that were loaded at the start, and those when the panel was opened."""
    loaded: dict[str, bytes] = {}

    def keep(answer: Any) -> None:
        if f"/{NAME}/" in answer.url:
            loaded[answer.url.partition("?")[0].rpartition("/")[2]] = answer.body()

    with _restored(browser, address, keep) as page:
        page.wait_for_timeout(QUIET)
        at_start = dict(loaded)
        page.evaluate(OPEN_PANEL)
        page.wait_for_timeout(QUIET)
    return at_start, {name: body for name, body in loaded.items() if name not in at_start}


@contextmanager
def _restored(browser: Any, address: str, keep: Any = None) -> Iterator[Any]:
    """A page of JupyterLab in a window of its own, when it is restored."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(NOTES_RESTORED)
    if keep is not None:
        page.on("requestfinished", lambda request: keep(request.response()))
    page.goto(f"{address}/lab?reset")
    page.wait_for_function("globalThis.restoredAfter")
    yield page
    context.close()


def _say(what: str, files: dict[str, bytes]) -> None:
    sizes = {name: len(gzip.compress(body)) for name, body in files.items()}
    whole = sum(map(len, files.values()))
    each = ", ".join(f"{name.partition('.')[0]} {size:,}" for name, size in sizes.items())
    print(f"{what}: {sum(sizes.values()):,} bytes gzipped, {whole:,} plain ({each})")
