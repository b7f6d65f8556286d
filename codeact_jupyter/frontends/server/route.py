"""What all routes share: who may use them, and how a failure is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_server.base.handlers import APIHandler

from ...errors import CodeActError
from .rights import OfService


class Route(OfService, APIHandler):
    """A route of ours; who may not run code on this server may not use it."""

    async def answer(self, work: Callable[[], Awaitable[Any]], status: int = 200) -> None:
        """Answer with what the work gives; what the person can mend is a 400 with a `message`."""
        try:
            result = await work()
        except CodeActError as error:
            self.set_status(400)
            result = {"message": str(error)}
        else:
            self.set_status(status)
        self.set_header("Content-Type", "application/json")
        await self.finish(json.dumps(result))

    def body(self) -> Any:
        """The request's JSON; tornado's 400 when it is none."""
        return self.get_json_body()
