"""The agent: asks the model, runs what it asks for, shows it what came of it, until it answers.

Its only state is the trajectory. Kill it anywhere and `Agent.run(trajectory)` goes on.
It prints, logs and renders nothing: whoever listens to its events does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any, TypeVar

from ..errors import EnvironmentFailure, ModelError
from . import events
from .bill import NOTHING
from .context import Context
from .deadline import Deadline
from .environment import Environment, Produced
from .limits import Limits, allowance
from .messages import Delta, Request, Wasted
from .model import Model
from .noticing import noticed
from .outside import brings_outside, first_from_outside
from .policy import Answered, Policy, Verdict
from .relay import Relay
from .review import repeated_mistake, reviewed, word_on_edit
from .telling import Telling
from .thinking import Thinking
from .tracing import figures_of
from .trajectory import Action, Observation, Reply, RunState, Step, Trajectory, Turn

T = TypeVar("T")
BY_THE_PERSON = "stopped by the person"
WARM_SECONDS = 240.0  # a prompt cache lives for 300


class Ending(BaseException):
    """The run is over. A BaseException, so that no action's code can swallow it."""

    def __init__(self, state: RunState, reason: str = "", answer: Reply | None = None) -> None:
        self.state, self.reason, self.answer = state, reason, answer


def utc_now() -> str:
    """The time as the record has it: ISO 8601, UTC, milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


async def ended_before(
    turn: Turn, model: str, state: RunState, reason: str
) -> AsyncGenerator[events.Event, None]:
    """The events of a run that ended before it had an agent."""
    yield events.RunStarted(turn.run, turn.task, model)
    yield events.RunFinished(turn.run, state, reason)


class Agent:
    """Runs the loop over a model, an environment and a policy."""

    def __init__(
        self,
        model: Model,
        environment: Environment,
        policy: Policy,
        *,
        limits: Limits = Limits(),
        telling: Telling = Telling(),
        now: Callable[[], str] = utc_now,
    ) -> None:
        self.model, self.environment, self.policy = model, environment, policy
        self.limits, self.telling, self.now = limits, telling, now
        self._relay = Relay()
        self._thinking, self._acting = Thinking(), False
        self._ending: Ending | None = None
        self._replied = -WARM_SECONDS
        self._context = Context()
        self._outside = False  # whether data of others has come into the conversation
        self._unrecorded = NOTHING  # what a query took, until a step or the run's end has it

    async def run(self, trajectory: Trajectory) -> AsyncGenerator[events.Event, None]:
        """Go on with the last turn until it ends in another state than `running`.

        An action runs only after the listener is done with its `StepStarted`. Cancelling the
        task that listens stops the run, and is told as its end instead of being raised.
        """
        self._relay, self._ending, self._unrecorded = Relay(), None, NOTHING
        self._outside = first_from_outside(trajectory) is not None
        with Deadline(self.limits.seconds, self._expire) as self._deadline:
            work = self._turn(trajectory)
            async with aclosing(self._relay.events(work, self.interrupt)) as said:
                async for event in said:
                    yield event

    async def _turn(self, trajectory: Trajectory) -> None:
        turn, started = trajectory.turns[-1], time.monotonic()
        try:
            await self._relay.say(events.RunStarted(turn.run, turn.task, self.model.name))
            await self._asking(self.model.open())
            while True:
                trajectory = trajectory.with_turn(turn := await self._step(trajectory))
                if mistake := repeated_mistake(turn):
                    raise Ending("failed", mistake)
        except Ending as end:
            await self._finish(trajectory, end, started)
        except EnvironmentFailure as error:
            await self._finish(trajectory, Ending("interrupted", str(error)), started)
        except Exception as error:  # ours: the record says how the run ended, and it is raised
            fault = Ending("failed", f"a fault of codeact itself: {error!r}")
            await self._finish(trajectory, fault, started)
            raise

    async def _finish(self, trajectory: Trajectory, end: Ending, started: float) -> None:
        run = trajectory.turns[-1].run
        wasted = NOTHING if end.answer else self._unrecorded
        figures = figures_of(trajectory, end.answer) if end.answer else ()
        ended = (run, end.state, end.reason, end.answer, round(time.monotonic() - started, 3))
        await self._relay.say(events.RunFinished(*ended, wasted, figures))

    async def _step(self, trajectory: Trajectory) -> Turn:
        turn = trajectory.turns[-1]
        if turn.steps and not turn.steps[-1].told:  # the loop was killed while this one ran
            step = self._unknown(turn.steps[-1])
        else:
            reply = await self._query(trajectory)
            if reply.is_answer:
                raise Ending("answered", answer=reply)
            step = Step(len(turn.steps) + 1, reply, started=self.now())
            if reply.code is not None:
                step = replace(step, action=Action(reply.code, turn.cell(step.number, "action")))
            parts = (self.environment, self.policy, self.telling, self._ask)
            step = await reviewed(step, *parts)
            self._unrecorded = NOTHING
            if not step.told:
                await self._relay.say(events.StepStarted(step))
                step = await self._observed(step)
        await self._relay.say(events.StepFinished(step))
        return turn.with_step(step)

    async def _query(self, trajectory: Trajectory) -> Reply:
        max_tokens = self._ration(trajectory)
        number = len(trajectory.turns[-1].steps) + 1
        self._relay.report(events.QueryStarted(number))

        def on_delta(delta: Delta) -> None:
            if isinstance(delta, Wasted):
                self._unrecorded += delta.bill
            self._relay.report(events.from_delta(number, delta))

        said, again = self._context.messages(trajectory), partial(self._ration, trajectory)
        request = Request(trajectory.system, trajectory.tools, said, max_tokens, again)
        started = time.monotonic()
        reply = await self._asking(self.model.reply(request, on_delta=on_delta))
        self._replied = time.monotonic()
        seconds = round(self._replied - started, 3)
        reply = replace(reply, wasted=self._unrecorded, seconds=seconds)
        self._unrecorded = reply.bill
        return reply

    def _ration(self, trajectory: Trajectory) -> int:
        """How many tokens the model may write now; raises the run's end when none."""
        warm = time.monotonic() - self._replied < WARM_SECONDS
        wasted = self._unrecorded
        allowed = allowance(self.limits, trajectory, self.model, warm=warm, wasted=wasted)
        if self._ending is not None:
            raise self._ending
        if allowed.reached:
            raise Ending("limit", allowed.reached)
        return allowed.max_tokens

    async def _asking(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the model; a failure or a stop ends the run."""
        try:
            return await self._thinking.wait(work, ended=self._ending is not None)
        except ModelError as error:
            raise Ending("failed", str(error)) from error
        except asyncio.CancelledError:
            raise self._ending or Ending("stopped", BY_THE_PERSON) from None

    async def _ask(self, step: Step, verdict: Verdict) -> Answered:
        assert step.action is not None
        await self._relay.say(events.ApprovalAsked(step, verdict.reasons, verdict.scopes))
        with self._deadline.paused():
            try:
                asked = self.policy.ask(step.action, verdict)
                return await self._thinking.wait(asked, ended=self._ending is not None)
            except asyncio.CancelledError:
                self.stop()
                return Answered("reject", "the run was stopped")

    async def _observed(self, step: Step) -> Step:
        def on_output(output: Produced) -> None:  # also from the threads that an action starts
            self._relay.report(events.OutputProduced(step.number, output))

        assert step.action is not None
        self._acting = True  # first: who ends the run from here on interrupts the environment
        try:
            if self._ending is not None:
                seen = Observation("rejected", lost=f"not run: {self._ending.reason}")
            else:
                seen = await self.environment.execute(step.action, on_output=on_output)
                seen = noticed(step, seen, self.environment.namespace().workspace)
        except EnvironmentFailure as error:
            seen = Observation("unknown", lost=str(error))
        finally:
            self._acting = False
        if seen.status == "unknown":
            self._ending = self._ending or Ending("interrupted", seen.lost or "outcome unknown")
        elif seen.status == "interrupted":
            self._ending = self._ending or Ending("interrupted", "interrupted by the person")
            if self._ending.state == "limit":
                seen = replace(seen, lost="; ".join(filter(None, (seen.lost, self._ending.reason))))
        step = replace(step, observation=seen)
        self._outside = self._outside or brings_outside(step)
        word = word_on_edit(step)
        told = self.telling.observation(step.reply, seen, word, outside=self._outside)
        return replace(step, told=told)

    def _unknown(self, step: Step) -> Step:
        seen = Observation("unknown", lost="outcome unknown: the run broke off, not run again")
        return replace(step, observation=seen, told=self.telling.observation(step.reply, seen))

    def stop(self) -> None:
        """Stop thinking: end the model call, or ask no more after the running action."""
        self._ending = self._ending or Ending("stopped", BY_THE_PERSON)
        self._thinking.cancel()

    def fail(self, reason: str) -> None:
        """Run nothing more: what is done can no longer be recorded."""
        self._ending = self._ending or Ending("failed", reason)

    def interrupt(self) -> None:
        """Interrupt the running action; while none runs, stop thinking."""
        if self._acting:
            self._ending = self._ending or Ending("interrupted", "interrupted by the person")
            self.environment.interrupt()
        else:
            self.stop()

    def _expire(self) -> None:
        """End the run because its seconds are over; called on the deadline's own thread."""
        over = Ending("limit", f"the {self.limits.seconds:g} seconds are over")
        self._ending = self._ending or over
        if self._acting:
            self.environment.interrupt()
        else:
            self._thinking.cancel_from_thread()
