"""The first inside the sandbox: takes limits and walls on itself, then becomes the kernel.

It is called with the path of a policy, in JSON, and what to run. A wall that cannot be taken on is
an error: nothing is run then.
"""

from __future__ import annotations

import json
import os
import resource
from contextlib import suppress
from typing import Any

from . import landlock, seccomp
from .calls import SET_NO_NEW_PRIVILEGES, give_up_capabilities, prctl
from .forwarding import forward
from .supervising import supervise


def enter(arguments: list[str]) -> None:
    """Become the command, behind all that the policy asks for; does not return."""
    with open(arguments[0], encoding="utf-8") as file:
        policy: dict[str, Any] = json.load(file)
    command = arguments[1:]
    for name, value in policy["limits"].items():
        _limit(getattr(resource, f"RLIMIT_{name}"), value)
    os.nice(policy["nice"])
    prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if policy.get("supervised"):
        supervise()
        give_up_capabilities()  # bubblewrap's sandbox has none
    else:
        with suppress(OSError):  # it leads a session already
            os.setsid()  # so that the host can signal it with its children
    if "landlock" in policy:
        landlock.restrict(**policy["landlock"])
    if "seccomp" in policy:
        seccomp.load(seccomp.assembled(**policy["seccomp"]))
    if "forward" in policy:
        forward(**policy["forward"])
    os.execve(command[0], command, os.environ)


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))
