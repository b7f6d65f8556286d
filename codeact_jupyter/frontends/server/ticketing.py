"""Hands each page that the person opens a ticket, by which it may answer for them.

The ticket is in the configuration that JupyterLab and Notebook write into a page's HTML. A script
in an output could ask for that HTML too; but browsers say, in headers that no script can set, what
a request is for. So only what becomes a window of its own gets a ticket, and a policy cuts such a
window off from the one whose script opened it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .pages import Pages

OPTION = "codeactTicket"
OPENER = "Cross-Origin-Opener-Policy"
Hook = Callable[[Any, dict[str, Any]], dict[str, Any]]


def ticketing(pages: Pages, before: Hook | None = None) -> Hook:
    """A hook for a page's configuration, which adds a ticket to what the hook `before` it gives."""

    def hook(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
        given = before(handler, config) if before else config
        destination = handler.request.headers.get("Sec-Fetch-Dest")
        if destination not in ("document", None):
            return given  # a frame, or what a script asked for
        # Said only to addresses of https and of this machine; elsewhere it is unknown who asks.
        ticket = pages.ticket(alone=destination is None)
        if not _has(handler, OPENER):  # else another isolation of theirs would be undone
            handler.set_header(OPENER, "noopener-allow-popups")
        handler.set_header("Cache-Control", "no-store")  # a ticket is spent once
        return {**given, OPTION: ticket}  # `given` is of all pages

    return hook


def _has(handler: Any, name: str) -> bool:
    own = handler.settings.get("headers", {})
    return any(known.lower() == name.lower() for known in own)
