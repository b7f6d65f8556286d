"""Tell which files of the working directory were changed while an action ran.

One of the modules whose source `probe` also sends into kernels (Python 3.8 and later). Only where
a library is loaded that writes files in its own native code, which no audit hook sees; what the
action deletes by it is not seen.
"""

from __future__ import annotations

import os
import stat
import sys
import time

UNSEEN = ("duckdb", "fastparquet", "h5py", "netCDF4", "polars", "pyarrow", "tables")
MOST_ENTRIES, SCAN_SECONDS, MOST_CHANGED = 5_000, 0.05, 20
COARSE = 10_000_000  # nanoseconds: a file's time may be this much behind the clock
_PASSED_OVER = ("__pycache__", "node_modules")


def changed_since(began: int) -> list[str]:
    """Return files below the working directory with a time after `began`, in nanoseconds.

    Relative paths; hidden ones and notebooks, which front ends save meanwhile, are left out. In a
    folder that is too large the files at its top are looked at first.
    """
    if not began or not any(name in sys.modules for name in UNSEEN):
        return []
    deadline, left = time.monotonic() + SCAN_SECONDS, MOST_ENTRIES
    folders: list[str] = ["."]
    changed: list[str] = []
    while folders and len(changed) < MOST_CHANGED:
        try:
            entries = os.scandir(folders.pop(0))
        except OSError:
            continue
        with entries:
            for entry in entries:
                left -= 1
                if left < 0 or time.monotonic() > deadline:
                    return changed
                if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif _changed(entry, began - COARSE):
                    changed.append(os.path.normpath(entry.path))
    return changed


def _changed(entry: os.DirEntry[str], since: int) -> bool:
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    recent = max(facts.st_mtime_ns, facts.st_ctime_ns) > since
    return recent and stat.S_ISREG(facts.st_mode) and not entry.name.endswith(".ipynb")
