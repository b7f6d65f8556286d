"""Model-written Markdown shows amounts of money as amounts, and leaves code and formulas alone."""

from __future__ import annotations

import re

import pytest

from codeact_jupyter.notebook.markdown import fenced, readable, task_words


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


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.example/?q=1)",
        "![x][y]\n\n[y]: https://evil.example",
        "`a` \\`![x](https://evil.example)\\`",
        "- ```\n![x](https://evil.example)\n- ```",
        "> ```\n![x](https://evil.example)",
        "\t```\n![x](https://evil.example)",
        "``` a`b\n![x](https://evil.example)",
        '<img src="https://evil.example">',
        "<img/src=https://evil.example>",
        "<IMG\nsrc=https://evil.example\n>",
        '<div style="background:url(https://evil.example)">',
        "<div>\n```\n<img src=https://evil.example>\n```\n</div>",
        "<!-- hidden",
        "<?x",
        "<style>@import 'https://evil.example'</style>",
        "</p><svg><image href=https://evil.example></svg>",
    ],
)
def test_nothing_that_a_page_would_load_is_left(text: str) -> None:
    outside = re.sub(r"^<\N{WORD JOINER}div>\n```.*?```$", "", readable(text), flags=re.S | re.M)
    assert not re.search(r"!\[|<[A-Za-z/!?]", outside), readable(text)


def test_a_diagram_is_shown_as_its_text() -> None:
    assert readable("~~~ Mermaid\ngraph\n~~~").startswith("~~~ text Mermaid\n")


@pytest.mark.parametrize(
    "text",
    [
        "```python\nhtml = '<img src=\"a.png\">'  # ![\n```\nand then",
        "~~~\n<b>\n```\n<i>\n~~~",
        "see <https://example.org> and a < b, x<3",
        "**bold** [link](https://example.org) | a | b |",
    ],
)
def test_code_links_and_comparisons_stay(text: str) -> None:
    assert readable(text) == text


def test_what_was_given_along_with_a_task_is_text() -> None:
    given = "Explain this.\n\n<cell [1]>\n# a heading? no\n```\n</cell [1]>\n\n<note>\nb\n</note>"
    assert task_words(given) == (
        "Explain this.\n\n*cell [1]*\n\n````\n# a heading? no\n```\n````\n\n*note*\n\n```\nb\n```"
    )
    assert task_words("Is a <b>\nc</b> d?") == "Is a <b>\nc</b> d?"
