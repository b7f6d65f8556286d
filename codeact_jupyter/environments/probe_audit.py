"""Note what happens outside of the variables while an action runs: files, processes, the network.

One of the modules whose source `probe` also sends into kernels (Python 3.8 and later). An audit
hook (PEP 578) cannot be removed, so ours is added once, looks at one table first, and does nothing
while no action runs. It sees what Python itself does; of libraries that open files in their own
native code (Parquet, Polars, DuckDB, HDF5) `probe_files` sees what they left.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

if __name__ != "codeact_probe":  # in a kernel the sources run in one namespace
    from codeact_jupyter.environments.probe_files import changed_since

MOST_NOTED, MOST_READ, LONGEST_NOTED = 60, 20, 300
ACTION = "codeact:"  # how the id of a message begins whose code is an action
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ARGUMENTS = {
    "os.remove": ("deletes", 0),
    "os.rmdir": ("deletes", 0),
    "shutil.rmtree": ("deletes", 0),
    "os.rename": ("moves", 0),
    "os.truncate": ("writes", 0),
    "os.symlink": ("writes", 1),
    "os.link": ("writes", 1),
    "os.chmod": ("writes", 0),
    "subprocess.Popen": ("process", 1),
    "os.system": ("process", 0),
    "os.posix_spawn": ("process", 0),
    "os.spawn": ("process", 1),
    "os.exec": ("process", 0),
    "pty.spawn": ("process", 0),
    "os.kill": ("process", 0),
    "socket.connect": ("network", 1),
    "socket.getaddrinfo": ("network", 0),
    "socket.sendto": ("network", 1),
}
_QUIET = ("/dev/", "/proc/", "/sys/")
_ELSEWHERE = ("network", "process")  # not of files: always of interest
# What libraries read by themselves, when they are imported or first used.
_OF_LIBRARIES = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".ttf", ".otf", ".mo", ".mplstyle")
_SETTLED = ("/etc/", "/lib", "/usr/", "/opt/", "/System/", "/Library/", "C:\\Windows")
_CACHES = ("site-packages", "dist-packages", "/.cache/", "/.ipython/", "matplotlib", ".netrc")


class Noting:
    """What was noted since it was last taken; `acts` says whether an action runs now."""

    def __init__(self, acts: Callable[[], bool]) -> None:
        self.acts = acts
        self.noted: dict[tuple[str, str], None] = {}
        self.read: dict[str, None] = {}
        self.began = 0
        self._inside = threading.local()

    def hook(self, event: str, arguments: Any) -> None:
        """Take an audit event; never raises, because that would end what the code does."""
        if event != "open" and event not in _ARGUMENTS:
            return
        if getattr(self._inside, "here", False):
            return
        self._inside.here = True
        try:
            if len(self.noted) < MOST_NOTED and self.acts():
                self._note(event, arguments)
        except Exception:
            return
        finally:
            self._inside.here = False

    def begin(self, *_: Any) -> None:
        """Take the time: what runs now may be an action."""
        self.began = time.time_ns() if self.acts() else 0

    def take(self) -> list[list[str]]:
        """Return what was noted, each as its kind and what it was, and begin anew."""
        noted, read, began = self.noted, self.read, self.began
        self.noted, self.read, self.began = {}, {}, 0
        known = {os.path.abspath(what) for _, what in noted}
        changed = [what for what in changed_since(began) if os.path.abspath(what) not in known]
        return [
            *([kind, what] for kind, what in noted),
            *(["reads", what] for what in read),
            *(["changed", what] for what in changed),
        ]

    def _note(self, event: str, arguments: Any) -> None:
        if event == "open":
            path, _, flags = arguments
            if type(path) is int:
                return
            kind, what = "writes", _shown(path)
            if not (type(flags) is int and flags & _WRITING):
                if what and len(self.read) < MOST_READ and not _is_of_python(what):
                    self.read[what[:LONGEST_NOTED]] = None
                return
        else:
            kind, place = _ARGUMENTS[event]
            what = _shown(arguments[place])
        if what and (kind in _ELSEWHERE or not _is_quiet(what)):
            self.noted[kind, what[:LONGEST_NOTED]] = None


def _shown(value: Any) -> str:
    """Return a path, a command or an address as text; of the user's own types nothing is asked."""
    if type(value) is bytes:
        return value.decode("utf-8", "replace")
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if type(value) is tuple or type(value) is list:
        return " ".join(_shown(each) for each in value[:8])
    return ""


def _is_quiet(what: str) -> bool:
    """Return whether a file is of no interest: what Python keeps, or temporary."""
    if what.startswith(_QUIET) or "__pycache__" in what:
        return True
    temporary = os.environ.get("TMPDIR", "/tmp")
    return what.startswith(temporary) and not what.startswith(os.getcwd())


def _is_of_python(what: str) -> bool:
    """Return whether a file that is read is none of the user's: Python's, a library's, a cache."""
    installed = (sys.prefix, sys.base_prefix, *_SETTLED)
    if _is_quiet(what) or what.endswith(_OF_LIBRARIES) or any(each in what for each in _CACHES):
        return True
    return os.path.isabs(what) and what.startswith(installed) and not what.startswith(os.getcwd())


def parent_is_action() -> bool:
    """Return whether what this process's kernel executes now is an action, by its message's id."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    kernel = getattr(shell, "kernel", None)
    parent = kernel.get_parent("shell") if kernel is not None else None
    header = parent.get("header") if type(parent) is dict else None
    identity = header.get("msg_id") if type(header) is dict else None
    return type(identity) is str and identity.startswith(ACTION)


@contextmanager
def during_action() -> Iterator[None]:
    """Note what happens meanwhile: an action runs in this process, below a cell of the person's."""
    kept = noting()
    before, kept.acts = kept.acts, lambda: True
    kept.begin()
    try:
        yield
    finally:
        kept.acts = before


def noting() -> Noting:
    """Return this process's own, and add its hook when there is none yet."""
    kept = vars(sys.modules[__name__]) if __name__ in sys.modules else globals()
    found = kept.get("_noting")
    if found is None:
        found = kept["_noting"] = Noting(parent_is_action)
        sys.addaudithook(found.hook)
        shell: Any = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
        if hasattr(shell, "kernel"):
            shell.events.register("pre_run_cell", found.begin)
    return found
