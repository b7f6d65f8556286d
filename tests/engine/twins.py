"""Small real counterparts of the engine's ports, for its tests: nothing here is a mock.

`Workshop` runs Python in this process; `Played` is a model that replies as it is told to.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import traceback
from collections.abc import Awaitable, Callable, Collection, Sequence
from decimal import Decimal
from typing import Any

from codeact_jupyter.engine import events
from codeact_jupyter.engine.environment import Late, Namespace, News, OnOutput
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import OnDelta, Request, Text
from codeact_jupyter.engine.policy import Answered, Verdict
from codeact_jupyter.engine.trajectory import (
    Action,
    Error,
    Mistake,
    Observation,
    Reply,
    Result,
    Stream,
    Trajectory,
    Turn,
    Usage,
)

Playing = Reply | BaseException | Callable[[Request, OnDelta], Awaitable[Reply]]
FREE = Usage()
NOW = "2026-11-22T10:00:00.000+00:00"


class AllowAll:
    """Runs everything."""

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        return Verdict("allow")

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        return Answered("allow")


class Workshop:
    """An environment of `exec`: top-level await works, and can be interrupted."""

    def __init__(self, before: Callable[[Action], None] = lambda action: None) -> None:
        self.names: dict[str, Any] = {}
        self.ran: list[str] = []
        self.interrupts = 0
        self._before = before
        self._running: asyncio.Task[Any] | None = None

    async def check(self, code: str) -> str | None:
        try:
            compile(code, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError as error:
            return f"SyntaxError: {error.msg} (line {error.lineno})"
        return None

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        self._before(action)
        self.ran.append(action.code)
        printed = io.StringIO()
        self._running = asyncio.ensure_future(self._run(action.code, printed))
        try:
            value = await self._running
        except asyncio.CancelledError:
            return Observation("interrupted", _printed(printed), seconds=0.5)
        except Exception as error:
            lines = tuple(traceback.format_exception_only(type(error), error))
            outputs = (*_printed(printed), Error(type(error).__name__, str(error), lines))
            return Observation("error", outputs, seconds=0.5)
        finally:
            self._running = None
        outputs = _printed(printed)
        if value is not None:
            outputs = (*outputs, Result({"text/plain": repr(value)}))
        for output in outputs:
            on_output(output)
        return Observation("ok", outputs, seconds=0.5)

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        return News()

    def late(self) -> Late:
        return Late()

    def namespace(self) -> Namespace:
        return Namespace(persons=frozenset(self.names))

    def interrupt(self) -> None:
        self.interrupts += 1
        if (running := self._running) is not None:
            running.get_loop().call_soon_threadsafe(running.cancel)

    async def close(self) -> None:
        pass

    async def _run(self, code: str, printed: io.StringIO) -> Any:
        module = ast.parse(code)
        last = module.body.pop() if isinstance(module.body[-1], ast.Expr) else None
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        with contextlib.redirect_stdout(printed):
            made = eval(compile(module, "cell", "exec", flags=flags), self.names)
            if asyncio.iscoroutine(made):
                await made
            if not isinstance(last, ast.Expr):
                return None
            expression = ast.Expression(last.value)
            value = eval(compile(expression, "cell", "eval", flags=flags), self.names)
            return await value if asyncio.iscoroutine(value) else value


class Played:
    """A model that plays replies in order, the last one again and again; keeps the requests."""

    output_tokens = 16_000
    context_tokens = 200_000

    def __init__(self, *playing: Playing, prices: tuple[int, int] | None = None) -> None:
        self.name = "played"
        self.requests: list[Request] = []
        self.opened = 0
        self._playing = playing
        self._prices = prices

    def price(self, usage: Usage) -> Decimal | None:
        """USD, by dollars for a million tokens read and written; everything read costs the same."""
        if self._prices is None:
            return None
        read, written = self._prices
        return Decimal(usage.prompt * read + usage.output * written) / 1_000_000

    async def open(self) -> None:
        self.opened += 1

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        self.requests.append(request)
        playing = self._playing[min(len(self.requests), len(self._playing)) - 1]
        if isinstance(playing, BaseException):
            raise playing
        if isinstance(playing, Reply):
            on_delta(Text("answer" if playing.is_answer else "thought", playing.text or "hm"))
            return playing
        return await playing(request, on_delta)

    async def close(self) -> None:
        pass


class Asking:
    """A policy that asks about everything and gets these answers, in order."""

    def __init__(self, *answers: Answered | Callable[[], Awaitable[Answered]]) -> None:
        self.asked: list[Action] = []
        self._answers = list(answers)

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        return Verdict("ask", ("deletes files",))

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        self.asked.append(action)
        answer = self._answers.pop(0)
        return answer if isinstance(answer, Answered) else await answer()


class Denying:
    """A policy that allows nothing."""

    def assess(self, action: Action, namespace: Namespace) -> Verdict:
        return Verdict("deny", ("it would delete /", "nobody can be asked"))

    async def ask(self, action: Action, verdict: Verdict) -> Answered:
        raise AssertionError("a denied action is not asked about")


def act(code: str, *, call: str = "call_1", usage: Usage = FREE, **more: Any) -> Reply:
    """A reply that asks to run this code."""
    block = {"id": call, "input": {"code": code}, "name": "python", "type": "tool_use"}
    return Reply((block,), code=code, calls=(call,), stop="tool_use", usage=usage, **more)


def answer(text: str = "Done.", *, usage: Usage = FREE, **more: Any) -> Reply:
    """A reply that ends the turn."""
    blocks = ({"text": text, "type": "text"},)
    return Reply(blocks, text=text, stop="end_turn", usage=usage, **more)


def mistaken(mistake: Mistake, *, call: str = "call_1") -> Reply:
    """A reply that cannot be acted on."""
    block = {"id": call, "input": {}, "name": "python", "type": "tool_use"}
    return Reply((block,), calls=(call,), mistake=mistake)


def numbered(codes: Sequence[str]) -> list[Reply]:
    """Replies that run these, each with a call id of its own, and then an answer."""
    return [*(act(code, call=f"call_{n}") for n, code in enumerate(codes, 1)), answer()]


def begun(task: str = "add up", run: str = "r1") -> Trajectory:
    """A trajectory at the start of its first turn."""
    turn = Turn(run, task, ({"text": task, "type": "text"},), started=NOW)
    return Trajectory("Be good.", ({"name": "python"},), (turn,))


async def listen(
    agent: Agent, trajectory: Trajectory, on_event: Callable[[events.Event], None] = lambda e: None
) -> tuple[list[events.Event], Turn]:
    """Run to the end; the events, and the turn that folding them gives."""
    heard, turn = [], trajectory.turns[-1]
    async for event in agent.run(trajectory):
        heard.append(event)
        turn = events.apply(turn, event)
        on_event(event)
    return heard, turn


def _printed(printed: io.StringIO) -> tuple[Stream, ...]:
    return (Stream(printed.getvalue()),) if printed.getvalue() else ()
