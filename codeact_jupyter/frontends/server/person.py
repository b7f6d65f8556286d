"""The socket by which a page gives the person's word on code that asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import CodeActError, SettingsError
from .orders import decided_of
from .socket import Socket

UNKNOWN = (
    "This page cannot answer: its server was started anew since it was loaded, or it is inside "
    "another page. Load it again, in a tab of its own."
)
ONE_ONLY = (
    "another page of this server was open first, and answers for you: answer there; or close it, "
    "wait some seconds, and answer here. (At an address of https or localhost every page can.)"
)


class PersonSocket(Socket):
    """One page. It claims first to be the person's, with its ticket and a secret that it made; then
    it decides."""

    def on_message(self, message: str | bytes) -> None:
        """Take a claim or a word; what is neither is passed over."""
        try:
            said = json.loads(message)
            kind = said["type"]
        except (ValueError, KeyError, TypeError):
            return
        if kind == "claim":
            told = (str(said.get("secret", "")), str(said.get("ticket", "")))
            answers = self.service.pages.claim(self, *told)
            unknown = not answers and not self.service.pages.waits(self)
            self._tell({"type": "claimed", "answers": answers, "reload": unknown and UNKNOWN})
        elif kind == "decide":
            self._tell({"type": "decided", "id": said.get("id"), "message": self._decide(said)})

    def on_close(self) -> None:
        """The page went away, or its connection broke off."""
        self.service.pages.leave(self)

    def _decide(self, said: Mapping[str, Any]) -> str:
        """Take the person's word; returns what is wrong with it, for them."""
        try:
            pages = self.service.pages
            if not pages.answers(self):
                raise SettingsError(ONE_ONLY if pages.waits(self) else UNKNOWN)
            self.service.of_run(str(said.get("run", ""))).questions.decide(decided_of(said))
        except CodeActError as error:
            return str(error)
        return ""

    def _tell(self, message: Mapping[str, Any]) -> None:
        if self.ws_connection is not None:
            self.write_message(json.dumps(message))
