"""Images compared by their pixels.

A few may differ anywhere, as smoothed edges do from one machine to the next. Many in one place are
a moved point or another digit, however small their share of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..rasters import decoded

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS = 0.001
SHADES = 8  # of 256, by which a channel may differ: the smoothing of edges varies
REACH, TOGETHER, PLAIN = 3, 3, 32  # a window reaches this far around a pixel: 7x7
WINDOW = 2 * REACH + 1
SAYS = (
    f"images of one size of which at most {PIXELS:.1%} of the pixels differ by more than {SHADES} "
    f"of 256 shades, and no more than {TOGETHER} within {WINDOW}x{WINDOW} pixels by more than "
    f"{PLAIN}"
)


def difference_of(one: str, other: str) -> str:
    """How two images in base64 differ, in words; empty when only as `SAYS` has it."""
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
    return f"{found:.1%} of its pixels differ" if found > PIXELS else _crowd(most)


def _crowd(most: Image) -> str:
    """Where many pixels differ plainly and close together, in words; empty when nowhere.

    Windows overlap, so that it makes no difference where the edge of one is.
    """
    from PIL import ImageFilter, ImageOps

    plain = [255 * (shade > PLAIN) for shade in range(256)]
    marked = ImageOps.expand(most.point(plain), REACH, 0)  # at the edges the blur repeats pixels
    limit = 255 * (TOGETHER + 0.5) / WINDOW**2
    crowded = [255 * (shade > limit) for shade in range(256)]
    box = marked.filter(ImageFilter.BoxBlur(REACH)).point(crowded).getbbox()
    if box is None:
        return ""
    left, top, right, bottom = (max(0, edge - REACH) for edge in box)
    return f"it differs from pixel {left}, {top} to {right}, {bottom}"
