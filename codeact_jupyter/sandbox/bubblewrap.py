"""The strong walls: namespaces of its own, made by bubblewrap (Linux).

bubblewrap's arguments go through a descriptor, and its environment is clean: PID 1 of the sandbox
shows both to everybody inside.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import NamedTuple

from .doors import HOSTS, INSIDE_FOLDER, PROXY_PORT, inside
from .environ import HOME
from .inside import landlock, seccomp
from .launching import INSIDE, Launch, Started, existing, memory_file, run_inside
from .limits import MIB
from .pythons import is_below
from .workspace import pinned, protected

OURS, POLICY = f"{INSIDE_FOLDER}/codeact", f"{INSIDE_FOLDER}/policy.json"
NAMESPACES = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
    *("--cap-drop", "ALL", "--hostname", "sandbox"),
)
# bubblewrap leaves these writable for root.
OF_THE_HOST = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
LANDLOCK_SINCE = 2


class Mount(NamedTuple):
    """Something to show at a path; what lies deeper is mounted after what lies above it."""

    path: str
    arguments: tuple[str, ...]


def bubblewrapped(program: str, launch: Launch) -> Started:
    """How to start this kernel; `information` tells the number of the first process inside."""
    passed: list[int] = [*launch.descriptors]

    def held(content: str | bytes) -> str:
        passed.append(memory_file(content))
        return str(passed[-1])

    arguments = [*NAMESPACES, *_system(launch)]
    for mount in sorted(_mounts(launch), key=lambda each: each.path.count("/")):
        arguments += mount.arguments
    for path, text in _texts(launch).items():
        arguments += ["--perms", "0444", "--ro-bind-data", held(text), path]
    links = landlock.abi() >= LANDLOCK_SINCE  # which forbids them in the workspace alone
    arguments += ["--remount-ro", "/", "--chdir", launch.workspace]
    arguments += ["--seccomp", held(seccomp.assembled(links=links))]
    information, told = os.pipe()
    passed.append(told)
    arguments += ["--info-fd", str(told)]
    read_from = held(b"".join(each.encode() + b"\0" for each in arguments))
    python = launch.command[0]
    first = [python, "-I", "-S", *run_inside(OURS, "entering", "enter"), POLICY]
    kernel = launch.kernel_command(OURS, _connection(launch))
    command = [program, "--args", read_from, "--", *first, *kernel]
    return Started(command, "/", dict(launch.environ), passed, information)


def _connection(launch: Launch) -> str:
    """Where its connection file is inside; its name is the host's, as it holds the kernel's id."""
    return f"{INSIDE_FOLDER}/{os.path.basename(launch.connection_file)}"


def _texts(launch: Launch) -> dict[str, str]:
    """The files that are made for the sandbox; they are nowhere on disk."""
    user, group = os.getuid(), os.getgid()
    return {
        "/etc/passwd": f"sandbox:x:{user}:{group}::{HOME}:/bin/sh\n",
        "/etc/group": f"sandbox:x:{group}:\n",
        "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        _connection(launch): launch.connection,
        POLICY: json.dumps(_policy(launch)),
    }


def _system(launch: Launch) -> Iterator[str]:
    """The file systems that are the sandbox's own, each with an end to its size."""
    bounds = launch.bounds
    yield from ("--proc", "/proc")
    for path in existing(OF_THE_HOST):
        yield from ("--ro-bind", path, path)
    yield from ("--dev", "/dev", "--size", str(bounds.shared_memory * MIB), "--tmpfs", "/dev/shm")
    yield from ("--remount-ro", "/dev")
    yield from ("--size", str(bounds.temporary * MIB), "--perms", "1777", "--tmpfs", "/tmp")
    yield from ("--size", str(64 * MIB), "--tmpfs", HOME)
    for path in SYSTEM_LINKS:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        elif os.path.isdir(path):
            yield from ("--ro-bind", path, path)


def _mounts(launch: Launch) -> Iterator[Mount]:
    workspace, readable = launch.workspace, launch.readable()
    for path in readable:
        yield Mount(path, ("--ro-bind", path, path))
    for folder in launch.python.elsewhere:
        if folder in readable:
            yield from _masks(folder, [workspace, *readable])
    for path, target in launch.python.links:
        if not is_below(path, readable):
            yield Mount(path, ("--symlink", target, path))
    yield Mount(workspace, ("--bind", workspace, workspace))
    kept = protected(workspace)
    for path in pinned(workspace, kept):
        yield Mount(path, ("--bind", path, path))
    for path in kept:
        if not any(is_below(each, [path]) for each in readable):
            yield Mount(path, ("--ro-bind", path, path))
    yield Mount(OURS, ("--ro-bind", str(INSIDE), f"{OURS}/inside"))
    for path, socket in launch.doors.items():
        yield Mount(path, ("--ro-bind", socket, path))


def _masks(folder: str, shown: list[str]) -> Iterator[Mount]:
    """Hide the dot entries of a folder of sources, such as a project that is installed editable."""
    for entry in os.scandir(folder):
        if not entry.name.startswith(".") or any(is_below(each, [entry.path]) for each in shown):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield Mount(entry.path, ("--size", str(MIB), "--perms", "0500", "--tmpfs", entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Mount(entry.path, ("--ro-bind", "/dev/null", entry.path))


def _policy(launch: Launch) -> dict[str, object]:
    """What the kernel's process takes on once it is inside."""
    bounds = launch.bounds
    policy: dict[str, object] = {"limits": bounds.resource_limits(), "nice": bounds.nice}
    if landlock.abi() >= LANDLOCK_SINCE:
        above = [each for each in ("/tmp", HOME) if is_below(launch.workspace, [each])]
        policy["landlock"] = {
            "read": ["/"],
            "work": [launch.workspace, *above],  # what is allowed above is allowed below
            "write": [each for each in ("/tmp", HOME, "/dev", "/proc/self") if each not in above],
            "devices": ["/dev/pts", "/dev/tty"],
            "network": True,  # its own, in which there is nothing
        }
    if (hosts := inside(HOSTS)) in launch.doors:
        policy["forward"] = {"port": PROXY_PORT, "path": hosts}
    return policy
