"""Between a reply and its action: the model's mistakes, the policy, the person's word."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.policy import Answered, code_hash
from codeact_jupyter.engine.trajectory import Approval, Mistake, MistakeKind, Turn

from .twins import AllowAll, Asking, Denying, Played, Workshop, act, answer, begun, listen, mistaken


async def decided(*answers: object) -> tuple[Workshop, Turn, list[events.Event]]:
    workshop = Workshop()
    one = Agent(Played(act("x = 1"), answer()), workshop, Asking(*answers))  # type: ignore[arg-type]
    heard, turn = await listen(one, begun())
    return workshop, turn, heard


async def test_an_allowed_action_runs() -> None:
    workshop, turn, heard = await decided(Answered("allow"))
    assert workshop.ran == ["x = 1"]
    reasons = ("deletes files",)
    assert turn.steps[0].approval == Approval("allowed", "person", code_hash("x = 1"), reasons)
    asked = [event for event in heard if isinstance(event, events.ApprovalAsked)]
    assert [event.reasons for event in asked] == [reasons]
    assert asked[0].step.action is not None


async def test_a_word_with_the_permission_is_told_to_the_model() -> None:
    _, turn, _ = await decided(Answered("allow", word="be careful"))
    assert "[the person says: be careful]" in turn.steps[0].told[0]["content"]
    assert turn.steps[0].approval is not None
    assert turn.steps[0].approval.word == "be careful"


async def test_an_edited_action_runs_as_edited_and_the_model_is_told() -> None:
    workshop, turn, heard = await decided(Answered("edit", code="x = 2", word="two is better"))
    (step,) = turn.steps
    assert workshop.ran == ["x = 2"]
    assert step.action is not None
    assert step.action.code == "x = 2"
    assert step.reply.code == "x = 1"
    assert step.approval is not None
    assert (step.approval.decision, step.approval.code_hash) == ("edited", code_hash("x = 2"))
    assert "what ran is:\nx = 2" in step.told[0]["content"]
    assert "two is better" in step.told[0]["content"]
    started = next(event for event in heard if isinstance(event, events.StepStarted))
    assert started.step.action == step.action


async def test_a_slip_in_an_edit_is_told_to_the_person_once_and_not_run() -> None:
    slip = Answered("edit", code="x = (2")
    workshop, turn, heard = await decided(slip, Answered("edit", code="x = 2"))
    asked = [event for event in heard if isinstance(event, events.ApprovalAsked)]
    assert [event.step.action and event.step.action.code for event in asked] == ["x = 1", "x = (2"]
    (reason,) = asked[1].reasons
    assert "SyntaxError" in reason and asked[1].scopes == ("once",)
    assert workshop.ran == ["x = 2"]
    assert turn.steps[0].approval is not None
    assert turn.steps[0].approval.decision == "edited"


async def test_a_slip_that_the_person_insists_on_runs() -> None:
    slip = Answered("edit", code="x = (2")
    workshop, _, heard = await decided(slip, slip)
    assert workshop.ran == ["x = (2"]
    assert sum(isinstance(event, events.ApprovalAsked) for event in heard) == 2


async def test_a_rejected_action_never_runs_and_the_run_goes_on() -> None:
    workshop, turn, heard = await decided(Answered("reject", word="ask me first"))
    (step,) = turn.steps
    assert workshop.ran == []
    assert (step.state, turn.state) == ("rejected", "answered")
    assert "the person said no: ask me first" in step.told[0]["content"]
    assert not any(isinstance(event, events.StepStarted) for event in heard)


async def test_a_rejection_without_a_word_is_told_too() -> None:
    _, turn, _ = await decided(Answered("reject"))
    assert "the person said no]" in turn.steps[0].told[0]["content"]


async def test_a_denied_action_never_runs_and_the_reasons_are_told() -> None:
    workshop = Workshop()
    _, turn = await listen(Agent(Played(act("x = 1"), answer()), workshop, Denying()), begun())
    assert workshop.ran == []
    assert turn.steps[0].state == "rejected"
    assert "it would delete /; nobody can be asked" in turn.steps[0].told[0]["content"]
    assert turn.steps[0].approval is not None
    assert turn.steps[0].approval.by == "policy"


async def test_a_stop_while_the_person_is_asked_rejects_and_ends() -> None:
    async def never() -> Answered:
        await asyncio.sleep(60)
        raise AssertionError

    workshop = Workshop()
    one = Agent(Played(act("x = 1"), answer()), workshop, Asking(never))

    def on_event(event: events.Event) -> None:
        if isinstance(event, events.ApprovalAsked):
            asyncio.get_running_loop().call_later(0.02, one.stop)

    _, turn = await listen(one, begun(), on_event)
    assert (turn.state, turn.steps[0].state) == ("stopped", "rejected")
    assert workshop.ran == []


async def test_a_question_that_is_cancelled_by_its_front_end_stops_the_run() -> None:
    async def cancelled() -> Answered:
        raise asyncio.CancelledError

    workshop, turn, _ = await decided(cancelled)
    assert (turn.state, workshop.ran) == ("stopped", [])


@pytest.mark.parametrize("kind", get_args(MistakeKind))
async def test_a_mistake_is_told_and_never_executed(kind: MistakeKind) -> None:
    workshop = Workshop()
    model = Played(mistaken(Mistake(kind, "it went wrong")), answer())
    heard, turn = await listen(Agent(model, workshop, AllowAll()), begun())
    (step,) = turn.steps
    assert workshop.ran == []
    assert (step.state, turn.state) == ("error", "answered")
    assert step.mistake == Mistake(kind, "it went wrong")
    assert model.requests[1].messages[-1].blocks == step.told
    assert step.told[0]["content"] == "[not run: it went wrong]"
    assert step.told[0]["is_error"] is True
    assert not any(isinstance(event, events.StepStarted) for event in heard)


async def test_code_that_does_not_compile_is_a_mistake_and_asks_nobody() -> None:
    workshop, policy = Workshop(), Asking()
    _, turn = await listen(Agent(Played(act("x = = 1"), answer()), workshop, policy), begun())
    assert turn.steps[0].mistake is not None
    assert turn.steps[0].mistake.kind == "syntax error"
    assert "SyntaxError" in turn.steps[0].told[0]["content"]
    assert (workshop.ran, policy.asked) == ([], [])


async def test_the_same_mistake_three_times_in_a_row_fails_the_run() -> None:
    workshop, model = Workshop(), Played(mistaken(Mistake("cut", "too long")))
    _, turn = await listen(Agent(model, workshop, AllowAll()), begun())
    assert (turn.state, turn.reason) == ("failed", "3 times in a row, cut: too long")
    assert (len(turn.steps), workshop.ran) == (3, [])


async def test_mistakes_that_are_not_the_same_or_not_in_a_row_do_not_fail_the_run() -> None:
    cut, empty = mistaken(Mistake("cut", "c")), mistaken(Mistake("empty", "e"))
    model = Played(cut, cut, empty, cut, act("1"), cut, cut, answer())
    _, turn = await listen(Agent(model, Workshop(), AllowAll()), begun())
    assert (turn.state, len(turn.steps)) == ("answered", 7)


SLIPS = ("x = = 1", "def f(:\n  pass", "x = (1", "'open", "for", "1 +")


async def test_one_slip_of_syntax_three_times_in_a_row_fails_the_run() -> None:
    model = Played(act("x = = 1"), act("y = (1"), *[act("x = = 1")] * 3)
    _, turn = await listen(Agent(model, Workshop(), AllowAll()), begun())
    assert (turn.state, len(turn.steps)) == ("failed", 5)
    assert turn.reason.startswith("3 times in a row, syntax error: SyntaxError")


async def test_three_slips_of_syntax_that_are_not_the_same_do_not_fail_the_run() -> None:
    model = Played(*(act(slip) for slip in SLIPS[:5]), answer())
    _, turn = await listen(Agent(model, Workshop(), AllowAll()), begun())
    assert (turn.state, len(turn.steps)) == ("answered", 5)


async def test_a_model_that_only_writes_broken_code_fails_the_run() -> None:
    model = Played(*(act(slip) for slip in SLIPS), answer())
    _, turn = await listen(Agent(model, Workshop(), AllowAll()), begun())
    assert (turn.state, len(turn.steps)) == ("failed", 6)
    assert turn.reason.startswith("6 times in a row, syntax error: SyntaxError")
