"""Tell the working directory, and compare its files before and after an action.

One of the modules whose source `probe` also sends into kernels (Python 3.8 and later). Only where
a library is loaded, or about to be, that writes, moves or deletes files in its own native code,
which no audit hook sees.
"""

from __future__ import annotations

import os
import stat
import sys
import time
import types

UNSEEN = ("duckdb", "fastparquet", "h5py", "netCDF4", "polars", "pyarrow", "tables")
# What code says that makes another library load one of those, such as `pandas.read_orc`.
_LOADING = (*UNSEEN, "parquet", "feather", "_orc", "_hdf", "HDFStore", "netcdf")
MOST_ENTRIES, SCAN_SECONDS, MOST_COMPARED = 5_000, 0.05, 20
COARSE = 10_000_000  # nanoseconds: a file's time may be this much behind the clock
_PASSED_OVER = ("__pycache__", "node_modules")


def working_directory() -> str:
    """Return where relative paths begin now, or nothing when that is not known.

    Asks the function that `os.getcwd` was made from: the user may have put theirs in its place.
    """
    system = sys.modules.get("posix") or sys.modules.get("nt")
    ask = getattr(system, "getcwd", None)
    try:
        return str(ask()) if type(ask) is types.BuiltinFunctionType else ""
    except OSError:  # the directory is gone
        return ""


class FilesBefore:
    """The files below the working directory when an action begins; `code` is what it runs.

    Hidden files are left out, and notebooks, which front ends save meanwhile. Of a folder that is
    too large those at its top are known, and what is deeper may be missed.
    """

    def __init__(self, code: str = "") -> None:
        self.began = time.time_ns()
        self.folder = working_directory()
        loads = _writes_unseen() or any(word in code for word in _LOADING)
        self.files = _files_below(self.folder) if loads else {}

    def compared(self) -> list[tuple[str, str]]:
        """Return how files are other now, each as a kind and a path from that directory.

        `altered` and `gone` are files that were there before, `changed` what is new; or may be,
        when what was there before is not known.
        """
        if not _writes_unseen():
            return []
        found: list[tuple[str, str]] = []
        now = _files_below(self.folder)
        for path, facts in now.items():
            before = self.files.get(path)
            if before is None and max(facts[:2]) > self.began - COARSE:
                found.append(("changed", path))
            elif before is not None and (before[0], before[2:]) != (facts[0], facts[2:]):
                found.append(("altered", path))
        missing = (path for path in self.files if path not in now)
        found += [("gone", path) for path in missing if not os.path.lexists(path)]
        return [(kind, os.path.relpath(path, self.folder)) for kind, path in found[:MOST_COMPARED]]


def _writes_unseen() -> bool:
    return any(name in sys.modules for name in UNSEEN)


def _files_below(folder: str) -> dict[str, tuple[int, ...]]:
    """Return the times, the size and the number of each file, those at the top first."""
    deadline, left = time.monotonic() + SCAN_SECONDS, MOST_ENTRIES
    folders = [folder]
    found: dict[str, tuple[int, ...]] = {}
    while folders:
        try:
            entries = os.scandir(folders.pop(0))
        except OSError:
            continue
        with entries:
            for entry in entries:
                left -= 1
                if left < 0 or time.monotonic() > deadline:
                    return found
                if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.name.endswith(".ipynb") and (facts := _facts_of(entry)):
                    found[entry.path] = facts
    return found


def _facts_of(entry: os.DirEntry[str]) -> tuple[int, ...]:
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return ()
    if not stat.S_ISREG(facts.st_mode):
        return ()
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino
