"""Files that matter by their name wherever they lie: those that hold secrets, those that run.

Knows names only; what is done with a file is for paths.py.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import PurePath

from .tables import words

_SECRET_FOLDERS = words(".ssh .aws .gnupg .kube .azure .docker .password-store .gcloud")
_SECRET = re.compile(
    r"""^(\.env(\..*)?|\.?netrc|_netrc|\.pgpass|\.pypirc|\.npmrc|\.git-credentials|\.htpasswd
    |id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|p12|pfx|kdbx|keystore|jks|ppk)|kernel-[\w-]+\.json
    |(client_)?secrets?(\.\w+)?|credentials?(\.\w+)?|service[-_]account[\w-]*(\.(json|ya?ml))?|jpserver-\d+.*
    |kaggle\.json|\..*_history|nbserver-\d+.*|shadow|Login\ Data|logins\.json|key4\.db)$""",
    re.IGNORECASE | re.VERBOSE,
)
_NOT_SECRET = re.compile(r"\.(example|sample|template|dist)$", re.IGNORECASE)
_HARMLESS_DOTS = words(".ipynb_checkpoints .cache .pytest_cache .mypy_cache .ruff_cache")
_OBEYED = re.compile(
    r"""^(site|user)customize\.py$|\.pth$|^(conftest|setup|ipython_config|jupyter_\w*config)\.py$
    |^(Makefile|Dockerfile|crontab|pyproject\.toml|setup\.cfg)$|\.(desktop|service|bashrc)$""",
    re.VERBOSE,
)
_IMPORTED_OFTEN = words(
    """numpy pandas matplotlib scipy sklearn statsmodels seaborn torch tensorflow keras polars
    pyarrow duckdb requests plotly IPython ipykernel jupyter_client traitlets zmq tornado PIL"""
)
_STANDARD: frozenset[str] = getattr(sys, "stdlib_module_names", frozenset())


def holds_secrets(path: PurePath) -> bool:
    """Say whether a file of this name usually holds keys or passwords."""
    if _NOT_SECRET.search(path.name):
        return False
    folders = any(part in _SECRET_FOLDERS for part in path.parts)
    return folders or bool(_SECRET.match(path.name)) or ".config/gcloud/" in f"{path.as_posix()}/"


def may_match_secrets(pattern: str) -> bool:
    """Say whether a pattern for file names is after such files."""
    name = pattern.rpartition("/")[2]
    plain = name.replace("*", "").replace("?", "")
    return name not in {"", "*", "**"} and holds_secrets(PurePath(plain or "x"))


def within(path: PurePath, root: PurePath) -> tuple[str, ...] | None:
    """The parts of a path below a folder; None where it is not in there.

    From Python 3.12 on `is_relative_to` takes time by the square of a path's length (50 ms for one
    of 2,000 folders).
    """
    parts, above = path.parts, root.parts
    return parts[len(above) :] if _plain(parts[: len(above)]) == _plain(above) else None


def _plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(os.path.normcase, parts))


def is_obeyed(path: PurePath, root: PurePath) -> bool:
    """Say whether other programs run what a file of this name says, or look there for settings."""
    inner = within(path, root)
    inner = path.parts if inner is None else inner
    if any(part.startswith(".") and part not in _HARMLESS_DOTS for part in inner):
        return True
    shadows = path.suffix == ".py" and path.stem in _STANDARD | _IMPORTED_OFTEN
    return shadows or bool(_OBEYED.search(path.name))
