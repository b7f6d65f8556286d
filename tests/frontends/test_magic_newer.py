"""The magic in a notebook with runs of a newer codeact: they are left alone, and a task says so."""

from __future__ import annotations

import asyncio
import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.persons_cells import PersonsCells
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.frontends.conversation import Conversation
from codeact_jupyter.notebook.inline import Held
from tests.notebook.test_newer import NEWER, under_a_magic


def test_a_task_says_to_upgrade_and_what_the_front_end_told_is_no_fault() -> None:
    shell = InteractiveShell.instance()
    talk = Conversation(shell, PersonsCells(shell))
    content = under_a_magic(displays=True, cells=True)
    before = json.dumps(content)
    talk.hold(Held(content["cells"], content["metadata"].get("codeact")))
    assert talk.trajectory.turns == ()
    with pytest.raises(NotebookError, match=NEWER):
        asyncio.run(talk.run("--model demo", "go on"))
    assert json.dumps(content) == before
