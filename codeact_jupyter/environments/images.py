"""Makes an image small enough to be told to a model."""

from __future__ import annotations

import base64
import io
import struct

LONGEST_EDGE = 1_568  # the Messages API scales larger images down itself
MOST_BYTES = 3_500_000


def fit_image(mime: str, data: str) -> tuple[str, str] | None:
    """The image as (mime, base64) within the bounds; None when it cannot be read.

    A small PNG, the usual plot, is passed on without being decoded.
    """
    data = "".join(data.split())
    if len(data) * 3 // 4 <= MOST_BYTES and _edge_of_png(data) <= LONGEST_EDGE:
        return mime, data
    try:
        from PIL import Image

        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            small = io.BytesIO()
            picture.convert("RGBA").save(small, "PNG", optimize=True)
    except (OSError, ValueError, ImportError):
        return None
    if small.tell() > MOST_BYTES:
        return None
    return "image/png", base64.b64encode(small.getvalue()).decode("ascii")


def _edge_of_png(data: str) -> int:
    """The longer side in pixels, read from a PNG's header; large for what is no PNG."""
    try:
        head = base64.b64decode(data[:64])
        if head[:8] != b"\x89PNG\r\n\x1a\n":
            return LONGEST_EDGE + 1
        return int(max(struct.unpack(">II", head[16:24])))
    except (ValueError, struct.error):
        return LONGEST_EDGE + 1
