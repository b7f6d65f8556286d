"""Pictures that a terminal cannot show: each leaves a line that says what and where it is."""

from __future__ import annotations

import sys

from ..rasters import size_of


def picture_line(mime: str, data: str) -> str:
    """The line of a picture among the outputs: `[image/png 640x480, in the notebook]`."""
    return f"[{' '.join(filter(None, (mime, _size(data))))}, in the notebook]"


class Figures:
    """The figures that no window shows: without one, matplotlib draws into memory and is silent."""

    def __init__(self) -> None:
        self._told = set(_windowless())

    def new(self) -> list[str]:
        """A line for each open figure that nothing shows and that was not told yet."""
        found = _windowless()
        lines = [
            f"[figure {size}: there is no window to show it; savefig writes it to a file]"
            for identity, size in found.items()
            if identity not in self._told
        ]
        self._told = set(found)
        return lines


def _size(data: str) -> str:
    """The size in pixels of a picture in base64; empty when it cannot be told."""
    try:
        return "{}x{}".format(*size_of(data))
    except ValueError:
        return ""


def _windowless() -> dict[int, str]:
    """The size in pixels of each figure that pyplot holds and draws into memory only."""
    pyplots = getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)
    canvases = [manager.canvas for manager in getattr(pyplots, "figs", {}).values()]
    return {
        id(canvas.figure): "{}x{}".format(*canvas.get_width_height())
        for canvas in canvases
        if type(canvas).__name__ == "FigureCanvasAgg"  # the others have a window, or a page
    }
