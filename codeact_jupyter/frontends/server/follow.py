"""The socket that a front end follows its notebooks by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tornado.websocket import WebSocketClosedError

from ...errors import CodeActError
from ..deeds import deed_in_words
from .socket import Socket


class FollowSocket(Socket):
    """One browser tab: says which notebooks it follows and what the person did to their cells."""

    def initialize(self) -> None:
        """Nothing is awaited yet, and no kernel listened to."""
        self._awaited: dict[str, Mapping[str, Any]] = {}  # by path, who asked to follow
        self._looked_at: set[tuple[str, str]] = set()  # which notebooks' kernels

    def on_message(self, message: str | bytes) -> None:
        """Take what the front end says; what is no message of ours is passed over."""
        try:
            said = json.loads(message)
            kind, path = said["type"], str(said["path"])
        except (ValueError, KeyError, TypeError):
            return
        if kind == "follow":
            self._follow(path, said)
        elif kind == "unfollow":
            self._awaited.pop(path, None)
            self.service.hub.leave(path, self)
            self.service.in_background(self.service.left(path))
        elif kind == "printed":
            self._tell_printed(path, str(said.get("kernel")))
        elif kind == "saved":
            self.service.saved(path, _seen(said))
        elif kind == "forgotten":
            self.service.hub.log(path).forget(_texts(said.get("runs")))
        elif words := deed_in_words(said):
            self._did(path, said, words)

    def on_close(self) -> None:
        """The tab went away; what it followed goes on."""
        self._awaited.clear()
        for path in self.service.hub.leave_all(self):
            self.service.in_background(self.service.left(path))

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message; one that comes too late is dropped: it is in the log."""
        try:
            self.write_message(json.dumps(message))
        except WebSocketClosedError:
            self.service.hub.leave_all(self)

    def _follow(self, path: str, said: Mapping[str, Any]) -> None:
        """Begin to tell of a notebook's runs, once those that broke off are known too."""
        if self.service.recovery.is_done(path):
            self._begin(path, said)
        else:
            self._awaited[path] = said
            self.service.in_background(self._recover(path, _seen(said)))

    async def _recover(self, path: str, shown: Mapping[str, int]) -> None:
        trouble = await self.service.recovery.recover(path, shown)
        said = self._awaited.pop(path, None)
        if said is not None:
            self._begin(path, said)
        else:
            await self.service.left(path)
        if trouble:
            self.tell({"type": "refused", "path": path, "kernel": "", "message": trouble})

    def _begin(self, path: str, said: Mapping[str, Any]) -> None:
        shared = bool(said.get("collaborative"))
        resumes = said.get("resumes") is True
        lacks = resumes or self.service.hub.log(path).was_written_since(said.get("loaded"))
        self.service.hub.follow(path, self, shared=shared, seen=_seen(said), lacks=lacks)
        if kernel := said.get("kernel"):
            client, place = str(said.get("client") or ""), (path, str(kernel))
            anew = not resumes or place not in self._looked_at
            self._looked_at.add(place)
            self.service.in_background(self._look_at(*place, client, anew=anew))

    async def _look_at(self, path: str, kernel: str, client: str, *, anew: bool) -> None:
        """Have a kernel listened to; a front end that comes `anew` gets what was printed so far."""
        try:
            await self.service.look_at(path, kernel, client)
        except CodeActError as error:
            why = {"kernel": kernel, "message": str(error)}
            self.tell({"type": "refused", "path": path, **why})
        if anew:
            self._tell_printed(path, kernel)

    def _tell_printed(self, path: str, kernel: str) -> None:
        """Tell what the cells that go on have put out, of a kernel that this tab asked about."""
        if (path, kernel) in self._looked_at:
            for printed in self.service.printed(path, kernel):
                self.tell({"type": "printed", "path": path, **printed})

    def _did(self, path: str, said: Mapping[str, Any], words: str) -> None:
        if path not in self._awaited and not self.service.hub.is_followed(path):
            return  # of a notebook that nobody has open there is nothing to be told
        run = self.service.hub.log(path).runs.get(str(said.get("run", "")))
        if run is not None:
            cell, source = str(said.get("cell", "")), str(said.get("source", ""))
            run.did(str(said["type"]), cell, source)
        self.service.note(path, words)


def _seen(said: Mapping[str, Any]) -> dict[str, int]:
    seen = said.get("seen")
    if not isinstance(seen, Mapping):
        return {}
    return {str(run): number for run, number in seen.items() if isinstance(number, int)}


def _texts(said: Any) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list) else []
