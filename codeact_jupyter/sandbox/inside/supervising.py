"""Ends all processes of a kernel with it, where there is no PID namespace to do that (Linux)."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from .calls import SET_CHILD_SUBREAPER, SET_PARENT_DEATH_SIGNAL, prctl


def supervise() -> None:
    """Go on in a child, in a session of its own; what is left here waits for it.

    SIGTERM to the one that waits kills the kernel, and with it all that it has started.
    """
    prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    kernel = os.fork()
    if kernel == 0:
        prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        os.setsid()
        return
    signal.signal(signal.SIGTERM, lambda *_: _kill(kernel))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.closerange(3, 1024)  # the kernel's sockets are the kernel's alone
    _wait_for_all(kernel)


def _wait_for_all(kernel: int) -> None:
    code = None
    while True:
        try:
            process, status = os.wait()
        except ChildProcessError:
            os._exit(code or 0)
        if process == kernel:
            code = os.waitstatus_to_exitcode(status) & 0xFF
        if code is not None:
            for child in _children():
                _kill(child)


def _children() -> list[int]:
    own = os.getpid()
    with open(f"/proc/{own}/task/{own}/children") as listed:
        return [int(each) for each in listed.read().split()]


def _kill(process: int) -> None:
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)
