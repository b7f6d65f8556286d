"""Values that nest as deep as is wanted, which no literal can."""

from typing import Any


def nested(levels: int) -> list[Any]:
    """A list in a list and so on, as many of them as `levels`."""
    inside: list[Any] = []
    for _ in range(levels - 1):
        inside = [inside]
    return inside
