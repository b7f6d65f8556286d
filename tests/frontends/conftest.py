"""One model and one kernel for the tests of a module: starting them costs seconds."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from .live import LiveKernel, ScriptedModel, live

if hasattr(signal, "SIGHUP"):  # `nohup` has it ignored, also by the commands that are tested here
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="module")
def shared_model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="module")
def shared_kernel(
    shared_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveKernel]:
    with live(shared_model, str(tmp_path_factory.mktemp("work"))) as kernel:
        yield kernel


@pytest.fixture
def model(shared_model: ScriptedModel) -> ScriptedModel:
    shared_model.will()
    return shared_model


@pytest.fixture
def kernel(shared_kernel: LiveKernel) -> LiveKernel:
    """The module's kernel, with a new conversation in it."""
    assert not shared_kernel.run("%codeact new").failed
    return shared_kernel
