"""Which files a process and its children may use, whatever their rights are (Linux, Landlock).

Links, sockets, pipes and devices cannot be made in folders of `work`: a link that is planted there
would have the person's own programs read or overwrite what it points to.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from .calls import SET_NO_NEW_PRIVILEGES, prctl, syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1
PATH_BENEATH = 1
(EXECUTE, WRITE_FILE, READ_FILE, READ_DIR) = (1 << bit for bit in range(4))
MAKE_CHAR, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in (6, 9, 10, 11, 12))
REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in (13, 14, 15))
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = EXECUTE | READ_FILE | READ_DIR
NO_NETWORK = 3  # neither bind nor connect, of TCP
OWN_DOMAIN, OWN_DOMAIN_SINCE = 3, 6  # no abstract sockets and no signals to outside


def abi() -> int:
    """Which version of Landlock there is; 0 where there is none."""
    try:
        return syscall(
            CREATE_RULESET, ctypes.c_void_p(0), ctypes.c_size_t(0), ctypes.c_uint32(VERSION)
        )
    except OSError:
        return 0


def restrict(
    *,
    read: Iterable[str],
    work: Iterable[str],
    write: Iterable[str] = (),
    devices: Iterable[str] = (),
    network: bool = False,
) -> None:
    """Allow these paths alone, from now on; paths that are not there are passed over.

    `read` may be read and run, `work` and `write` be written (links only in `write`), and
    `devices` be used in every way. Raises OSError where Landlock is refused.
    """
    version = abi()
    handled = _handled(version)
    ruleset = _ruleset(version, handled, network=network)
    try:
        everything = handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV)
        planted = MAKE_SYM | MAKE_SOCK | MAKE_FIFO
        for paths, rights in (
            (read, READ & handled),
            (work, everything & ~planted),
            (write, everything),
            (devices, handled),
        ):
            for path in paths:
                _allow(ruleset, path, rights)
        prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _handled(version: int) -> int:
    rights = (1 << 13) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def _ruleset(version: int, handled: int, *, network: bool) -> int:
    ports = NO_NETWORK if version >= 4 and not network else 0
    scoped = OWN_DOMAIN if version >= OWN_DOMAIN_SINCE else 0
    size = 8 if version < 4 else 16 if version < OWN_DOMAIN_SINCE else 24
    attributes = struct.pack("QQQ", handled, ports, scoped)[:size]
    buffer = ctypes.create_string_buffer(attributes, size)
    return syscall(CREATE_RULESET, buffer, ctypes.c_size_t(size), ctypes.c_uint32(0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        buffer = ctypes.create_string_buffer(rule, len(rule))
        syscall(
            ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), buffer, ctypes.c_uint32(0)
        )
    finally:
        os.close(descriptor)
