"""Where the journal is kept: a folder and files that are the user's alone, whatever the umask.

A link in the place of one of them is refused: it would lead what the agent did, and saw, elsewhere.
On Windows the user's own profile protects them; there are no modes there.
"""

from __future__ import annotations

import errno
import getpass
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import JournalError

NAME = "journal.sqlite3"
FOLDER, FILE = 0o700, 0o600
CANNOT_BE_WRITTEN = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR)
# Where several machines may write one file, SQLite's shared memory (WAL) cannot be shared.
OF_SEVERAL_MACHINES = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4"),
    *("orangefs", "panfs", "smb2", "smb3", "smbfs", "virtiofs"),
    *("fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.juicefs", "fuse.s3fs", "fuse.sshfs"),
}


def usual_folder() -> Path:
    """The folder of the journal in the user's Jupyter data directory."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "codeact"


def passing_folder() -> Path:
    """A folder for it where the usual one cannot be written: what is there may go with a reboot."""
    return Path(tempfile.gettempdir()) / f"codeact-{getpass.getuser()}"


def private_folder(folder: Path) -> Path:
    """Make this folder, or make sure that it is the user's alone.

    Raises OSError when it cannot be made, JournalError when it is a link or somebody else's.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(folder, FOLDER)
    _require_own(folder, stat.S_ISDIR, FOLDER)
    return folder


def private_file(path: Path) -> Path:
    """Make this file, or make sure that it is the user's alone; raises as `private_folder` does."""
    if not os.path.lexists(path):
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        os.close(os.open(path, flags, FILE))
    _require_own(path, stat.S_ISREG, FILE)
    for beside in (f"{path}-wal", f"{path}-shm", f"{path}-journal"):
        if os.path.islink(beside):
            raise _refused(Path(beside), "is a link")
    return path


def is_of_several_machines(folder: Path) -> bool:
    """Whether the folder is on a file system that other machines may write too."""
    import psutil

    there = folder.resolve()
    mounts = {Path(each.mountpoint): each.fstype for each in psutil.disk_partitions(all=True)}
    nearest = next((mounts[each] for each in (there, *there.parents) if each in mounts), "")
    return nearest.lower() in OF_SEVERAL_MACHINES


def _require_own(path: Path, is_kind: Callable[[int], bool], mode: int) -> None:
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise _refused(path, "is a link")
    if not is_kind(found.st_mode):
        raise _refused(path, "is of another kind than it must be")
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise _refused(path, "belongs to somebody else")
        if stat.S_IMODE(found.st_mode) != mode:
            os.chmod(path, mode)


def _refused(path: Path, why: str) -> JournalError:
    return JournalError(
        f"the journal of the agent's runs is not kept in {str(path)!r}: it {why}. Remove it, or "
        "set JUPYTER_DATA_DIR to another folder"
    )
