"""ipykernel on sockets that the host has bound: the sandbox sees no folder of sockets.

A kernel that could reach its own sockets' folder could put a link to another socket there, and have
the server connect to that. `CODEACT_SOCKETS` names the descriptors, as `port:descriptor,...`, and
`CODEACT_MESSAGE` how many bytes a message may have.
"""

from __future__ import annotations

import os
from typing import Any


def launch(arguments: list[str]) -> None:
    """Run the kernel with ipykernel's own arguments, until it ends."""
    import zmq
    from ipykernel import kernelapp
    from ipykernel.heartbeat import Heartbeat

    from .bounding import bounded

    most_bytes = int(os.environ.pop("CODEACT_MESSAGE"))
    pairs = (pair.split(":") for pair in os.environ.pop("CODEACT_SOCKETS").split(","))
    descriptors = {int(port): int(descriptor) for port, descriptor in pairs}
    for descriptor in descriptors.values():
        os.set_inheritable(descriptor, False)

    class SocketsOfTheHost(kernelapp.IPKernelApp):  # type: ignore[misc,unused-ignore]
        def _try_bind_socket(self, s: Any, port: int) -> Any:
            s.setsockopt(zmq.USE_FD, descriptors[port])
            return super()._try_bind_socket(s, port)  # type: ignore[no-untyped-call,unused-ignore]

        def init_kernel(self) -> None:
            self.session.serialize = bounded(self.session.serialize, most_bytes)
            super().init_kernel()  # type: ignore[no-untyped-call,unused-ignore]

    class HeartbeatOfTheHost(Heartbeat):  # type: ignore[misc,unused-ignore]
        def _try_bind_socket(self) -> Any:
            self.socket.setsockopt(zmq.USE_FD, descriptors[self.port])
            return super()._try_bind_socket()  # type: ignore[no-untyped-call,unused-ignore]

    kernelapp.Heartbeat = HeartbeatOfTheHost  # type: ignore[attr-defined,unused-ignore]
    SocketsOfTheHost.launch_instance(argv=arguments)
