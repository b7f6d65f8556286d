"""The models that a server lists are asked for once, and never waited for long."""

from __future__ import annotations

from codeact_jupyter.models.listing import listed_models
from tests.loopback import LoopbackModel


def test_the_models_that_a_server_lists_are_named() -> None:
    with LoopbackModel([]) as model:
        names = listed_models("sk-test", model.url)
    assert "claude-opus-5-5" in names
    assert listed_models("sk-test", model.url) == names, "it was asked once"


def test_a_server_that_does_not_answer_lists_none() -> None:
    with LoopbackModel([]) as model:
        url = model.url
    assert listed_models("sk-test", url) == ()
