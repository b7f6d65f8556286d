"""What is sent into kernels is understood by every Python that a kernel may be of."""

from __future__ import annotations

import ast

import pytest

from codeact_jupyter.environments.undo import sending

SENT = dict(sending._sources())


@pytest.mark.parametrize("part", SENT)
def test_python_3_8_can_run_what_is_sent(part: str) -> None:
    tree = ast.parse(SENT[part], feature_version=(3, 8))
    abstract = {
        name.asname or name.name
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and each.module == "collections.abc"
        for name in each.names
    }
    evaluated = (
        node for each in tree.body if isinstance(each, ast.Assign) for node in ast.walk(each)
    )
    subscripts = (node.value for node in evaluated if isinstance(node, ast.Subscript))
    assert not abstract & {value.id for value in subscripts if isinstance(value, ast.Name)}
