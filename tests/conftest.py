"""No test writes into the user's own Jupyter data: the journal is kept in a folder of the tests.

And what is undone does not depend on how busy the machine is, nor on how soon the tests' model
answers: a checkpoint has time enough. Whatever they start, its key is in no file that it left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.canary import holders

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="session", autouse=True)
def data_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What Jupyter keeps for its user, for all processes that the tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "JUPYTER_DATA_DIR", str(tmp_path_factory.mktemp("jupyter")))
        patch.setitem(os.environ, "CODEACT_UNDO_SECONDS", "1000")
        yield
    made = tmp_path_factory.getbasetemp()
    assert holders(made) == [], "the key that the tests gave to what they started is in these files"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """An IPython in this process, as a terminal has it."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    here = InteractiveShell.instance()
    yield here
    here.history_manager.end_session()
    here.history_manager.save_thread and here.history_manager.save_thread.stop()
    InteractiveShell.clear_instance()
