"""Where a Python and its packages are on disk, so that a sandbox can show them and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import EnvironmentFailure

PROBE = """\
import json, os, site, sys
paths = [path for path in sys.path if path and os.path.isdir(path)]
home = [sys.prefix, sys.base_prefix, os.path.dirname(os.path.realpath(sys.executable))]
user = site.getuserbase() if os.path.isdir(site.getusersitepackages()) else ""
print(json.dumps({"home": home, "paths": paths, "user": user}))
"""
PROBE_SECONDS = 60


@dataclass(frozen=True)
class Python:
    """A Python: its own folders, those that its packages lie in elsewhere, and links on the way.

    `user` is below which packages installed with `--user` are, where there are any.
    """

    executable: str
    own: tuple[str, ...]
    elsewhere: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    user: str


_known: dict[str, tuple[Python, dict[str, float]]] = {}


def python_of(executable: str, environ: Mapping[str, str]) -> Python:
    """Ask a Python where it is; raises EnvironmentFailure when it cannot be run.

    The answer is kept until one of its folders changes, as it does when a package is installed.
    """
    if executable in _known:
        python, changed = _known[executable]
        if changed == _changes(python):
            return python
    python = _asked(executable, environ)
    _known[executable] = (python, _changes(python))
    return python


def _asked(executable: str, environ: Mapping[str, str]) -> Python:
    kept = {name: environ[name] for name in ("PATH", "HOME") if name in environ}
    try:
        answer = subprocess.run(
            [executable, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            cwd="/",
            env=kept,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailure(
            f"the sandbox's Python {executable!r} cannot be run: {error}; "
            "install the kernel again with: codeact sandbox install"
        ) from error
    found = json.loads(answer.splitlines()[-1])
    own = _outermost(found["home"])
    elsewhere = [each for each in found["paths"] if not is_below(each, own)]
    links = tuple(_links(executable, own))
    return Python(executable, own, tuple(dict.fromkeys(elsewhere)), links, found["user"])


def _changes(python: Python) -> dict[str, float]:
    """When the folders that hold packages changed last."""
    packages = (Path(own).glob("lib/python*/site-packages") for own in python.own)
    folders = [*(folder for each in packages for folder in each), *map(Path, python.elsewhere)]
    return {str(each): each.stat().st_mtime for each in folders if each.exists()}


def _outermost(folders: Iterable[str]) -> tuple[str, ...]:
    """These folders without those that lie in another of them."""
    kept: list[str] = []
    for folder in sorted(set(folders), key=len):
        if not is_below(folder, kept):
            kept.append(folder)
    return tuple(kept)


def _links(executable: str, own: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Links between the name and the file of a Python that lie in none of its folders."""
    path = executable
    while os.path.islink(path):
        target = os.readlink(path)
        if not is_below(path, own):
            yield path, target
        path = os.path.normpath(os.path.join(os.path.dirname(path), target))


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these folders or lies in one."""
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in folders)
