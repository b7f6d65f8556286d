"""Two people with one notebook, each in a browser of their own: what both see, and who leads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .browsing import SIZE, Lab
from .opening import OPEN_PANEL
from .tabs import Tab, outputs

FOLLOW = re.compile(r"/codeact/api/follow")
Frame = dict[str, Any]


class Seat(Tab):
    """One person, in whose browser one notebook after the other is open."""

    def __init__(self, lab: Lab, browser: Any) -> None:
        self.leads = False
        self._holds: Callable[[Frame], bool] | None = None
        self._held: list[Callable[[], None]] = []
        context = browser.new_context(viewport=SIZE)
        context.route_web_socket(FOLLOW, self._between)
        super().__init__(lab, context.new_page(), "")
        self.page.goto(f"{lab.address}/lab?reset")
        self.page.wait_for_function("globalThis.jupyterapp")
        self.page.evaluate(OPEN_PANEL)

    def sit_down(self, name: str) -> None:
        """Open this notebook."""
        self.name, self.file, self.leads = name, self.lab.notebooks / name, False
        self.open()

    def hold(self, first: Callable[[Frame], bool]) -> None:
        """Keep back what the server tells of runs, from this frame on."""
        self._holds = first

    def release(self) -> None:
        """Let through what was kept back."""
        self._holds = None
        held, self._held = self._held, []
        for let_through in held:
            let_through()

    @property
    def shown(self) -> str:
        """All text of the outputs that are shown."""
        return "".join(outputs(cell) for cell in self.cells)

    def _between(self, here: Any) -> None:
        """Stand between the page and the server."""
        there = here.connect_to_server()
        there.on_message(lambda message: self._pass(here, message))

    def _pass(self, here: Any, message: str) -> None:
        said = json.loads(message)
        if said["path"] == self.name:
            self.leads = said.get("lead", self.leads)
        frame = said.get("frame")
        if self._held or (frame and self._holds and self._holds(frame)):
            self._held.append(lambda: here.send(message))
        else:
            here.send(message)
