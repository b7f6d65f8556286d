"""What a sandboxed kernel shows, made harmless: in a page it runs nothing and loads nothing.

JavaScript in an output acts with the person's session, and the server has terminals: the walls
around a kernel are worth nothing to whoever can write a script into a page.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from typing import Any

Bundle = dict[str, Any]

AS_THEY_ARE = frozenset({"text/plain", "application/json"})
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
# Within a text; space is in it only where it is wrapped into long lines, as no words are.
PICTURE = re.compile(
    r"(data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,)"
    r"(?:[A-Za-z0-9+/=]{60,}\s+)*[A-Za-z0-9+/=]+"
)
WORD = re.compile(r"\w+")
TAGS = frozenset(
    WORD.findall(
        "abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption "
        "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strong sub "
        "summary sup table tbody td tfoot th thead tr tt u ul var"
    )
)
ATTRIBUTES = frozenset(
    WORD.findall("align alt border colspan height open rowspan span start width")
)
CLASSES = frozenset({"dataframe"})  # others could make it look like a part of JupyterLab
ELEMENTS = re.compile(
    r"<(script|style|template|noscript)\b.*?(</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
# A command of TeX, as TeX reads it: of two backslashes the second begins none.
COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)
# What MathJax makes more of than mathematics: links, styles, classes, characters by number.
ACTIVE_MATH = re.compile(
    r"(href|url|html\w*|class|cssid|style|data|require|unicode|csname|[egx]?def|let|futurelet|bbox|"
    r"newcommand|renewcommand|providecommand|newenvironment|renewenvironment|begingroup|mmltoken|"
    r"texttip|toggle|mathtip|ref|eqref|includegraphics)",
    re.IGNORECASE,
)
NO_COMMAND = "\u2060"  # has no width; TeX knows no command of this name
# A letter or backslash written by its number or name, which a page reads as what it stands for.
BY_NUMBER = re.compile(r"&(#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z]+);?")
# Characters that are read at once, of HTML or TeX, and of Markdown, which takes longer; of either
# with the pictures in it, and of HTML with its scripts, which are only looked for.
MOST_TEXT, MOST_MARKDOWN = 200_000, 30_000
MOST_WITH_PICTURES, MOST_WITH_SCRIPTS = 2_000_000, 10_000_000
LONGEST_VALUE = 200  # of an attribute that is no picture: an element may be opened again and again
LEFT_OUT = "[left out, because this kernel is a sandbox: {}]"
TOO_OFTEN = "[left out, because this kernel is a sandbox and shows too much of it at once: {}]"
MARKUP = ("image/svg+xml", "text/html", "text/latex", "text/markdown")  # what takes time


def harmless_bundle(data: Mapping[str, Any]) -> Bundle:
    """A MIME bundle of what shows and does nothing else.

    Markdown and drawings become HTML without anything active; what is left out is named.
    """
    kept: Bundle = {}
    left_out = []
    for mime, value in data.items():
        if mime in AS_THEY_ARE:
            kept[mime] = value if mime == "application/json" else _text(value)
        elif mime in PICTURES and BASE64.fullmatch(_text(value)):
            kept[mime] = _text(value)
        elif mime == "text/latex" and len(_text(value)) <= MOST_TEXT:
            kept[mime] = harmless_math(_text(value))
        elif mime not in ("text/html", "text/markdown", "image/svg+xml"):
            left_out.append(mime)
    try:
        markup = _as_html(data)
    except ValueError:  # it is too large
        markup = None
    if markup is not None:
        kept["text/html"] = markup
    else:
        left_out += [mime for mime in ("text/html", "text/markdown") if mime in data]
    if left_out:
        names = ", ".join(name[:80] for name in sorted(map(str, left_out))[:5])
        said = _text(kept.get("text/plain", ""))
        kept["text/plain"] = f"{said}\n{LEFT_OUT.format(names)}".strip()
    return kept


def without_markup(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A MIME bundle without what takes time to be made harmless; what is left out is named."""
    left_out = [mime for mime in MARKUP if mime in data]
    if not left_out:
        return data
    kept = {mime: value for mime, value in data.items() if mime not in MARKUP}
    said = _text(kept.get("text/plain", ""))
    return {**kept, "text/plain": f"{said}\n{TOO_OFTEN.format(', '.join(left_out))}".strip()}


def harmless_html(markup: str) -> str:
    """HTML without scripts, styles, links, forms, or anything that is loaded from elsewhere.

    Raises ValueError where it is larger, or nested deeper, than is cleaned while others wait.
    """
    from ..cleaning import cleaned

    _require_room(markup, MOST_WITH_SCRIPTS)
    pictures = _Pictures()
    kept = pictures.put_aside(ELEMENTS.sub("", markup), MOST_TEXT)
    harmless = cleaned(kept, TAGS, _is_allowed)
    return pictures.put_back(harmless_math(BY_NUMBER.sub(_as_itself, harmless)))


def harmless_math(text: str) -> str:
    """A text whose mathematics makes no links and styles; it looks the same where it is none."""

    def inert(command: re.Match[str]) -> str:
        active = ACTIVE_MATH.fullmatch(command[1])
        return f"\\{NO_COMMAND}{command[1]}" if active else command[0]

    return COMMAND.sub(inert, text)


def harmless_metadata(metadata: Any, data: Mapping[str, Any]) -> Bundle:
    """Of an output's metadata, the sizes of its pictures."""
    kept: Bundle = {}
    for mime in data:
        given = metadata.get(mime) if isinstance(metadata, Mapping) else None
        if isinstance(given, Mapping):
            sizes = {name: given[name] for name in ("width", "height") if name in given}
            kept[mime] = {
                name: each for name, each in sizes.items() if isinstance(each, (int, float))
            }
    return kept


def _as_itself(named: re.Match[str]) -> str:
    """What is named, if that is a letter or a backslash, which end nothing in HTML."""
    meant = html.unescape(named[0])
    return meant if meant == "\\" or (len(meant) == 1 and meant.isalpha()) else named[0]


def _as_html(data: Mapping[str, Any]) -> str | None:
    """The richest of a bundle as HTML; None where there is nothing to see in it."""
    if "text/html" in data:
        cleaned = harmless_html(_text(data["text/html"]))
        seen = re.sub(r"<(?!img)[^>]*>", "", cleaned)
        return cleaned if seen.strip() else None
    if "image/svg+xml" in data:
        drawing = _text(data["image/svg+xml"]).encode("utf-8", "replace")
        encoded = base64.b64encode(drawing).decode("ascii")  # a picture runs no script of its own
        return f'<img alt="drawing" src="data:image/svg+xml;base64,{encoded}">'
    if "text/markdown" in data:
        pictures = _Pictures()
        source = pictures.put_aside(_text(data["text/markdown"]), MOST_MARKDOWN)
        import mistune

        render = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "math"])
        return pictures.put_back(harmless_html(str(render(source))))
    return None


class _Pictures:
    """The pictures of a text, put aside while it is read: no parser sees how long they are."""

    def __init__(self) -> None:
        self._aside: dict[str, str] = {}

    def put_aside(self, text: str, most: int) -> str:
        """The text with a short picture in the place of each.

        Raises ValueError where that, or the text, is more than is read at once.
        """
        _require_room(text, MOST_WITH_PICTURES)
        _require_room(short := PICTURE.sub(self._shortened, text), most)
        return short

    def put_back(self, text: str) -> str:
        """What was made of the text, with the pictures; ValueError where one is in it too often."""
        length = sum(len(self._whole(short)) for short in PICTURE.finditer(text))
        if length > MOST_WITH_PICTURES:
            raise ValueError(f"{length:,} characters of pictures are not shown")
        return PICTURE.sub(self._whole, text)

    def _shortened(self, picture: re.Match[str]) -> str:
        short = f"{picture[1]}{len(self._aside)}"
        self._aside[short] = picture[0]
        return short

    def _whole(self, short: re.Match[str]) -> str:
        return self._aside.get(short[0], short[0])


def _require_room(text: str, most: int) -> None:
    """Raise ValueError for more than is read at once."""
    if len(text) > most:
        raise ValueError(f"{len(text):,} characters are not read")


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value.strip()) is not None
    if name == "class":
        return value in CLASSES
    return name in ATTRIBUTES and len(value) <= LONGEST_VALUE


def _text(value: Any) -> str:
    """A text of a bundle, which may come as lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(str, value))
    return json.dumps(value, default=str)
