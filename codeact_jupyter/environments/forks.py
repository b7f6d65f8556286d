"""Whether this is still the process that something began in, without asking the system each time.

A forked worker has our wrappers, but no thread to serve them, and may find locks held for ever.
"""

from __future__ import annotations

import os

_forks = 0


def forks() -> int:
    """How many forks lie between the process that this was imported in and the present one."""
    return _forks


def _forked() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
