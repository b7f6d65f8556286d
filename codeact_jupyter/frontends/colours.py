"""The colours of words and code in a terminal, on a dark one and on a light one.

Few, without backgrounds, and from the terminal's own palette: what is cyan on black in one terminal
cannot be read in another.
"""

from __future__ import annotations

from rich.style import Style
from rich.syntax import ANSISyntaxTheme
from rich.theme import Theme

WORDS = Theme(
    {
        "markdown.code": "magenta",
        "markdown.code_block": "none",
        "markdown.item.number": "bold",
        "markdown.link": "underline",
        "markdown.link_url": "underline",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)
CODE = ANSISyntaxTheme(
    {
        ("Comment",): Style(dim=True, italic=True),
        ("Keyword",): Style(color="bright_blue", bold=True),
        ("Operator", "Word"): Style(color="bright_blue", bold=True),
        ("Literal", "String"): Style(color="magenta"),
    }
)
