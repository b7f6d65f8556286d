"""Every edit in place is taken back, or was named before: none is missed silently."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.undo import serving

from .edits import ARRAYS, OPAQUE, PLAIN, TABLES

RESTORED = {**PLAIN, **ARRAYS, **TABLES}


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    here = InteractiveShell.instance()
    here.run_cell("import numpy as np, pandas as pd").raise_error()
    yield here
    here.history_manager.end_session()
    here.history_manager.save_thread and here.history_manager.save_thread.stop()
    InteractiveShell.clear_instance()


@pytest.fixture(autouse=True)
def clean(shell: InteractiveShell, tmp_path: Path) -> Iterator[None]:
    here = Path.cwd()
    os.chdir(tmp_path)
    names = set(shell.user_ns)
    yield
    serving.forget()
    made = [name for name in shell.user_ns if name not in names]
    for name in reversed(made):  # what rests on another goes before it
        del shell.user_ns[name]
    os.chdir(here)


def run(shell: InteractiveShell, code: str) -> None:
    shell.run_cell(code).raise_error()


def shown(shell: InteractiveShell, expression: str) -> str:
    return repr(eval(expression, shell.user_ns))


def take(shell: InteractiveShell, **more: Any) -> dict[str, str]:
    options = {"seconds": 20.0, "most": 512 << 20, "place": "", "first": (), **more}
    gaps: dict[str, str] = serving.take(shell, "run", *options.values())["gaps"]
    return gaps


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # numpy 2.5
@pytest.mark.parametrize("name", RESTORED)
def test_an_edit_in_place_is_taken_back_and_brought_again(
    shell: InteractiveShell, name: str
) -> None:
    made, edit, shows = RESTORED[name]
    run(shell, made)
    before = shown(shell, shows)
    gaps = take(shell)
    run(shell, edit)
    after = shown(shell, shows)
    assert after != before
    serving.close("run", True)
    items = serving.look("run")["items"]
    assert items and not any(item["conflict"] for item in items), items
    assert "x" not in gaps
    done = serving.put_back("run", False)
    assert done["done"] and not done["kept"] and not done["failed"]
    assert shown(shell, shows) == before
    serving.put_back("run", False)
    assert shown(shell, shows) == after
    serving.put_back("run", False)
    assert shown(shell, shows) == before


@pytest.mark.parametrize("name", OPAQUE)
def test_what_cannot_be_taken_back_is_named_before_the_run(
    shell: InteractiveShell, name: str
) -> None:
    made, edit, _ = OPAQUE[name]
    run(shell, made)
    gaps = take(shell)
    run(shell, edit)
    assert gaps.get("x")
