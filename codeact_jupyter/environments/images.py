"""Makes an image small enough to be told to a model."""

from __future__ import annotations

import base64
import io

from ..rasters import decoded, size_of

LONGEST_EDGE = 1_568  # the Messages API scales larger images down itself
MOST_BYTES = 3_500_000
PNG, END_OF_PNG = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


def fit_image(mime: str, data: str) -> tuple[str, str] | None:
    """The image as (mime, base64) within the bounds; None when it cannot be read, or is too large.

    What its bytes are counts, not what `mime` says of them: a server that finds one image in a
    conversation broken, or of another kind than was said, refuses all of it from then on.
    """
    try:
        raw, picture = base64.b64decode(data), decoded(data, LONGEST_EDGE)
        fits = len(raw) <= MOST_BYTES and max(size_of(data)) <= LONGEST_EDGE
    except ValueError:
        return None
    usual = fits and raw.startswith(PNG) and raw.endswith(END_OF_PNG)
    if not usual:
        small = io.BytesIO()
        picture.save(small, "PNG", optimize=True)
        raw = small.getvalue()
    if len(raw) > MOST_BYTES:
        return None
    return "image/png", base64.b64encode(raw).decode("ascii")
