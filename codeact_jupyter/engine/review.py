"""What happens between a reply that asks for an action and the action's start.

The model's mistakes are told to it; the policy, and where it says so the person, have their word.
A step that comes back with `told` set is over: its action must not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import takewhile

from .environment import Environment
from .policy import Answered, Policy, Verdict, code_hash
from .telling import Telling
from .trajectory import Action, Approval, Mistake, Observation, Step, Turn

MISTAKES_IN_A_ROW = 3
SLIPS_IN_A_ROW = 6  # of syntax, each another
LONG = 5_000  # characters of code

Ask = Callable[[Step, Verdict], Awaitable[Answered]]


async def reviewed(
    step: Step, environment: Environment, policy: Policy, telling: Telling, ask: Ask
) -> Step:
    """The step, fit to run; or told to the model as a mistake or as rejected.

    `ask` brings a verdict to the person and comes back with the answer.
    """
    mistake = step.reply.mistake
    if mistake is None and step.action is not None:
        problem = await environment.check(step.action.code)
        mistake = Mistake("syntax error", problem) if problem else None
    if mistake is not None:
        return replace(step, mistake=mistake, told=telling.mistake(step.reply, mistake))
    assert step.action is not None
    verdict = await _assessed(policy, step.action, environment)
    edited = False
    while verdict.decision == "ask" and step.action is not None:
        answer = await ask(step, verdict)
        if answer.decision != "edit":
            return _decided(step, verdict, answer, telling, edited=edited)
        action = replace(step.action, code=answer.code)
        step, edited = replace(step, action=action), True
        again = await _assessed_anew(policy, action, environment)
        if again.decision == "allow" or set(again.kinds) <= set(verdict.kinds):
            return replace(step, approval=_approval(step, again, "edited", "person", answer.word))
        verdict = again  # it asks for something that the person was not told of before
    if verdict.decision == "deny":
        return _rejected(
            step, _approval(step, verdict, "rejected"), "; ".join(verdict.reasons), telling
        )
    return replace(step, approval=_approval(step, verdict, "allowed"))


def repeated_mistake(turn: Turn) -> str:
    """The mistake that the model made several times in a row, in words; empty when it did not."""
    made = list(takewhile(bool, (step.mistake for step in reversed(turn.steps))))
    last = made[0] if made else None
    if last is None:
        return ""
    of_kind = list(takewhile(lambda one: one is not None and one.kind == last.kind, made))
    same = of_kind
    if last.kind == "syntax error":  # other slips are other mistakes, though not without end
        same = list(takewhile(last.__eq__, of_kind))
    for times, most in ((len(same), MISTAKES_IN_A_ROW), (len(of_kind), SLIPS_IN_A_ROW)):
        if times >= most:
            return f"{times} times in a row, {last.kind}: {last.detail}"
    return ""


def word_on_edit(step: Step) -> str:
    """What the person says to the model about an action that ran: its edit, or a word."""
    if step.approval is None or step.action is None:
        return ""
    if step.approval.decision != "edited":
        return step.approval.word
    word = f"{step.approval.word}\n" if step.approval.word else ""
    return f"{word}I edited the code before it ran; what ran is:\n{step.action.code}"


async def _assessed(policy: Policy, action: Action, environment: Environment) -> Verdict:
    """What the policy says of it; long code is read in a thread, so that others are served."""
    if len(action.code) < LONG:
        return policy.assess(action, environment.namespace())
    return await asyncio.to_thread(policy.assess, action, environment.namespace())


async def _assessed_anew(policy: Policy, action: Action, environment: Environment) -> Verdict:
    """What the policy says of what the person wrote; their slip is told to them, not run."""
    verdict = await _assessed(policy, action, environment)
    problem = await environment.check(action.code)
    if not problem or verdict.decision == "deny":
        return verdict
    kinds = (*verdict.kinds, problem)  # once they were told it they may have it run all the same
    return replace(verdict, decision="ask", reasons=(problem,), kinds=kinds, scopes=("once",))


def _decided(
    step: Step, verdict: Verdict, answer: Answered, telling: Telling, *, edited: bool
) -> Step:
    if answer.decision == "reject":
        approval = _approval(step, verdict, "rejected", "person", answer.word)
        word = f"the person said no: {answer.word}" if answer.word else "the person said no"
        return _rejected(step, approval, word, telling)
    approval = _approval(step, verdict, "edited" if edited else "allowed", "person", answer.word)
    return replace(step, approval=replace(approval, scope=answer.scope))


def _rejected(step: Step, approval: Approval, why: str, telling: Telling) -> Step:
    seen = Observation("rejected", lost=f"not run: {why}")
    told = telling.observation(step.reply, seen)
    return replace(step, approval=approval, observation=seen, told=told)


def _approval(
    step: Step, verdict: Verdict, decision: str, by: str = "policy", word: str = ""
) -> Approval:
    assert step.action is not None
    return Approval(
        decision,  # type: ignore[arg-type]
        by,  # type: ignore[arg-type]
        code_hash(step.action.code),
        verdict.reasons,
        word,
        verdict.seen,
    )
