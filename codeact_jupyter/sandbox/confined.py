"""The weaker walls, where no namespaces can be had: Landlock and a filter of system calls (Linux).

It has the host's processes and its network beside it, and reaches neither: sockets cannot be made.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .inside import seccomp
from .launching import INSIDE, Launch, Started, run_inside

# Of /proc a kernel sees itself, and what libraries ask of the machine.
READABLE = (
    *("/bin", "/lib", "/lib64", "/etc/group", "/etc/hosts", "/etc/passwd", "/proc/cpuinfo"),
    *("/proc/meminfo", "/proc/self", "/proc/stat", "/proc/sys/vm/overcommit_memory"),
    *("/dev/random", "/dev/urandom", "/dev/zero"),
)


def homes_of(folder: Path) -> tuple[Path, Path]:
    """The kernel's home and its place for temporary files: in the private folder of its sockets."""
    return folder / "home", folder / "tmp"


def confined(launch: Launch) -> Started:
    """How to start this kernel behind Landlock alone."""
    for each in homes_of(launch.folder):
        each.mkdir(exist_ok=True)
    connection, policy = launch.folder / "connection.json", launch.folder / "policy.json"
    for path, text in ((connection, launch.connection), (policy, json.dumps(_policy(launch)))):
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
    ours = str(INSIDE.parent)
    python = launch.command[0]
    first = [python, "-I", "-S", *run_inside(ours, "entering", "enter"), str(policy)]
    kernel = launch.kernel_command(ours, str(connection))
    environ = dict(launch.environ)
    return Started([*first, *kernel], launch.workspace, environ, [*launch.descriptors])


def _policy(launch: Launch) -> dict[str, object]:
    folder = launch.folder
    own = [str(INSIDE), str(folder / "connection.json")]
    bounds = launch.bounds
    return {
        "limits": bounds.resource_limits(),
        "nice": bounds.nice,
        "supervised": True,
        "landlock": {
            "read": [*launch.readable(), *READABLE, *own, os.path.dirname(launch.command[0])],
            # No links anywhere: with a folder they could be moved into the workspace.
            "work": [launch.workspace, *map(str, homes_of(folder)), "/dev/shm"],
            "write": ["/dev/null"],
        },
        # libzmq ends the process where it may not ask for the network's addresses.
        "seccomp": {"families": [seccomp.AF_NETLINK], "beside": True},
    }
