"""Texts of a cell that name a place, whatever is done with the name: code may hand it on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set

from .kinds import Finding
from .paths import Workspace
from .values import Text


def mentions(
    nodes: Iterable[ast.AST], workspace: Workspace, compared: Set[int]
) -> Iterator[tuple[Finding, int]]:
    """Give what is found and its line; a text that is only `compared` names nothing."""
    told: dict[str, Finding | None] = {}
    for node in nodes:
        if not isinstance(node, ast.Constant) or id(node) in compared:
            continue
        if isinstance(node.value, str):
            if node.value not in told:
                told[node.value] = workspace.mentioned(Text(node.value))
            if finding := told[node.value]:
                yield finding, node.lineno
