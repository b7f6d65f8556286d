"""Model-written Markdown as a notebook must hold it to show what was meant."""

from __future__ import annotations

import re

# Code is left alone; then a dollar before an amount, unless what follows reads as mathematics.
CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|``.*?``|`[^`\n]*`)", re.DOTALL)
FORMULA = r"[\w$^_{\\+/=]|\*(?!\*)|\s[+*/=^]"
AMOUNT = re.compile(rf"(?<![\\$\w])\$(?=\d[\d,.]*(?:\s?(?:k|K|m|M|bn|B)\b)?(?!{FORMULA}))")


def readable(text: str) -> str:
    """`text` with the dollars of amounts escaped: two of them would be read as mathematics."""
    parts = CODE.split(text)
    return "".join(
        part if index % 2 else AMOUNT.sub(r"\\$", part) for index, part in enumerate(parts)
    )


def fenced(code: str) -> str:
    """Code as a Markdown fence that nothing in it can close."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{ticks}python\n{code}\n{ticks}"
