"""What a run waits for the person to say: may this run, and what is the answer to `input()`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...engine.policy import Answered, Scope, Verdict, code_hash
from ...engine.trajectory import Action, Trajectory
from ...errors import SettingsError
from ...safety.gate import Gate
from ...safety.locking import locked_by_cells
from ..approvals import notebook_key, remembered
from .orders import Decided, Json

SCOPES: dict[str, Scope] = {"run": "once", "run-for-run": "run", "run-kind": "notebook"}


@dataclass
class _Approval:
    step: int
    hash: str
    scopes: tuple[Scope, ...]
    answer: asyncio.Future[Answered]


@dataclass
class _Input:
    request: str
    answer: asyncio.Future[str]


class Questions:
    """The questions of one notebook's runs; at most one of each is open."""

    def __init__(self) -> None:
        self._approval: _Approval | None = None
        self._input: _Input | None = None

    def gate(
        self,
        approve: Literal["ask", "risky", "never"],
        file: str,
        cells: Sequence[Json],
        *,
        history: Callable[[], Trajectory],
    ) -> Gate:
        """The gate of the notebook in this file, with these cells: what it asks is asked here."""
        return Gate(
            approve,
            self.approve,
            remembered=remembered(),
            notebook=notebook_key(file),
            locked=locked_by_cells(cells),
            history=history,
        )

    async def approve(self, action: Action, verdict: Verdict) -> Answered:
        """Wait for the person's word on an action; cancelled when the run is stopped."""
        step = int(action.cell.rsplit("-", 2)[-2])
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._approval = _Approval(step, code_hash(action.code), verdict.scopes, answer)
        try:
            return await answer
        finally:
            self._approval = None

    async def input(self, ask: Callable[[str], None]) -> str:
        """Wait for what the code asks for; `ask` is told by which name it is to be answered."""
        self._input = _Input(secrets.token_hex(4), asyncio.get_running_loop().create_future())
        ask(self._input.request)
        try:
            return await self._input.answer
        finally:
            self._input = None

    def decide(self, decided: Decided) -> None:
        """Take the person's word; raises SettingsError when it is on code that does not wait."""
        waiting = self._approval
        if waiting is None:
            raise SettingsError("nothing waits for an answer now")
        if (decided.step, decided.hash) != (waiting.step, waiting.hash) or waiting.answer.done():
            raise SettingsError(
                "the code that waits for an answer is another by now; look at it again"
            )
        if SCOPES.get(decided.decision, "once") not in waiting.scopes:
            raise SettingsError("this can be allowed only this once; press Run")
        waiting.answer.set_result(_answered(decided))

    def reply(self, request: str, value: str) -> None:
        """Give the code what it asked for; raises SettingsError when it asks for nothing."""
        if self._input is None or self._input.request != request or self._input.answer.done():
            raise SettingsError("the code asks for no input now")
        self._input.answer.set_result(value)


def _answered(decided: Decided) -> Answered:
    if decided.decision == "reject":
        return Answered("reject", decided.word)
    if decided.decision == "edit":
        return Answered("edit", decided.word, decided.code)
    return Answered("allow", decided.word, scope=SCOPES[decided.decision])
