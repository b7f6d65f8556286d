"""Port: what the walk through code asks about each place, with the names as they stand there."""

from __future__ import annotations

import ast
from typing import Protocol

from .site import CallSite
from .values import Known, Reference


class Judge(Protocol):
    """What is asked while walking, with the names as they stand at that place."""

    def call(self, site: CallSite) -> None:
        """Judge a call."""

    def item(self, node: ast.Subscript, base: Reference, key: Known | None) -> None:
        """Judge reading, setting or deleting an item of something that has a name."""

    def handed_on(self, node: ast.expr, known: Reference) -> None:
        """Judge something named but not called."""

    def replaced(self, node: ast.Attribute, owner: Reference, *, by_function: bool) -> None:
        """Judge setting or deleting an attribute of something that has a name."""

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Judge an import statement."""
