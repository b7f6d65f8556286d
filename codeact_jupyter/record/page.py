"""A notebook as one HTML page that runs nothing and loads nothing: no script, no active attribute.

nbconvert's own sanitiser knows so few tags that paragraphs and tables come out as escaped text.
"""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cleaning import Patience

ELEMENTS = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
# The page's own scripts load code from the network; the notebook's are gone by then.
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
WORD = re.compile(r"\w+")
TAGS = frozenset(
    WORD.findall(
        "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption "
        "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strong sub "
        "summary sup table tbody td tfoot th thead tr tt u ul var"
    )
)
ATTRIBUTES = frozenset(
    WORD.findall("align alt class colspan height id open rowspan span start title valign width")
)
PICTURE = re.compile(r"(https?:|data:image/(png|jpeg|gif|webp|svg\+xml);base64,|[\w./%-]+$)")
LINK = re.compile(r"(https?:|mailto:|#|[\w./%-]+$)")
PROTOCOLS = frozenset({"http", "https", "mailto", "data"})
PATIENCE, SHARE = 50, 0.5  # three tables of 4,000 rows and ten columns, and the text around
LEFT_OUT = "<p><em>HTML that is too large, or nested too deep, is left out here.</em></p>"


def page(notebook: Any) -> str:
    """The page of a notebook, an nbformat node."""
    import nbconvert

    from ..cleaning import Patience

    exporter = nbconvert.HTMLExporter(sanitize_html=True)
    clean = partial(cleaned, patience=Patience(PATIENCE, SHARE))
    exporter.register_filter("clean_html", clean)
    for cell in notebook["cells"]:
        for output in cell.get("outputs") or ():
            _show_as_picture(output.get("data") or {})
    text, _ = exporter.from_notebook_node(notebook)
    return SCRIPT.sub("", text)


def cleaned(markup: str | bytes, patience: Patience) -> str:
    """HTML with nothing in it that acts; what is not allowed is taken out.

    Where it would take more than its share of the page's `patience`, it says so instead.
    """
    from .. import cleaning

    text = markup.decode("utf-8", "replace") if isinstance(markup, bytes) else str(markup)
    try:
        return cleaning.cleaned(ELEMENTS.sub("", text), TAGS, _is_allowed, PROTOCOLS, patience)
    except ValueError:
        return LEFT_OUT


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "src":
        return tag == "img" and PICTURE.match(value) is not None
    if name == "href":
        return tag == "a" and LINK.match(value) is not None
    return name in ATTRIBUTES


def _show_as_picture(data: dict[str, Any]) -> None:
    """An SVG as a picture, in which a browser runs no script."""
    drawing = data.pop("image/svg+xml", None)
    if drawing is not None and "text/html" not in data:
        raw = base64.b64encode(str(drawing).encode("utf-8", "replace")).decode("ascii")
        data["text/html"] = f'<img alt="drawing" src="data:image/svg+xml;base64,{raw}">'
