"""Model-written Markdown shows amounts of money as amounts, and leaves code and formulas alone."""

from __future__ import annotations

import pytest

from codeact_jupyter.notebook.markdown import fenced, readable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It cost $5 and $6.", r"It cost \$5 and \$6."),
        ("($12) $3.5M | $1,000.50 |", r"(\$12) \$3.5M | \$1,000.50 |"),
        ("**$100**, not $90", r"**\$100**, not \$90"),
    ],
)
def test_dollars_of_amounts_are_escaped(text: str, shown: str) -> None:
    assert readable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`$5` and `$6`",
        "```\n$5 $6\n```",
        "$x^2$",
        "$2x$ and $5$",
        "$$9$$",
        r"\$7",
        "$4 + 5$",
        "US$5",
    ],
)
def test_code_formulas_and_escaped_dollars_stay(text: str) -> None:
    assert readable(text) == text


def test_a_fence_is_longer_than_any_in_the_code() -> None:
    assert fenced("'''```'''") == "````python\n'''```'''\n````"
