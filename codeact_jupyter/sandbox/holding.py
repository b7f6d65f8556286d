"""Memory that the system holds for the processes of a sandbox, and counts to none of them (Linux).

Each file in memory takes some, however empty it is; so does what waits in sockets, and shared pages
that no process has mapped just now. Of the last two the system says only how much it may be.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from .environ import HOME

IN_MEMORY = ("/tmp", "/dev/shm", HOME)  # file systems of the sandbox's own
OF_AN_ENTRY = 1024  # bytes, about
SHARED = ("/dev/zero (deleted)", "/SYSV", "/memfd:")
USUAL_BUFFER = 212_992  # bytes


def held_by_entries(first: int) -> int:
    """The bytes that the entries of the sandbox's files in memory take; `first` is in the sandbox.

    None where its files are the host's.
    """
    held = 0
    for folder in IN_MEMORY:
        inside = f"/proc/{first}/root{folder}"
        try:
            found, device = os.statvfs(inside), os.stat(inside).st_dev
            own = not os.path.exists(folder) or device != os.stat(folder).st_dev
        except OSError:
            continue
        held += (found.f_files - found.f_ffree) * OF_AN_ENTRY if own else 0
    return held


def available() -> int:
    """The bytes of memory that the machine has left."""
    for line in read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 1 << 62  # a system that does not say


def held_elsewhere(processes: Iterable[int]) -> int:
    """The most bytes that may be in the sockets of these processes, and in their shared pages."""
    shared: dict[str, int] = {}
    sockets = 0
    for process in processes:
        sockets += _sockets(process)
        for pages, size in _shared(process).items():
            shared[pages] = max(size, shared.get(pages, 0))
    return sockets * 2 * _largest_buffer() + sum(shared.values())


def _sockets(process: int) -> int:
    folder, count = f"/proc/{process}/fd", 0
    try:
        for name in os.listdir(folder):
            count += os.readlink(f"{folder}/{name}").startswith("socket:")
    except OSError:
        pass  # it is gone
    return count


def _shared(process: int) -> dict[str, int]:
    """Its mappings of shared memory by what they map; in use or not, which cannot be seen."""
    sizes: dict[str, int] = {}
    for line in read(f"/proc/{process}/maps").splitlines():
        addresses, _, _, device, file, *path = line.split(None, 5)
        if path and path[0].startswith(SHARED):
            start, _, end = addresses.partition("-")
            pages = f"{device} {file}"
            sizes[pages] = sizes.get(pages, 0) + int(end, 16) - int(start, 16)
    return sizes


def _largest_buffer() -> int:
    return int(read("/proc/sys/net/core/wmem_max") or USUAL_BUFFER)


def read(path: str) -> str:
    """A file of the system's; empty when it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
