"""What a kernel's process writes past Jupyter, read off: it never reaches a log or terminal raw.

A kernel that inherits the server's streams writes to its log, or to the person's terminal.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import IO, Any

MOST = 64 * 1024
LAST = 2_000


class Saying:
    """A pipe for a kernel's stdout and stderr, emptied by a thread until the kernel has ended.

    The first of it goes to `sink`, else to `log`, with what is not plain text escaped.
    """

    def __init__(self, log: logging.Logger, sink: Any = None) -> None:
        self._log = log
        self._sink: IO[bytes] | None = sink if hasattr(sink, "write") else None
        self._tail = b""
        self._left = MOST
        self._reader, self.descriptor = os.pipe()
        self._thread = threading.Thread(target=self._drain, daemon=True)

    def begin(self) -> None:
        """Begin to read; the kernel has the other end by now, and this process lets go of it."""
        os.close(self.descriptor)
        self._thread.start()

    def last_words(self) -> str:
        """The end of what was written, once nobody can write any more."""
        self._thread.join(1)
        return self._tail.decode("utf-8", "replace").strip()

    def _drain(self) -> None:
        with open(self._reader, "rb", 0) as pipe:
            while data := pipe.read(4096):
                self._tail = (self._tail + data)[-LAST:]
                if self._left > 0:
                    self._keep(data[: self._left])
                    self._left -= len(data)

    def _keep(self, data: bytes) -> None:
        words = data.decode("utf-8", "replace").encode("unicode_escape").replace(b"\\n", b"\n")
        if self._sink is None:
            self._log.info("codeact: a sandboxed kernel wrote: %s", words.decode("ascii"))
            return
        try:
            self._sink.write(words)
            self._sink.flush()
        except (OSError, ValueError):  # who asked for it has closed it
            self._sink = None
