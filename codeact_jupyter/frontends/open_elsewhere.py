"""A notebook that is open in a running Jupyter Server of this person's, for a command."""

from __future__ import annotations

import json
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UndoError
from .our_routes import ROOT, answer_of

SECONDS = 2.0  # that each server may take to answer
SECONDS_TO_REVERT = 60.0  # it waits for a cell of the person's, and puts back what is large
NO_ANSWER = (
    "the server at {} does not answer ({}), so whether it did anything is unknown: look again at "
    "what there is to do"
)


@dataclass(frozen=True)
class OpenNotebook:
    """Where it is open: the server's `address`, the `path` that it has there, its kernel's id."""

    address: str
    path: str
    kernel: str
    token: str = field(repr=False)

    def revert(self, run: str, fields: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the server's route of an undo answers; None where it has no such route.

        Raises UndoError with what it says of an undo that cannot be, and when it does not answer.
        """
        about = {"path": self.path, "kernel": self.kernel, **fields}
        try:
            answered = _asked(
                self.address,
                f"{ROOT}/runs/{run}/revert",
                self.token,
                body=json.dumps(about).encode(),
                seconds=SECONDS_TO_REVERT,
            )
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise UndoError(_message(error)) from None
        except (OSError, ValueError) as error:
            raise UndoError(NO_ANSWER.format(self.address, error)) from None
        return answered if isinstance(answered, dict) else None


def open_notebook(notebook: Path) -> OpenNotebook | None:
    """Where this notebook is open with a kernel; None where it is not.

    The servers and how to speak to them are told by the files of the person's own in Jupyter's
    runtime directory. One that does not answer is as none.
    """
    for server, session in _sessions():
        kernel = session.get("kernel") or {}
        there = Path(server["root_dir"], session.get("path", ""))
        if kernel and os.path.realpath(there) == os.path.realpath(notebook):
            return OpenNotebook(
                str(server["url"]), session["path"], kernel["id"], server.get("token", "")
            )
    return None


def _sessions() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    from jupyter_server.serverapp import list_running_servers  # slow to import

    for server in list_running_servers():
        try:
            sessions = _asked(server["url"], "api/sessions", server.get("token", ""))
        except (OSError, ValueError):
            continue
        yield from ((server, each) for each in sessions if isinstance(each, dict))


def _asked(
    address: str, path: str, token: str, body: bytes | None = None, seconds: float = SECONDS
) -> Any:
    """The JSON that a server answers.

    A server without a token wants a word twice of who asks it to act (tornado's
    `check_xsrf_cookie`): pages of other sites cannot say it, and we are no page.
    """
    word = secrets.token_hex(16)
    twice = {"Cookie": f"_xsrf={word}", "X-XSRFToken": word}
    known = {"Authorization": f"token {token}"} if token else twice
    headers = {**known, "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{address}{path}", data=body, headers=headers)
    with answer_of(asked, seconds) as answer:
        return json.load(answer)


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"the server answered {error.code}"
