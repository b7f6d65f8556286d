"""Opens a picture that code made, whatever its bytes are: of four formats, and of a bounded size.

Pillow knows many more, and hands some to other programs: PostScript to Ghostscript, which would run
outside of the sandbox what came out of it.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MOST_PIXELS = 40_000_000  # a few bytes can be many: to decode as many takes about a second


def size_of(data: str) -> tuple[int, int]:
    """The width and height of a picture in base64, in pixels; raises ValueError as `decoded`."""
    return _opened(data).size


def decoded(data: str, longest_edge: int | None = None) -> Image:
    """A picture in base64 as RGBA, made smaller where an edge is longer than this many pixels.

    Raises ValueError when it is of no format that is read, broken or larger than is decoded.
    """
    picture = _opened(data)
    try:
        if longest_edge is not None:
            picture.thumbnail((longest_edge, longest_edge))
        return picture.convert("RGBA")
    except Exception as error:  # of many kinds: what is broken may break in any part of Pillow
        raise ValueError(f"the picture cannot be decoded: {error!r}") from error


def _opened(data: str) -> Image:
    """The picture, of which only the head is read yet."""
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(base64.b64decode(data)), formats=FORMATS)
    except Exception as error:  # as above; Pillow's own limit of the size is among them
        raise ValueError(f"the picture cannot be opened: {error!r}") from error
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(f"a picture of {picture.width}x{picture.height} is not decoded")
    return picture
