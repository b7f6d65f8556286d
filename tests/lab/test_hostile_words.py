"""Nothing that a model writes loads, runs or hides anything in the panel."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from .browsing import Lab, watched_address
from .hostile import PAYLOADS
from .opening import open_notebook, run_all

METER = {
    "steps": 1,
    "input": 1,
    "output": 1,
    "cost": None,
    "seconds": 1,
    "context": {"used": 1, "of": 2},
    "limits": {},
}
SENDING = """\
import json, time
kernel = get_ipython().kernel
for frame in json.load(open("frames.json")):
    time.sleep(0.002)  # in a flood the server drops messages
    kernel.session.send(kernel.iopub_socket, "codeact", frame, parent=kernel.get_parent())
"""
HARMLESS = frozenset(
    (
        *("div", "p", "a", "b", "i", "br", "code", "pre", "span", "em", "strong", "sub", "img"),
        *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "hr"),
        *("h1", "h2", "h3", "details", "summary"),
    )
)
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def test_more_than_a_hundred_hostile_payloads_make_no_request(lab: Lab, page: Any) -> None:
    assert len(PAYLOADS) > 100
    requests: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with watched_address() as (url, asked):
        show(lab, page, [payload_at(url, payload) for payload in PAYLOADS])
        page.wait_for_timeout(3000)
        assert [each for each in requests if "leak" in each] == []
        assert asked == []
        assert dialogs == []
        page.evaluate("url => fetch(url).catch(() => null)", url)
        assert asked == ["/leak"], "a request would have been seen"


def test_only_harmless_elements_are_in_the_page(lab: Lab, page: Any) -> None:
    with watched_address() as (url, _):
        show(lab, page, [payload_at(url, payload) for payload in PAYLOADS])
    outside_of_maths = ".codeact-Markdown *:not(mjx-container):not(mjx-container *)"
    names = page.eval_on_selector_all(outside_of_maths, "all => all.map(one => one.localName)")
    assert set(names) <= HARMLESS
    styled = page.eval_on_selector_all(
        f"{outside_of_maths}[style], {outside_of_maths}[id]", "all => all.map(one => one.outerHTML)"
    )
    assert styled == []
    for link in page.query_selector_all(".codeact-Markdown a[href]:not(.jp-InternalAnchorLink)"):
        target = link.get_attribute("href")
        assert target.startswith(("http://", "https://", "mailto:"))
        assert link.get_attribute("title") == target
        assert "noopener" in link.get_attribute("rel")
    pictures = page.eval_on_selector_all(".codeact-Markdown img", "all => all.map(one => one.src)")
    assert all(picture.startswith("data:image/png;base64,") for picture in pictures)


def test_what_is_no_attack_is_still_drawn(lab: Lab, page: Any) -> None:
    words = f"$x^2$\n\n```python\nimport os\n```\n\n![dot](data:image/png;base64,{DOT})\n\na<br>b"
    show(lab, page, [words])
    page.wait_for_selector(".codeact-Answer mjx-container")
    assert page.query_selector(".codeact-Answer pre span") is not None
    assert page.query_selector(".codeact-Answer img").evaluate("one => one.naturalWidth") == 1
    assert page.query_selector(".codeact-Answer br") is not None


def payload_at(url: str, payload: str) -> str:
    """The payload, aimed at an address that is watched."""
    return payload.replace("URL", url).replace("HOST", urlsplit(url).netloc)


def show(lab: Lab, page: Any, payloads: list[str]) -> None:
    """Have a kernel tell these words as a model's, everywhere where a run has words."""
    frames = [frame for number, text in enumerate(payloads) for frame in run(number, text)]
    (lab.notebooks / "frames.json").write_text(json.dumps(frames))
    open_notebook(lab, page, "hostile.ipynb", SENDING)
    run_all(page)
    last = f"{len(payloads):08x}"
    page.wait_for_selector(f"[data-run='{last}']", timeout=40_000)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.codeact-Markdown')]"
        ".every(one => one.querySelector('.jp-RenderedMarkdown')?.childNodes.length)",
        timeout=40_000,
    )


def run(number: int, text: str) -> list[dict[str, Any]]:
    """One turn: its words are typed in pieces first, as a model writes them, and then final."""
    name = f"{number + 1:08x}"
    state = {"task": text, "model": text, "notice": text, "waiting": "", "meter": METER}
    place = {"conversation": "00000001", "turn": number + 1, "started": ""}
    variable = {"name": text, "type": text, "shape": [1], "size": 1, "detail": text}
    change = {"added": [variable], "changed": [variable], "deleted": [text]}
    step = {"type": "step", "step": 1, "thought": text, "change": change, "outputs": text}
    ran = {"code": text, "lost": text, "mistake": text, "seconds": 1, "approval": "allowed"}
    pieces = [text[start : start + 9] for start in range(0, len(text), 9)]
    frames = [
        {"type": "run", **state, **place, "state": "running", "reason": ""},
        *({"type": "typed", "step": 1, "part": "thought", "text": piece} for piece in pieces),
        {**step, **ran, "cells": {"thought": "", "action": ""}, "state": "running"},
        {"type": "input", "step": 1, "request": "r", "prompt": text, "password": False},
        {**step, **ran, "cells": {"thought": "", "action": ""}, "state": "ok"},
        {"type": "retrying", "step": 2, "attempt": 1, "seconds": 1, "reason": text},
        *({"type": "typed", "step": 2, "part": "answer", "text": piece} for piece in pieces),
        {"type": "answer", "step": 2, "text": text, "cell": "none"},
        {"type": "run", **state, **place, "state": "failed", "reason": text},
    ]
    head = {"version": 1, "run": name}
    return [{**head, "number": at, **frame} for at, frame in enumerate(frames, 1)]
