"""Where a person's key is kept between sessions: the system's keyring, else a file of theirs alone.

The file is beside the config file. It holds the key, or that the keyring has it, so that a keyring
is asked for only where a key was put into one.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import SettingsError

FILE = "key"
SERVICE, USER = "codeact", "api_key"
IN_KEYRING = "(in the keyring)"
LONGEST = 10_000


def stored_key(folder: Path) -> str:
    """The key that is kept for this config folder; empty when there is none.

    Raises SettingsError for a file that others can read, or that is not the person's own, and when
    the keyring does not give the key.
    """
    text = _read(folder / FILE)
    if text != IN_KEYRING:
        return text
    try:
        import keyring

        return keyring.get_password(SERVICE, USER) or ""
    except Exception as error:  # not installed any more, or locked: every backend has its own
        raise SettingsError(
            f"the system's keyring does not give the key ({type(error).__name__}); unlock it, or "
            "store the key again: codeact key set"
        ) from None


class KeptKey:
    """Gives the stored key, as `stored_key` does, and asks a keyring once for each file of ours.

    For who needs it again and again: each asking may wait until the person unlocks the keyring.
    """

    def __init__(self) -> None:
        self._key = ""
        self._stamp: tuple[int, ...] = ()

    def __call__(self, folder: Path) -> str:
        stamp = _stamp(folder / FILE)
        if not self._key or stamp != self._stamp:
            self._key, self._stamp = stored_key(folder), stamp
        return self._key


def store_key(folder: Path, key: str) -> str:
    """Keep this key; returns where, in words. Raises SettingsError when it cannot be kept."""
    where = "the system's keyring" if _put_into_keyring(key) else f"the file {str(folder / FILE)!r}"
    _write(folder / FILE, IN_KEYRING if where.startswith("the system") else key)
    return where


def forget_key(folder: Path) -> bool:
    """Keep it no more; returns whether there was one. Raises SettingsError when it stays."""
    path = folder / FILE
    try:
        in_keyring = path.read_text("utf-8") == IN_KEYRING
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        in_keyring = False
    if in_keyring:
        try:
            import keyring

            keyring.delete_password(SERVICE, USER)
        except Exception as error:
            raise SettingsError(
                f"the system's keyring did not forget the key ({type(error).__name__}); unlock it "
                "and try again, or delete the entry 'codeact' there"
            ) from None
    path.unlink(missing_ok=True)
    return True


def place_of(folder: Path) -> str:
    """Where a key is kept, in words; empty when none is. Raises SettingsError as `stored_key`."""
    text = _read(folder / FILE)
    if not text:
        return ""
    return "the system's keyring" if text == IN_KEYRING else f"the file {str(folder / FILE)!r}"


def _put_into_keyring(key: str) -> bool:
    """Whether the system has a keyring, and the key is in it now."""
    try:
        import keyring

        backend: Any = keyring.get_keyring()
        if backend.priority < 1:  # none, or one that writes to a file of its own
            return False
        keyring.set_password(SERVICE, USER, key)
        return bool(keyring.get_password(SERVICE, USER) == key)
    except Exception:  # the library is not installed, the keyring is locked or not there
        return False


def _stamp(path: Path) -> tuple[int, ...]:
    """What tells this file from any that was there before; of none it is empty."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(path: Path) -> str:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"the stored key cannot be read: {error}") from None
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        _require_private(path, os.fstat(file.fileno()))
        return file.read(LONGEST).strip()


def _require_private(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32":
        return  # a person's config folder is theirs by its access list
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise SettingsError(f"{str(path)!r} is not your own file, so no key is read from it")
    if found.st_mode & 0o077:
        raise SettingsError(
            f"others on this machine can reach the key in {str(path)!r}, so it is not used: "
            f"chmod 600 {path}, or better make a new key"
        )


def _write(path: Path, text: str) -> None:
    """Write the file anew: nobody else can read it at any moment, and no link is followed."""
    new = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if sys.platform != "win32":
                os.fchmod(file.fileno(), 0o600)  # whatever the umask took away
            file.write(text)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise SettingsError(f"the key cannot be kept in {str(path)!r}: {error}") from None
