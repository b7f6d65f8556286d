"""Trajectory -> messages: append-only, so that a cached prefix and signed thinking stay valid."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .messages import Message
from .trajectory import Block, Step, Trajectory, Usage

IMAGE_TOKENS = 1_600
CHARACTERS_A_TOKEN = 2  # fewer than there are in prose: an estimate that is rarely too low


def messages(trajectory: Trajectory) -> tuple[Message, ...]:
    """Everything said so far, in order; neighbours of one role are one message."""
    said: list[Message] = []
    for turn in trajectory.turns:
        said.append(Message("user", turn.told))
        for step in turn.steps:
            said += step.said
        if turn.answer is not None:
            said.append(Message("assistant", turn.answer.blocks))
    joined: list[Message] = []
    role = ""
    for message in said:
        if not message.blocks:
            continue
        if message.role == role:
            joined[-1] = Message(message.role, joined[-1].blocks + message.blocks)
        else:
            joined.append(message)
            role = message.role
    return tuple(joined)


class Context:
    """The messages of a trajectory that grows: what was built once is kept, not built again."""

    def __init__(self) -> None:
        self._trajectory = Trajectory()
        self._messages: tuple[Message, ...] = ()

    def messages(self, trajectory: Trajectory) -> tuple[Message, ...]:
        """The same as the function `messages`."""
        before, self._trajectory = self._trajectory, trajectory
        if (steps := _grown_by(before, trajectory)) and all(_speaks(step) for step in steps):
            self._messages += tuple(said for step in steps for said in step.said)
        else:
            self._messages = messages(trajectory)
        return self._messages


def _grown_by(before: Trajectory, after: Trajectory) -> tuple[Step, ...]:
    """The steps at the end of `after` that are all it has more than `before`; none otherwise."""
    if not (before.turns and after.turns) or before.turns[:-1] != after.turns[:-1]:
        return ()
    old, new = before.turns[-1], after.turns[-1]
    known, more = new.steps[: len(old.steps)], new.steps[len(old.steps) :]
    if old.told is not new.told or known != old.steps or old.answer or new.answer:
        return ()
    ends_with_the_user = _speaks(known[-1]) if known else bool(new.told)
    return more if ends_with_the_user else ()


def _speaks(step: Step) -> bool:
    """Whether neither side of a step is empty, so that roles alternate around it."""
    return bool(step.reply.blocks and step.told)


def unread(trajectory: Trajectory) -> int:
    """An estimate, rather too high, of the tokens that no reply has been billed for yet."""
    tokens = 0
    for turn in reversed(trajectory.turns):
        if turn.answer is not None:
            return tokens
        if turn.steps:
            return tokens + _estimate(turn.steps[-1].told)
        tokens += _estimate(turn.told)
    return tokens + _tokens(trajectory.system) + _estimate(trajectory.tools)


def last_usage(trajectory: Trajectory) -> Usage:
    """What the last reply was billed for: the conversation up to and with it."""
    for turn in reversed(trajectory.turns):
        if turn.answer is not None:
            return turn.answer.usage
        if turn.steps:
            return turn.steps[-1].reply.usage
    return Usage()


def _estimate(blocks: Iterable[Block]) -> int:
    tokens = 0
    for block in blocks:
        content = block.get("content")
        if block.get("type") == "image":
            tokens += IMAGE_TOKENS
        elif isinstance(content, list):
            tokens += _estimate(content)
        else:
            tokens += _tokens(json.dumps(block))
    return tokens


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_A_TOKEN)
