"""Model-written Markdown as a notebook must hold it to show what was meant."""

from __future__ import annotations

import re

# Code is left alone; then a dollar before an amount, unless what follows reads as mathematics.
CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|``.*?``|`[^`\n]*`)", re.DOTALL)
FORMULA = r"[\w$^_{\\+/=]|\*(?!\*)|\s[+*/=^]"
AMOUNT = re.compile(rf"(?<![\\$\w])\$(?=\d[\d,.]*(?:\s?(?:k|K|m|M|bn|B)\b)?(?!{FORMULA}))")


# Outside a fence all of these are made to mean nothing, by an invisible character: what is inline
# code and what is not is known for sure only to the parser that will read it.
JOINER = "\N{WORD JOINER}"
IMAGE = re.compile(r"!(?=\[)")
TAG = re.compile(r"<(?=[a-z/!?])(?!(?:https?|mailto):)", re.IGNORECASE)
FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")


# How a front end puts what was given along behind a task's words.
GIVEN = re.compile(r"\n\n<([^<>\n]{1,80})>\n(.*?)\n</\1>(?=\n\n|\Z)", re.DOTALL)


def readable(text: str) -> str:
    """What the model wrote, as a Markdown cell shows it: nothing is loaded, amounts are no formula.

    Images become links, HTML and diagrams become text: a page that loads something tells whoever
    the model was made to name, and a comment could hide what follows it.
    """
    return _loading_nothing(_amounts_escaped(text))


def _loading_nothing(text: str) -> str:
    lines, closing = [], ""
    for line in re.split(r"\r\n|\r|\n", text):
        fence = FENCE.fullmatch(line)
        if closing:
            if fence and fence[1].startswith(closing) and not fence[2].strip("`~ \t"):
                closing = ""
        elif fence:
            closing = fence[1]
            if fence[2].lower().startswith("mermaid"):
                line = line.replace(fence[2], f"text {fence[2]}")
        else:
            line = TAG.sub(f"<{JOINER}", IMAGE.sub(f"!{JOINER}", line))
        lines.append(line)
    return "\n".join(lines)


def _amounts_escaped(text: str) -> str:
    """`text` with the dollars of amounts escaped: two of them would be read as mathematics."""
    parts = CODE.split(text)
    return "".join(
        part if index % 2 else AMOUNT.sub(r"\\$", part) for index, part in enumerate(parts)
    )


def task_words(task: str) -> str:
    """A task as its cell shows it: the words, and what was given along as text that it is."""
    return GIVEN.sub(lambda given: f"\n\n*{given[1]}*\n\n{fenced(given[2], '')}", task)


def fenced(code: str, language: str = "python") -> str:
    """Code as a Markdown fence that nothing in it can close."""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{ticks}{language}\n{code}\n{ticks}"
