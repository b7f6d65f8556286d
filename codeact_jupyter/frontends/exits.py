"""What the command exits with."""

from __future__ import annotations

EXIT_CODES = {"answered": 0, "limit": 3, "failed": 4, "interrupted": 130, "stopped": 130}
BAD_INPUT = 2
NO_READER = 141
SIGNALLED = 128
