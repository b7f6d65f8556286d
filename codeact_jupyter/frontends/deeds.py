"""What the person did by hand to a cell of a run, in words for the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS = {
    "edited": "The person changed the code of the cell {cell}, which is now:\n{source}",
    "moved": "The person moved the cell {cell} to another place in the notebook.",
    "deleted": "The person deleted the cell {cell} from the notebook.",
    "ran": "The person ran the cell {cell} again.",
}
MOST_TOLD = 4_000


def deed_in_words(deed: Mapping[str, Any]) -> str:
    """The words for what a front end tells of; empty for what is no such deed."""
    words = WORDS.get(str(deed.get("type")), "")
    source = str(deed.get("source", ""))[:MOST_TOLD]
    return words.format(cell=deed.get("cell", ""), source=source)
