"""Messages between us and a model, as they travel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

# A block of a message exactly as it travels to and from a model: JSON, kept and sent back as is.
Block: TypeAlias = dict[str, Any]
MimeBundle: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """The blocks of one side's turn to speak."""

    role: Literal["user", "assistant"]
    blocks: tuple[Block, ...]

    @cached_property
    def size(self) -> int:
        """Its length as JSON, in characters; an image counts as the words it costs."""
        return sum(_length(block) for block in self.blocks)


def _length(block: Block) -> int:
    content = block.get("content")
    if isinstance(content, list):
        return sum(_length(part) for part in content)
    return 6_400 if block.get("type") == "image" else len(json.dumps(block))
