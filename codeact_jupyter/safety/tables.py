"""How the tables of names are written: words in one string, parted by blanks."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Make a set of the words of a text."""
    return frozenset(text.split())
