"""What starts a sandboxed kernel, such as a Jupyter Server: what it gives, and is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import EnvironmentFailure
from .doors import Opened
from .pythons import is_below

LENDER = "codeact_model_door"  # the key of the server's settings that opens a door to its model


@contextmanager
def told_to_the_person() -> Iterator[None]:
    """Have a page say why a kernel was not started: of other errors a server tells it nothing."""
    try:
        yield
    except EnvironmentFailure as error:
        if _server() is None:
            raise
        from tornado.web import HTTPError

        raise HTTPError(500, str(error).replace("%", "%%")) from error


def require_filter() -> None:
    """Raise EnvironmentFailure in a Jupyter Server that would show its pages all that comes."""
    server = _server()
    if server is None:
        return
    connection = server.web_app.settings["kernel_websocket_connection_class"]
    if not getattr(connection, "filters_sandboxes", False):
        raise EnvironmentFailure(
            "this Jupyter Server does not filter what a sandboxed kernel shows, so none was "
            "started; enable: jupyter server extension enable codeact_jupyter"
        )


def import_nothing_from(workspace: str) -> None:
    """Have this process find no module in its working directory, where that is in the workspace.

    `python -m jupyterlab` looks there first; what a kernel writes there would run outside.
    """
    here = os.path.realpath(os.getcwd())
    if is_below(here, [workspace]):
        own = [each for each in sys.path if os.path.realpath(each or here) == here]
        sys.path[:] = [each for each in sys.path if each not in own]


def model_lender(kernel: str) -> Opened | None:
    """What opens a door to the server's model for this kernel; None where none is lent."""
    server = _server()
    lend = server.web_app.settings.get(LENDER) if server is not None else None
    return None if lend is None else lambda path: lend(kernel, path)


def _server() -> Any:
    """The Jupyter Server that this process is; None where it is none, such as a kernel gateway."""
    module = sys.modules.get("jupyter_server.serverapp")
    if module is None or not module.ServerApp.initialized():
        return None
    from traitlets.config import MultipleInstanceError

    try:
        return module.ServerApp.instance()
    except MultipleInstanceError:  # another program, which has no pages
        return None
