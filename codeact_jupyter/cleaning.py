"""HTML cleaned by bleach, with an end to what that costs.

Parsing takes the square of the depth, of a tag's attributes and of what elements in disorder make
it open again: a line of code could stop the server, which cleans what a sandboxed kernel shows
while everybody waits for it, or an export, for hours. What is counted is the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

from bleach.html5lib_shim import BleachHTMLParser  # type: ignore[import-untyped]
from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]

MOST_MARKS, MOST_ELEMENTS, MOST_FAULTS = 20_000, 8_000, 5_000
MOST_DEPTH, MOST_ATTRIBUTES, LONGEST_NAME = 100, 100, 100
# A value is put together of its parts: characters times marks, as 200,000 with all marks.
MOST_COPIED = 4_000_000_000
TOO_MUCH = "this HTML is larger, or nested deeper, than is cleaned"
COMMENT = re.compile(r"<!--(-?>|.*?(--!?>|\Z))", re.DOTALL)
# What is read character by character: the name of a tag or a character, a document's type.
LONG_NAME = re.compile(r"</?[^\s/>]{100}|&#?\w{100}|<!doctype[^>]{100}", re.IGNORECASE)


@dataclass
class Patience:
    """How much is cleaned of the texts that share it; with 1 about a third of a second's worth.

    A text may take this `share` of what is `left`, so that no text leaves nothing for the others.
    """

    left: float = 1
    share: float = 1


def cleaned(
    markup: str,
    tags: Set[str],
    is_allowed: Callable[[str, str, str], bool],
    protocols: Set[str] = frozenset({"data"}),
    patience: Patience | None = None,
) -> str:
    """The HTML with these tags, and of those the attributes that are allowed, and nothing else.

    `is_allowed` is asked for a tag, an attribute's name and its value. Without a `patience` that
    it shares with others, a text has 1 of its own. Raises ValueError where it takes too long; how
    long the whole is, its caller bounds.
    """
    patience = patience or Patience()
    # What is a comment now, since one was taken out before it, would be read by the character.
    markup = COMMENT.sub("", markup).replace("<!--", "&lt;!--")
    marks = markup.count("<") + markup.count("&")
    reading = max(marks / MOST_MARKS, marks * len(markup) / MOST_COPIED)
    room = patience.left * patience.share
    if reading > room or LONG_NAME.search(markup):
        raise ValueError(TOO_MUCH)
    cleaner = Cleaner(tags, is_allowed, protocols=protocols, strip=True)
    cleaner.parser = _Bounded(tags, strip=True, consume_entities=False, namespaceHTMLElements=False)
    cleaner.parser.patience = room
    try:
        text: str = cleaner.clean(markup)
    finally:
        patience.left -= max(reading, cleaner.parser.taken)
    return text


class _Bounded(BleachHTMLParser):  # type: ignore[misc]
    """The parser of bleach, which gives up where it would take too long."""

    patience = 1.0
    _elements = 0

    @property
    def taken(self) -> float:
        """How much of a patience it took so far."""
        return max(self._elements / MOST_ELEMENTS, len(self.errors) / MOST_FAULTS)

    def reset(self) -> None:
        """Begin: bleach has made the tokenizer, and the tree is empty."""
        super().reset()
        self._elements, self._tell_name = 0, self.tokenizer.attributeNameState
        self.tree.elementClass = self._element
        self.tokenizer.attributeNameState = self._attribute_name

    def parseError(self, *said: Any, **more: Any) -> None:
        """Note a fault of the markup: each may cost as much as an element."""
        super().parseError(*said, **more)
        if self.taken > self.patience:
            raise ValueError(TOO_MUCH)

    def _element(self, *named: Any) -> Any:
        """An element that is made, be it for a tag or because one that is open is opened again."""
        self._elements += 1
        if self.taken > self.patience or len(self.tree.openElements) > MOST_DEPTH:
            raise ValueError(TOO_MUCH)
        return type(self.tree).elementClass(*named)

    def _attribute_name(self) -> bool:
        """Read on in the name of an attribute, which is compared with those before it."""
        read = self.tokenizer.currentToken["data"]
        if len(read) > MOST_ATTRIBUTES or len(read[-1][0]) > LONGEST_NAME:
            raise ValueError(TOO_MUCH)
        return bool(self._tell_name())
