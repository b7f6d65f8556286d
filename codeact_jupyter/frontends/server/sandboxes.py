"""The sandboxed kernels of this server: what their messages may be, and which the person trusts.

A page gets a kernel's messages through the server's sockets; here they pass the filter first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tornado import web

from ...environments.starting import why_ended
from ...errors import SettingsError
from ...sandbox.kernelspec import PROVISIONER
from ...sandbox.messages import Message, harmless_message

PARTS = ("header", "parent_header", "metadata", "content")
GIVES_AWAY = (
    "Its outputs run no scripts. If you trust them, scripts run in your browser with your rights: "
    "they can open a terminal of this server, read your files and keys, and run code outside of "
    "the sandbox. Widgets and interactive plots need this."
)


class Sandboxes:
    """Which kernels of a manager are in a sandbox, and which of these the person trusts.

    Trust lasts until the kernel is shut down, or the server ends.
    """

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._trusted: set[str] = set()

    def told(self, kernel: str) -> dict[str, Any]:
        """What a page is told of a kernel; raises SettingsError when there is no such kernel."""
        manager = self._of(kernel)
        walls = getattr(getattr(manager, "provisioner", None), "walls", None)
        return {
            "sandboxed": is_sandboxed(manager),
            "walls": walls.backend if walls else "",
            "lacking": walls.lacking if walls else "",
            "hosts": list(reachable_by(manager)),
            "refused": list(getattr(manager.provisioner, "refusals", ())) if walls else [],
            "endings": getattr(manager.provisioner, "endings", 0) if walls else 0,
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
        return self.told(kernel)

    def forget(self, kernel: str) -> None:
        """A kernel was shut down."""
        self._trusted.discard(kernel)

    def admit(self, kernel: str, manager: Any) -> Callable[[Message], Message | None]:
        """What a message of this kernel becomes, on its way to whoever shows or keeps it."""

        def admitted(message: Message) -> Message | None:
            if not is_sandboxed(manager) or kernel in self._trusted:
                return message
            return harmless_message(message)

        return admitted

    def filtering(self, connection: type[Any]) -> type[Any]:
        """A class of connections between a kernel and a page, in which sandboxed kernels' messages
        are filtered; of a class that gives no way to do that, those kernels get no connection.
        """
        sandboxes = self

        class Filtering(connection):  # type: ignore[misc]
            filters_sandboxes = True

            async def prepare(self) -> None:
                if is_sandboxed(self.kernel_manager) and not hasattr(connection, "_on_zmq_reply"):
                    raise web.HTTPError(501, f"{connection.__name__} cannot filter a sandbox")
                if hasattr(connection, "prepare"):
                    await super().prepare()

            def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
                admit = sandboxes.admit(str(self.kernel_id), self.kernel_manager)
                passed = _admitted(msg_list, admit, self.session)
                if passed is not None:
                    super()._on_zmq_reply(stream, passed)

        Filtering.__name__ = Filtering.__qualname__ = f"Filtering{connection.__name__}"
        return Filtering

    def _of(self, kernel: str) -> Any:
        if kernel not in self._manager:
            raise SettingsError(f"there is no kernel {kernel!r} here; it may have been shut down")
        return self._manager.get_kernel(kernel)


def is_sandboxed(manager: Any) -> bool:
    """Whether a kernel's specification has it started in a sandbox."""
    specification = getattr(manager, "kernel_spec", None)
    metadata = getattr(specification, "metadata", None) or {}
    chosen = metadata.get("kernel_provisioner") or {}
    return isinstance(chosen, Mapping) and chosen.get("provisioner_name") == PROVISIONER


def reachable_by(manager: Any) -> tuple[str, ...]:
    """The hosts that a sandboxed kernel reaches."""
    return tuple(getattr(getattr(manager, "provisioner", None), "reachable", ()))


def _admitted(message: Any, admit: Callable[[Message], Message | None], session: Any) -> Any:
    """A message as jupyter_server has it, whole or in parts, after the filter; None for none."""
    if isinstance(message, Mapping):
        return admit(message)
    try:
        whole = dict(zip(PARTS, map(session.unpack, message), strict=False))
    except (ValueError, UnicodeDecodeError):  # it is no JSON: nothing that a page could show
        return None if admit({}) is None else message
    passed = admit(whole)
    if passed is whole or passed is None:
        return message if passed is whole else None
    return [session.pack(passed[part]) for part in PARTS]
