"""Watches what all processes of a sandbox use together, and ends them when it is too much (Linux).

Limits of the system are for each process; for root the number of processes has none at all.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .holding import available, held_by_entries, held_elsewhere, read
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
        self._free, self._room = _free(workspace)
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
        if why := self._too_much_memory(processes):
            return why
        if (spent := max(map(_cpu_seconds, processes), default=0)) > bounds.cpu_seconds:
            return f"a process used the processor for {spent} s, and may for {bounds.cpu_seconds}"
        free, room = _free(self._workspace)
        if (grown := (self._free - free) // MIB) > bounds.disk:
            return f"the disk's free space shrank by {grown} MiB, and may by {bounds.disk}"
        if (made := self._room - room) > bounds.new_files:
            return f"the disk got {made:,} files more, and may get {bounds.new_files:,}"
        return ""

    def _too_much_memory(self, processes: list[int]) -> str:
        most = self._bounds.memory
        entries = held_by_entries(self._root) // MIB
        used = sum(map(_resident, processes)) // MIB + entries
        if used > most:  # pages that are shared were counted for each process
            used = sum(map(_proportional, processes)) // MIB + entries
        if used > most:
            return f"it used {used} MiB of memory, and may use {most}"
        if (left := available() // MIB) < self._bounds.spare:
            could = used + held_elsewhere(processes) // MIB
            if could > most:
                held = f"it may hold {could} with its sockets and shared pages, and may use {most}"
                return f"the machine had {left} MiB of memory left, and {held}"
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
            found += map(int, read(f"/proc/{process}/task/{thread}/children").split())
    except OSError:
        pass
    return found


def innermost_id(process: int) -> str:
    """The number that a process has in its own PID namespace; empty when it is gone."""
    for line in read(f"/proc/{process}/status").splitlines():
        if line.startswith("NSpid:"):
            return line.split()[-1]
    return ""


def _resident(process: int) -> int:
    fields = read(f"/proc/{process}/statm").split()
    return int(fields[1]) * PAGE if len(fields) > 1 else 0


def _cpu_seconds(process: int) -> int:
    """How long a process has computed, without its children."""
    fields = read(f"/proc/{process}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) // TICKS if len(fields) > 12 else 0


def _proportional(process: int) -> int:
    for line in read(f"/proc/{process}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _free(folder: str) -> tuple[int, int]:
    """How many bytes, and how many files, the disk of a folder has room for."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0, 0
    return found.f_bavail * found.f_frsize, found.f_favail
