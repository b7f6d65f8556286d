"""A Messages-API server of our own on loopback, for tests and benchmarks.

The real SDK is its client: nothing is patched. It uses the standard library only.
"""

from .dialects import DialectName
from .script import (
    Block,
    Fault,
    FaultKind,
    Responder,
    Script,
    ScriptedTurn,
    Text,
    Thinking,
    ToolUse,
)
from .server import LoopbackModel

__all__ = [
    "Block",
    "DialectName",
    "Fault",
    "FaultKind",
    "LoopbackModel",
    "Responder",
    "Script",
    "ScriptedTurn",
    "Text",
    "Thinking",
    "ToolUse",
]
