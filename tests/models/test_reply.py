"""What a reply was billed for, also where the server does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from codeact_jupyter.engine.bill import Usage
from codeact_jupyter.engine.limits import Limits, allowance
from codeact_jupyter.engine.trajectory import Block, Reply, Step
from codeact_jupyter.models.reply import ReplyBuilder
from tests.engine.twins import Played

from .talking import conversation, request

WRITTEN = "x" * 3_000
ASKED = -(-request().size // 3)
Counted = dict[str, Any] | None


def fed(at_start: Counted, at_end: Counted) -> ReplyBuilder:
    """A builder that was given a whole answer, with these counts."""
    builder = ReplyBuilder(request(), lambda delta: None)
    block: Block = {"type": "text", "text": ""}
    for event in (
        {"type": "message_start", "message": {"usage": at_start}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": WRITTEN},
        },
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": at_end},
        {"type": "message_stop"},
    ):
        builder.feed(event)
    return builder


@pytest.mark.parametrize(
    ("at_start", "at_end", "usage"),
    [
        (None, None, Usage(ASKED, 1_000)),
        ({"input_tokens": 0, "output_tokens": 0}, {"output_tokens": 0}, Usage(ASKED, 1_000)),
        ({"input_tokens": 7}, None, Usage(7, 1_000)),
        (None, {"output_tokens": 5}, Usage(ASKED, 5)),
        ({"input_tokens": 0, "cache_read_input_tokens": 9}, {"output_tokens": 5}, Usage(0, 5, 9)),
        ({"input_tokens": "12 (estimated)"}, {"output_tokens": "5"}, Usage(ASKED, 1_000)),
        ({"input_tokens": {}}, {"output_tokens": -5}, Usage(ASKED, 1_000)),
    ],
)
def test_what_the_server_does_not_count_is_estimated(
    at_start: Counted, at_end: Counted, usage: Usage
) -> None:
    builder = fed(at_start, at_end)
    assert builder.reply().usage == usage
    assert builder.billed == usage


def test_a_stream_that_never_began_is_billed_nothing() -> None:
    assert ReplyBuilder(request(), lambda delta: None).billed == Usage()


def test_a_limit_of_tokens_ends_a_run_whose_server_counts_nothing() -> None:
    trajectory = conversation()
    reply: Reply = fed(None, None).reply()
    turn = trajectory.turns[-1].with_step(Step(1, reply))
    limits = Limits(None, 1_200, None, None)
    assert allowance(limits, trajectory.with_turn(turn), Played()).reached
