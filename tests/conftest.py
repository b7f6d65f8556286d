"""No test writes into the user's own Jupyter data: the journal is kept in a folder of the tests.

And what is undone does not depend on how busy the machine is, nor on how soon the tests' model
answers: a checkpoint has time enough.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def data_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Jupyter keeps for its user, for all processes that the tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
        patch.setitem(os.environ, "CODEACT_UNDO_SECONDS", "1000")
        yield
