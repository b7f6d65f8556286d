"""Which walls can be built on this machine: tried for real, and never guessed (Linux)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ..errors import EnvironmentFailure
from .inside import landlock, seccomp

Backend = Literal["bubblewrap", "landlock"]
OLDEST_LANDLOCK = 3  # before, any file outside can be emptied
TRYING_SECONDS = 10
LEAST_WORDS = (
    "weaker than bubblewrap: git hooks and dot folders of the workspace can be written, hidden "
    "files beside sources that are installed editable be read, and it sees which files and network "
    "addresses the machine has, and can change the times of your files; the machine's /dev/shm is "
    "open to it and not limited, no sockets work in it, so that `%%codeact` reaches no model, and "
    "no `!command`; a change of a file's rights does nothing"
)
SIGNALS = ", and before Linux 6.12 it can end your other programs, the Jupyter server too"
INSTALL = (
    "install bubblewrap (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap)"
)
UBUNTU = (
    "on Ubuntu 23.10 or later an administrator allows it once with the AppArmor profile "
    "`bwrap-userns-restrict`"
)


@dataclass(frozen=True)
class Walls:
    """What keeps a kernel in; `program` is bubblewrap's, `lacking` what is weaker, in words."""

    backend: Backend
    program: str = ""
    lacking: str = ""


def walls(wanted: str = "auto") -> Walls:
    """The strongest walls that stand here, or those that are wanted: `bubblewrap` or `landlock`.

    Raises EnvironmentFailure where none can be built: nothing is ever run without.
    """
    if sys.platform != "linux":
        raise EnvironmentFailure(
            f"the sandboxed kernel needs Linux, and this is {sys.platform!r}; "
            "use a Linux machine, a virtual one, or WSL 2"
        )
    if not seccomp.is_known_here():
        raise EnvironmentFailure(
            f"the sandboxed kernel knows no system calls of {os.uname().machine!r}; "
            "it runs on x86_64 and aarch64"
        )
    why = "bubblewrap was not tried"
    if wanted in ("auto", "bubblewrap"):
        program, why = bubblewrap()
        if program:
            return Walls("bubblewrap", program)
    if wanted in ("auto", "landlock") and landlock.abi() >= OLDEST_LANDLOCK:
        signals = "" if landlock.abi() >= landlock.OWN_DOMAIN_SINCE else SIGNALS
        return Walls("landlock", lacking=f"{LEAST_WORDS}{signals} ({why})")
    no_landlock = f"this Linux has no Landlock of version {OLDEST_LANDLOCK} or later"
    reasons = f"{why}; {no_landlock}" if wanted != "bubblewrap" else why
    raise EnvironmentFailure(f"no sandbox can be built here, so no kernel was started: {reasons}")


@lru_cache
def bubblewrap() -> tuple[str, str]:
    """The path of a bubblewrap that works here, or else why there is none and what to do."""
    program = shutil.which("bwrap")
    if program is None:
        return "", f"bubblewrap is not installed: {INSTALL}"
    command = [
        program,
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--ro-bind",
        "/",
        "/",
    ]
    command += ["--proc", "/proc", "--dev", "/dev", "--cap-drop", "ALL", "true"]
    try:
        tried = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TRYING_SECONDS,
            env={"PATH": os.defpath},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"{program} cannot be run: {error}"
    if tried.returncode == 0:
        return program, ""
    said = tried.stderr.strip() or f"it ended with {tried.returncode}"
    return "", (
        f"{program} cannot build a sandbox here ({said}); {UBUNTU}, and in a container its engine "
        "must allow user namespaces"
    )
