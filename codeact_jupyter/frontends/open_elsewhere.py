"""The Jupyter Server of this person's in which a notebook is open with a kernel, for a command."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SECONDS = 2.0  # that each server may take to answer


def server_with(notebook: Path) -> str:
    """The address of the running server that has a session of this notebook; empty without one.

    The servers and how to speak to them are told by the files of the person's own in Jupyter's
    runtime directory. One that does not answer is as none.
    """
    for server, session in _sessions():
        there = Path(server["root_dir"], session.get("path", ""))
        if os.path.realpath(there) == os.path.realpath(notebook):
            return str(server["url"])
    return ""


def _sessions() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    from jupyter_server.serverapp import list_running_servers  # slow to import

    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for server in list_running_servers():
        headers = {"Authorization": f"token {server.get('token', '')}"}
        asked = urllib.request.Request(f"{server['url']}api/sessions", headers=headers)
        try:
            with direct.open(asked, timeout=SECONDS) as answer:
                sessions = json.load(answer)
        except (OSError, ValueError):
            continue
        yield from ((server, each) for each in sessions if isinstance(each, dict))
