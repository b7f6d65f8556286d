"""Note what happens outside of the variables while an action runs: files, processes, the network.

One of the modules whose source `probe` also sends into kernels (Python 3.8 and later). An audit
hook (PEP 578) cannot be removed, so ours is added once, looks at one table first, and does nothing
while no action runs. It sees what Python itself does; of libraries that open files in their own
native code (Parquet, Polars, DuckDB, HDF5) `probe_files` compares what they left.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

if __name__ != "codeact_probe":  # in a kernel the sources run in one namespace
    from codeact_jupyter.environments.probe_files import FilesBefore, working_directory

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
_LOSING = ("os.remove", "os.rename")
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
        self.made: set[str] = set()  # the files that were not there before
        self.before: FilesBefore | None = None
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

    def begin(self, info: Any = None) -> None:
        """Look at the files when an action runs now; `info` is IPython's, with its code."""
        code = getattr(info, "raw_cell", None)
        acts = self.acts()
        self.before = FilesBefore(code if type(code) is str else "") if acts else None

    def take(self) -> list[list[str]]:
        """Return what was noted, each as its kind and what it was, and begin anew."""
        noted, read, before = self.noted, self.read, self.before
        self.noted, self.read, self.made, self.before = {}, {}, set(), None
        known = {_from_root(what) for _, what in noted}
        compared = before.compared() if before is not None else []
        return [
            *([kind, what] for kind, what in noted),
            *(["reads", what] for what in read),
            *([kind, what] for kind, what in compared if _from_root(what) not in known),
        ]

    def _note(self, event: str, arguments: Any) -> None:
        if event == "open":
            self._note_opened(*arguments)
            return
        kind, place = _ARGUMENTS[event]
        what = _shown(arguments[place])
        if event in ("os.remove", "os.rmdir"):
            what = _below_open_folder(what, arguments[1])
        if event in _LOSING and what in self.made and _is_by_path(arguments):
            self.made.discard(what)  # its own, of a moment ago: nothing is lost by that
        elif what and (kind in _ELSEWHERE or not _is_quiet(what)):
            self.noted[kind, what[:LONGEST_NOTED]] = None
        if event == "os.rename":
            self._keep_written(_shown(arguments[1]), replaces=True)

    def _note_opened(self, path: Any, _: Any, flags: Any) -> None:
        if type(path) is int:
            return
        what, flags = _shown(path), flags if type(flags) is int else 0
        if flags & _WRITING:
            self._keep_written(what, replaces=bool(flags & os.O_TRUNC))
        elif what and len(self.read) < MOST_READ and not _is_of_python(what):
            self.read[what[:LONGEST_NOTED]] = None

    def _keep_written(self, what: str, *, replaces: bool) -> None:
        """Note a file that is about to be written; one that was there before may be lost by it."""
        if not what or _is_quiet(what) or ("overwrites", what) in self.noted:
            return
        new = what in self.made or not os.path.lexists(what)
        if new:
            self.made.add(what)
        self.noted["overwrites" if replaces and not new else "writes", what[:LONGEST_NOTED]] = None


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


def _from_root(what: str) -> str:
    """Return the path from the root, also where the working directory is gone."""
    return os.path.normpath(os.path.join(working_directory(), what))


def _below_open_folder(what: str, folder: Any) -> str:
    """Return the path of what is named below a folder that is open, as `shutil.rmtree` does."""
    if type(folder) is not int or folder == -1 or os.path.isabs(what):
        return what
    try:
        return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), what)
    except OSError:  # no such place on this system
        return what


def _is_by_path(arguments: Any) -> bool:
    """Return whether the paths are what they say: none begins at a folder that is open."""
    return all(type(each) is not int or each == -1 for each in arguments)


def _is_quiet(what: str) -> bool:
    """Return whether a file is of no interest: what Python keeps, or temporary."""
    if what.startswith(_QUIET) or "__pycache__" in what:
        return True
    temporary = os.environ.get("TMPDIR", "/tmp")
    return what.startswith(temporary) and not _is_here(what)


def _is_here(what: str) -> bool:
    """Return whether a path is below the working directory; all are, when that is not known."""
    return what.startswith(working_directory())


def _is_of_python(what: str) -> bool:
    """Return whether a file that is read is none of the user's: Python's, a library's, a cache."""
    installed = (sys.prefix, sys.base_prefix, *_SETTLED)
    if _is_quiet(what) or what.endswith(_OF_LIBRARIES) or any(each in what for each in _CACHES):
        return True
    return os.path.isabs(what) and what.startswith(installed) and not _is_here(what)


def parent_is_action() -> bool:
    """Return whether what this process's kernel executes now is an action, by its message's id."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    kernel = getattr(shell, "kernel", None)
    parent = kernel.get_parent("shell") if kernel is not None else None
    header = parent.get("header") if type(parent) is dict else None
    identity = header.get("msg_id") if type(header) is dict else None
    return type(identity) is str and identity.startswith(ACTION)


@contextmanager
def during_action(code: str = "") -> Iterator[None]:
    """Note what happens meanwhile: this code of an action runs, below a cell of the person's."""
    kept = noting()
    before, kept.acts = kept.acts, lambda: True
    kept.before = FilesBefore(code)
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
