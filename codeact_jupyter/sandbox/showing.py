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
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
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
LEFT_OUT = "[left out, because this kernel is a sandbox: {}]"


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
        elif mime == "text/latex":
            kept[mime] = harmless_math(_text(value))
        elif mime not in ("text/html", "text/markdown", "image/svg+xml"):
            left_out.append(mime)
    if (markup := _as_html(data)) is not None:
        kept["text/html"] = markup
    elif "text/html" in data:
        left_out.append("text/html")
    if left_out:
        names = ", ".join(name[:80] for name in sorted(map(str, left_out))[:5])
        said = _text(kept.get("text/plain", ""))
        kept["text/plain"] = f"{said}\n{LEFT_OUT.format(names)}".strip()
    return kept


def harmless_html(markup: str) -> str:
    """HTML without scripts, styles, links, forms, or anything that is loaded from elsewhere."""
    import bleach  # type: ignore[import-untyped]

    cleaned: str = bleach.clean(
        ELEMENTS.sub("", markup),
        tags=TAGS,
        attributes=_is_allowed,
        protocols={"data"},
        strip=True,
    )
    return harmless_math(BY_NUMBER.sub(_as_itself, cleaned))


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
        source = base64.b64encode(drawing).decode("ascii")  # a picture runs no script of its own
        return f'<img alt="drawing" src="data:image/svg+xml;base64,{source}">'
    if "text/markdown" in data:
        import mistune

        render = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "math"])
        return harmless_html(str(render(_text(data["text/markdown"]))))
    return None


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "class":
        return value in CLASSES
    return name in ATTRIBUTES


def _text(value: Any) -> str:
    """A text of a bundle, which may come as lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(str, value))
    return json.dumps(value, default=str)
