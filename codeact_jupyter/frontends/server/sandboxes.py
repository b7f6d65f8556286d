"""The sandboxed kernels of this server: what their messages may be, and which the person trusts.

A page gets a kernel's messages through the server's sockets; here they pass the filter first.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_core.utils import ensure_async
from tornado import web

from ...environments.starting import why_ended
from ...errors import SettingsError
from ...sandbox.kernelspec import PROVISIONER
from ...sandbox.messages import Message, harmless_message
from ...sandbox.share import Share
from .gateway import is_remote

WAYS_TO_A_PAGE = ("_on_zmq_reply", "handle_outgoing_message")
CHANNELS = ("shell", "iopub", "stdin", "control")
OF_THE_GATEWAY = "the gateway's own, and this server cannot look at them"
PARTS = ("header", "parent_header", "metadata", "content")
GIVES_AWAY = (
    "Its outputs run no scripts. If you trust them, scripts run in your browser with your rights: "
    "they can open a terminal of this server, read your files and keys, and run code outside of "
    "the sandbox. Widgets and interactive plots need this."
)


log = logging.getLogger(__name__)


class Sandboxes:
    """Which kernels of a manager are in a sandbox, and which of these the person trusts.

    Trust lasts until the kernel is shut down, or the server ends.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._trusted: set[str] = set()
        self._behind_gateway: dict[str, bool] = {}
        self._shares: defaultdict[str, Share] = defaultdict(Share)

    async def learn(self, kernel: str) -> None:
        """Ask what a kernel's specification says, where only a gateway knows it.

        A kernel whose specification cannot be had counts as one in a sandbox.
        """
        if kernel in self._behind_gateway or kernel not in self._manager:
            return
        manager = self._manager.get_kernel(kernel)
        if is_remote(manager):
            try:
                name = manager.kernel["name"]  # `kernel_name` is never set
                found = await ensure_async(self._manager.kernel_spec_manager.get_kernel_spec(name))
                metadata = found["spec"].get("metadata")
            except Exception as error:  # of HTTP, of the network, of a gateway's own answer
                log.warning("codeact: a gateway told nothing of a kernel: %r", error)
                self._behind_gateway[kernel] = True
            else:
                self._behind_gateway[kernel] = _is_of_sandbox(metadata)

    def is_walled(self, kernel: str, manager: Any) -> bool:
        """Whether a kernel is in a sandbox, here or behind a gateway."""
        known = self._behind_gateway.get(kernel)
        return is_sandboxed(manager) if known is None else known

    async def look(self, kernel: str) -> dict[str, Any]:
        """What a page is told of a kernel; raises SettingsError when there is no such kernel."""
        await self.learn(kernel)
        return self._told(kernel)

    def _told(self, kernel: str) -> dict[str, Any]:
        manager = self._of(kernel)
        walls = getattr(getattr(manager, "provisioner", None), "walls", None)
        return {
            "sandboxed": self.is_walled(kernel, manager),
            "walls": walls.backend if walls else "",
            "lacking": walls.lacking if walls else OF_THE_GATEWAY if is_remote(manager) else "",
            "hosts": list(reachable_by(manager)),
            "refused": list(manager.provisioner.refusals) if walls else [],
            "endings": manager.provisioner.endings if walls else 0,
            "why_ended": why_ended(manager),
            "trusted": kernel in self._trusted,
            "gives_away": GIVES_AWAY,
        }

    def trust(self, kernel: str, *, trusted: bool) -> dict[str, Any]:
        """Let a sandboxed kernel's messages through as they are, or filter them again.

        Raises SettingsError when there is no such kernel.
        """
        self._of(kernel)
        (self._trusted.add if trusted else self._trusted.discard)(kernel)
        return self._told(kernel)

    def forget(self, kernel: str) -> None:
        """A kernel was shut down."""
        self._trusted.discard(kernel)
        self._behind_gateway.pop(kernel, None)
        self._shares.pop(kernel, None)

    def admit(self, kernel: str, manager: Any) -> Callable[[Message], Message | None]:
        """What a message of this kernel becomes, on its way to whoever shows or keeps it."""

        def admitted(message: Message) -> Message | None:
            if kernel in self._trusted or not self.is_walled(kernel, manager):
                return message
            return harmless_message(message, self._shares[kernel])

        return admitted

    def filtering(self, connection: type[Any]) -> type[Any]:
        """A class of connections between a kernel and a page, in which sandboxed kernels' messages
        are filtered; of a class that gives no way to do that, those kernels get no connection.
        """
        sandboxes = self

        class Filtering(connection):  # type: ignore[misc]
            filters_sandboxes = True

            async def prepare(self) -> None:
                kernel = str(self.kernel_id)
                await sandboxes.learn(kernel)
                known = any(hasattr(connection, name) for name in WAYS_TO_A_PAGE)
                if not known and sandboxes.is_walled(kernel, self.kernel_manager):
                    raise web.HTTPError(501, f"{connection.__name__} cannot filter a sandbox")
                if hasattr(connection, "prepare"):
                    await super().prepare()

            def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
                admit = sandboxes.admit(str(self.kernel_id), self.kernel_manager)
                passed = _admitted(msg_list, admit, self.session)
                if passed is not None:
                    super()._on_zmq_reply(stream, passed)

            def handle_outgoing_message(self, incoming: Any, *more: Any) -> None:
                walled = str(self.kernel_id), self.kernel_manager
                if not hasattr(connection, "_on_zmq_reply"):  # a gateway's, which passes texts on
                    incoming = _admitted_text(incoming, sandboxes.admit(*walled))
                if incoming is None:
                    return
                try:
                    super().handle_outgoing_message(incoming, *more)
                except Exception as error:  # of a message that is none: those after it are to come
                    if not sandboxes.is_walled(*walled):
                        raise
                    log.warning("codeact: a sandbox's message cannot be read: %r", error)

        Filtering.__name__ = Filtering.__qualname__ = f"Filtering{connection.__name__}"
        return Filtering

    def _of(self, kernel: str) -> Any:
        if kernel not in self._manager:
            raise SettingsError(f"there is no kernel {kernel!r} here; it may have been shut down")
        return self._manager.get_kernel(kernel)


def is_sandboxed(manager: Any) -> bool:
    """Whether a kernel's specification, which this server has, has it started in a sandbox."""
    if is_remote(manager):
        return False
    return _is_of_sandbox(getattr(getattr(manager, "kernel_spec", None), "metadata", None))


def _is_of_sandbox(metadata: Any) -> bool:
    chosen = (metadata if isinstance(metadata, Mapping) else {}).get("kernel_provisioner") or {}
    return isinstance(chosen, Mapping) and chosen.get("provisioner_name") == PROVISIONER


def reachable_by(manager: Any) -> tuple[str, ...]:
    """The hosts that a sandboxed kernel reaches."""
    return tuple(getattr(getattr(manager, "provisioner", None), "reachable", ()))


def _admitted_text(text: Any, admit: Callable[[Message], Message | None]) -> str | None:
    """A message as a gateway sends it, in JSON, after the filter; None for none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, Mapping):
        return None if admit({}) is None else text
    passed = admit(message)
    if passed is message or passed is None:
        return text if passed is message else None
    channel = {"channel": message["channel"]} if message.get("channel") in CHANNELS else {}
    return json.dumps({**passed, **channel})


def _admitted(message: Any, admit: Callable[[Message], Message | None], session: Any) -> Any:
    """A message as jupyter_server has it, whole or in parts, after the filter; None for none."""
    if isinstance(message, Mapping):
        return admit(message)
    try:
        whole = dict(zip(PARTS, map(session.unpack, message), strict=False))
    except (ValueError, RecursionError):  # no JSON that can be read: nothing a page could show
        return None if admit({}) is None else message
    passed = admit(whole)
    if passed is whole or passed is None:
        return message if passed is whole else None
    return [session.pack(passed[part]) for part in PARTS]
