"""Sees what is written past Python's streams, straight to the file descriptors 1 and 2.

For a terminal's IPython: ipykernel does this by itself. A child process, a C library and a forked
worker write into a pipe; a thread passes it on to where it would have gone, and tells of it.
Python's own streams keep writing to the terminal itself, so they look and behave as ever.
"""

from __future__ import annotations

import codecs
import os
import select
import sys
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from typing import Any, Literal, TypeAlias

from ..engine.environment import OnOutput
from ..engine.trajectory import Stream
from .forks import forks

DRAIN_SECONDS = 0.5
CHUNK = 65_536
LINE_BUFFERED = 1  # C's _IOLBF
Name: TypeAlias = Literal["stdout", "stderr"]


class Pipe:
    """One descriptor's way through a pipe."""

    def __init__(self, descriptor: int, name: Name, stack: ExitStack) -> None:
        self.descriptor, self._name = descriptor, name
        self.terminal = os.dup(descriptor)
        stack.callback(os.close, self.terminal)
        self.end, begin = os.pipe()
        self._decode = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode
        stack.callback(os.dup2, self.terminal, descriptor)  # first: whatever comes, it is undone
        os.dup2(begin, descriptor)
        os.close(begin)

    def passed_on(self) -> Stream | None:
        """Read once and pass it on to the terminal; None at the end of all that has the pipe."""
        data = os.read(self.end, CHUNK)
        if not data:
            os.close(self.end)
            self.end = -1
            return None
        rest = memoryview(data)
        with suppress(OSError):  # the terminal is gone: nobody can be shown anything
            while rest:
                rest = rest[os.write(self.terminal, rest) :]
        return Stream(self._decode(data), self._name)


class Descriptors:
    """A context in which what is written to the descriptors 1 and 2 is told to `on_output`.

    Where there are none, or the system has no such pipes, nothing is told. `before` is the one of
    the action before: children that still have its pipes are heard through it.
    """

    def __init__(self, on_output: OnOutput, *, before: Descriptors | None = None) -> None:
        self._on_output = on_output
        earlier = (*before._before, before) if before is not None else ()
        self._before: tuple[Descriptors, ...] = tuple(e for e in earlier if e._has_writers)
        self._lock, self._asking = threading.RLock(), threading.RLock()
        self._forks = forks()
        self._pipes: list[Pipe] = []
        self._telling = False
        self._poll: Any = None  # made once: it is asked before each output
        self._undo = ExitStack()
        self.lost = ""

    def __enter__(self) -> Descriptors:
        if sys.platform == "win32":
            return self
        _keep_line_buffered()
        with ExitStack() as stack, suppress(OSError):
            for descriptor, name, stream in ((1, "stdout", sys.stdout), (2, "stderr", sys.stderr)):
                if stream is not None:
                    stream.flush()
                pipe = Pipe(descriptor, name, stack)  # type: ignore[arg-type]
                self._pipes.append(pipe)
                if stream is not None and _descriptor_of(stream) == descriptor:
                    self._keep_at_the_terminal(stream, pipe.terminal, stack)
            self._poll = _polling([pipe.end for pipe in self._pipes])
            self._telling = True
            # An object of `threading` would be waited for until it has started, at each action.
            start_new_thread(self._follow, ())
            self._undo = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            _flush_c()
            if not self.drain():
                self.lost = "not all that child processes wrote could be waited for"
        finally:
            with self._lock:
                self._telling = False
                for pipe in self._pipes:  # what still has the pipe is shown, but not told
                    pipe.terminal = pipe.descriptor
                self._undo.close()

    def drain(self) -> bool:
        """Wait until all that was written by now is told; False when there is no end of it."""
        if not self._telling or forks() != self._forks:
            return True
        deadline = time.monotonic() + DRAIN_SECONDS
        return all(each._is_drained(deadline) for each in (*self._before, self))

    @property
    def _has_writers(self) -> bool:
        return any(pipe.end >= 0 for pipe in self._pipes)

    def _is_drained(self, deadline: float) -> bool:
        while self._has_more():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.0002)
        with self._lock:  # the thread may have read what it has not told yet
            return True

    def _has_more(self) -> bool:
        with self._asking:  # two threads at once may not
            return bool(self._poll is not None and self._poll.poll(0))

    def _follow(self) -> None:
        pipes = {pipe.end: pipe for pipe in self._pipes}
        poll = _polling(list(pipes))
        while pipes:
            ready = poll.poll()
            with self._lock:
                for end, _ in ready:
                    text = pipes[end].passed_on()
                    if text is None:
                        del pipes[end]
                        poll.unregister(end)
                        with self._asking:
                            self._poll.unregister(end)
                    elif self._telling and text.text:
                        self._on_output(text)

    def _keep_at_the_terminal(self, stream: Any, terminal: int, stack: ExitStack) -> None:
        """Let this stream write where it wrote, though its descriptor leads elsewhere now."""
        kept = open(  # noqa: SIM115
            terminal, "w", 1, stream.encoding, stream.errors, closefd=False
        )
        for name in ("fileno", "flush", "isatty", "write"):
            self._replace(stream, name, getattr(kept, name), stack)
        stack.callback(kept.flush)

    def _replace(
        self, stream: Any, name: str, instead: Callable[..., Any], stack: ExitStack
    ) -> None:
        before, usual = vars(stream).get(name), getattr(stream, name)

        def method(*arguments: Any) -> Any:
            if not self._telling or forks() != self._forks:
                return usual(*arguments)  # in a fork, whose text goes through the pipe
            if name == "flush":
                usual()  # what was written to its buffer
                self.drain()
            return instead(*arguments)

        def restore() -> None:
            if vars(stream).get(name) is not method:
                return  # somebody wrapped it in turn: theirs stays, and comes to the usual one
            if before is None:
                delattr(stream, name)
            else:
                setattr(stream, name, before)

        stack.callback(restore)
        setattr(stream, name, method)


def _descriptor_of(stream: Any) -> int | None:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def _polling(ends: list[int]) -> Any:
    """What says which of these pipes have something, or are at their end."""
    poll = select.poll()
    for end in ends:
        poll.register(end, select.POLLIN)
    return poll


@cache
def _c() -> Any:
    """The C library of this process; None where there is no such."""
    import ctypes

    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None


def _flush_c() -> None:
    """Write out what C libraries have buffered."""
    with suppress(AttributeError, OSError):
        _c().fflush(None)


def _keep_line_buffered() -> None:
    """Have C's stdout go on as at a terminal: else what it first sees, a pipe, decides for good."""
    import ctypes

    if os.isatty(1):
        with suppress(AttributeError, OSError, ValueError):
            library = _c()
            name = "__stdoutp" if sys.platform == "darwin" else "stdout"
            library.setvbuf(ctypes.c_void_p.in_dll(library, name), None, LINE_BUFFERED, 0)
