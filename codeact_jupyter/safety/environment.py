"""Reading secrets from the process's environment, and changing it.

Judges `os.environ` and the functions around it. Ordinary variables such as HOME may be read freely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import Finding
from .site import CallSite
from .tables import words
from .values import Known, Text

_SECRET = re.compile(
    r"KEY|SECRET|PASSW|TOKEN(?!IZERS)|CREDENTIAL|AUTH|COOKIE|DATABASE_URL|DSN", re.I
)
_READING = frozenset({"os.getenv", "os.getenvb", "os.environ.get", "os.environ.__getitem__"})
_CHANGING = words(
    """os.putenv os.unsetenv os.environ.update os.environ.setdefault os.environ.pop
    os.environ.popitem os.environ.clear os.environ.__setitem__ os.environ.__delitem__"""
)
_WHOLE = frozenset({"os.environ.items", "os.environ.values", "os.environ.copy", "os.environb"})


def environment_effects(site: CallSite) -> Iterator[Finding]:
    """Judge a call by what it reads from the environment or changes in it."""
    if site.target in _CHANGING:
        yield changed(site.source)
    elif site.target in _WHOLE:
        yield whole(site.source)
    elif site.target in _READING and may_be_secret(site.known(0, "key")):
        yield secret(site.source)


def may_be_secret(name: Known | None) -> bool:
    """Say whether a variable's name sounds like a secret, or cannot be known."""
    return not isinstance(name, Text) or not name.complete or bool(_SECRET.search(name.value))


def secret(source: str) -> Finding:
    """Put reading one variable into words."""
    return Finding("environment", f"reads a secret from the environment: {source}")


def whole(source: str) -> Finding:
    """Put reading all variables into words."""
    return Finding("environment", f"reads the whole environment: {source}")


def changed(source: str) -> Finding:
    """Put a change into words."""
    return Finding("environment", f"changes the environment: {source}")
