"""Watches what all processes of a sandbox use together, and ends them when it is too much (Linux).

Limits of the system are for each process; for root the number of processes has none at all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .limits import MIB, Bounds

EVERY_SECONDS = 0.25
OF_OURS = 3  # bubblewrap's own, the kernel, and what forwards to the proxy
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Watch:
    """A thread that looks at the processes below `root` until `stop`, and calls `end` with why."""

    def __init__(
        self, root: int, workspace: str, bounds: Bounds, end: Callable[[str], None]
    ) -> None:
        self._root, self._workspace, self._bounds, self._end = root, workspace, bounds, end
        self._free = _free_bytes(workspace)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def begin(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; may be called twice."""
        self._stopped.set()

    def _look(self) -> None:
        while not self._stopped.wait(EVERY_SECONDS):
            if why := self._too_much():
                if not self._stopped.is_set():
                    self._end(why)
                return

    def _too_much(self) -> str:
        processes = descendants(self._root)
        bounds = self._bounds
        if len(processes) > bounds.processes + OF_OURS:
            return f"it had {len(processes)} processes, and may have {bounds.processes}"
        used = sum(map(_resident, processes)) // MIB
        if used > bounds.memory:  # pages that are shared were counted for each process
            used = sum(map(_proportional, processes)) // MIB
        if used > bounds.memory:
            return f"it used {used} MiB of memory, and may use {bounds.memory}"
        if (spent := max(map(_cpu_seconds, processes), default=0)) > bounds.cpu_seconds:
            return f"a process used the processor for {spent} s, and may for {bounds.cpu_seconds}"
        if (grown := (self._free - _free_bytes(self._workspace)) // MIB) > bounds.disk:
            return f"the disk's free space shrank by {grown} MiB, and may by {bounds.disk}"
        return ""


def descendants(root: int) -> list[int]:
    """A process and all below it, as far as they can be seen."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children(process)
    return found


def children(process: int) -> list[int]:
    """The processes that this one started, by any of its threads."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            found += map(int, _read(f"/proc/{process}/task/{thread}/children").split())
    except OSError:
        pass
    return found


def innermost_id(process: int) -> str:
    """The number that a process has in its own PID namespace; empty when it is gone."""
    for line in _read(f"/proc/{process}/status").splitlines():
        if line.startswith("NSpid:"):
            return line.split()[-1]
    return ""


def _resident(process: int) -> int:
    fields = _read(f"/proc/{process}/statm").split()
    return int(fields[1]) * PAGE if len(fields) > 1 else 0


def _cpu_seconds(process: int) -> int:
    """How long a process has computed, without its children."""
    fields = _read(f"/proc/{process}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) // TICKS if len(fields) > 12 else 0


def _proportional(process: int) -> int:
    for line in _read(f"/proc/{process}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _free_bytes(folder: str) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
