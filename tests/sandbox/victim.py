"""A process beside the sandbox that stands for the Jupyter server: with a key, sockets and memory.

It prints where it can be attacked, as JSON, and writes each contact to a log until it is killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import threading
from pathlib import Path

REMOVE, PRIVATE = 0, 0
SECRET = ctypes.create_string_buffer(b"decoy-in-the-memory-of-the-server")


def main(folder: Path) -> None:
    log = (folder / "contacts.log").open("a")
    path, abstract = str(folder / "victim.sock"), f"codeact-victim-{os.getpid()}"
    tcp = _listening(socket.AF_INET, ("127.0.0.1", 0))
    sockets = {
        "tcp": tcp,
        "unix": _listening(socket.AF_UNIX, path),
        "abstract": _listening(socket.AF_UNIX, f"\0{abstract}"),
    }
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))

    def note(name: str) -> None:
        log.write(f"{name}\n")
        log.flush()

    def accept(name: str, listening: socket.socket) -> None:
        while True:
            connection, _ = listening.accept()
            note(name)
            connection.sendall(b"hello")
            connection.close()

    def receive() -> None:
        while True:
            udp.recv(100)
            note("udp")

    for name, each in sockets.items():
        threading.Thread(target=accept, args=(name, each), daemon=True).start()
    threading.Thread(target=receive, daemon=True).start()
    where = {
        "pid": os.getpid(),
        "tcp": tcp.getsockname()[1],
        "udp": udp.getsockname()[1],
        "unix": path,
        "abstract": abstract,
        "address": ctypes.addressof(SECRET),
        "segment": _shared(SECRET.raw),
    }
    print(json.dumps(where), flush=True)
    threading.Event().wait()


def _shared(content: bytes) -> int:
    """The number of a shared segment of memory, which ends with this process."""
    library = ctypes.CDLL(None)
    library.shmat.restype = ctypes.c_void_p
    segment = int(library.shmget(PRIVATE, ctypes.c_size_t(len(content)), 0o1600))
    ctypes.memmove(library.shmat(segment, None, 0), content, len(content))
    library.shmctl(segment, REMOVE, None)
    return segment


def _listening(family: int, address: object) -> socket.socket:
    made = socket.socket(family)
    made.bind(address)  # type: ignore[arg-type]
    made.listen(8)
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]))
