"""Images compared by their pixels."""

from __future__ import annotations

from ..rasters import decoded

PIXELS = 0.001
SHADES = 8  # of 256, by which a channel may differ: the smoothing of edges varies


def difference_of(one: str, other: str, share: float = PIXELS) -> str:
    """How two images in base64 differ, in words; empty when at most this share of pixels does."""
    if "".join(one.split()) == "".join(other.split()):
        return ""
    from PIL import ImageChops

    try:
        before, after = decoded(one), decoded(other)
    except ValueError:
        return "one of the images cannot be read"
    if before.size != after.size:
        sizes = ("x".join(map(str, image.size)) for image in (before, after))
        return "its size was {} and is {} pixels".format(*sizes)
    bands = ImageChops.difference(before, after).split()
    most = bands[0]
    for band in bands[1:]:
        most = ImageChops.lighter(most, band)
    differing = sum(most.histogram()[SHADES + 1 :])
    found = differing / (before.width * before.height or 1)
    return "" if found <= share else f"{found:.1%} of its pixels differ"
