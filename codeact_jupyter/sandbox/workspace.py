"""The folder that a sandboxed kernel may write in, and what in it stays read-only."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import EnvironmentFailure
from .pythons import is_below

# What the person's own programs run or obey when they find it in a folder.
OBEYED = {
    *(".bashrc", ".claude", ".devcontainer", ".direnv", ".env", ".envrc", ".git", ".gitattributes"),
    *(".gitconfig", ".github", ".gitmodules", ".husky", ".idea", ".ipython", ".jupyter"),
    *(".mcp.json", ".pre-commit-config.yaml", ".vscode"),
}
MADE_BY_JUPYTER = (".ipynb_checkpoints", ".virtual_documents")
DEEPEST, MOST_FOLDERS = 3, 10_000


def require_fit(workspace: str, secret: Iterable[str]) -> None:
    """Raise EnvironmentFailure for a folder that would show, or give away, more than a project.

    `secret` are places that no kernel may see, such as the home directory and Jupyter's files.
    """
    shown = [each for each in secret if is_below(each, [workspace])]
    if workspace == "/" or shown:
        what = "it is the root of all files" if workspace == "/" else f"{shown[0]!r} lies in it"
        raise EnvironmentFailure(
            f"the sandbox does not open {workspace!r} as a workspace, because {what}; "
            "put the notebook in a folder of its own, and start the kernel there"
        )
    home = os.path.realpath(Path.home())
    hidden = [each for each in secret if is_below(workspace, [each]) and each != home]
    if hidden:
        raise EnvironmentFailure(
            f"the sandbox does not open {workspace!r} as a workspace, because it lies in "
            f"{hidden[0]!r}; put the notebook in a folder of its own, and start the kernel there"
        )


def secret_places(folder: Path) -> tuple[str, ...]:
    """Where no kernel may look: the home directory, what Jupyter and we keep, and `folder`."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir
    from platformdirs import user_config_dir

    places = (
        str(Path.home()),
        jupyter_config_dir(),
        jupyter_runtime_dir(),
        user_config_dir("codeact", appauthor=False),
        os.environ.get("XDG_RUNTIME_DIR") or "",
        str(folder),
    )
    there = (each for each in places if each and os.path.exists(each))
    return tuple(dict.fromkeys(map(os.path.realpath, there)))


def protected(workspace: str) -> list[str]:
    """What exists in a workspace and is to be read-only: its dot entries, and deeper those obeyed.

    Of a link it is what it leads to in the workspace: nothing can be mounted over the link itself.
    """
    there = (_kept_of(path, workspace) for path in _dotted(workspace))
    return list(dict.fromkeys(path for path in there if path))


def _kept_of(path: str, workspace: str) -> str:
    """The path to mount for a dot entry; empty for a link that leads elsewhere."""
    if not os.path.islink(path):
        return path
    target = os.path.realpath(path)
    obeyed = os.path.isfile(target) or os.path.basename(path) in OBEYED
    inside = target != workspace and is_below(target, [workspace]) and os.path.exists(target)
    return target if obeyed and inside else ""


def pinned(workspace: str, paths: Iterable[str]) -> list[str]:
    """The folders between a workspace and these paths, which must keep their names.

    Else a folder could be moved away, and made anew with another `.git` in it.
    """
    folders = {
        str(parent)
        for path in paths
        for parent in Path(path).parents
        if str(parent) != workspace and is_below(str(parent), [workspace])
    }
    return sorted(folders)


def _dotted(workspace: str) -> Iterator[str]:
    folders, waiting = 0, deque([(workspace, 0)])
    while waiting and folders < MOST_FOLDERS:
        folder, depth = waiting.popleft()
        folders += 1
        for entry in _entries(folder):
            if entry.name in MADE_BY_JUPYTER:
                continue
            if entry.name in OBEYED or (depth == 0 and entry.name.startswith(".")):
                yield entry.path
            elif depth + 1 < DEEPEST and entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, depth + 1))


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as found:
        yield from found
