"""Trajectory -> messages: append-only, so that a cached prefix and signed thinking stay valid."""

from __future__ import annotations

import json

from .messages import Message
from .trajectory import Block, Trajectory, Turn

IMAGE_TOKENS = 1_600


def messages(trajectory: Trajectory) -> tuple[Message, ...]:
    """Everything said so far, in order; neighbours of one role are one message."""
    said: list[tuple[str, tuple[Block, ...]]] = []
    for turn in trajectory.turns:
        said.append(("user", turn.told))
        for step in turn.steps:
            said.append(("assistant", step.reply.blocks))
            said.append(("user", step.told))
        if turn.answer is not None:
            said.append(("assistant", turn.answer.blocks))
    joined: list[Message] = []
    for role, blocks in said:
        if not blocks:
            continue
        if joined and joined[-1].role == role:
            joined[-1] = Message(joined[-1].role, joined[-1].blocks + blocks)
        else:
            joined.append(Message("user" if role == "user" else "assistant", blocks))
    return tuple(joined)


def unread(trajectory: Trajectory) -> int:
    """An estimate of the tokens that no reply has been billed for yet."""
    turn = trajectory.turns[-1]
    if turn.steps:
        return sum(_estimate(block) for block in turn.steps[-1].told)
    fresh = sum(_estimate(block) for block in turn.told)
    if last_usage_total(trajectory):
        return fresh
    return fresh + len(trajectory.system) // 3 + sum(_estimate(tool) for tool in trajectory.tools)


def last_usage_total(trajectory: Trajectory) -> int:
    """Tokens of the conversation up to and with the last reply."""
    for turn in reversed(trajectory.turns):
        if turn.replies:
            return turn.replies[-1].usage.total
    return 0


def is_cached(turn: Turn) -> bool:
    """Whether the last reply of this turn wrote or read a prompt cache."""
    usage = turn.replies[-1].usage if turn.replies else None
    return bool(usage and (usage.cache_read or usage.cache_write))


def _estimate(block: Block) -> int:
    if block.get("type") == "image":
        return IMAGE_TOKENS
    content = block.get("content")
    if isinstance(content, list):
        return sum(_estimate(item) for item in content)
    return len(json.dumps(block)) // 3
