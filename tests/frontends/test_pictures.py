"""Pictures in a terminal: a line says what they are and where."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from codeact_jupyter.frontends.pictures import Figures, picture_line

from .live import ScriptedModel, act, say


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    """Figures that are drawn into memory, and none of them open before or after."""
    plt.switch_backend("agg")
    plt.close("all")
    yield
    plt.close("all")


def test_a_picture_is_told_with_its_size() -> None:
    for form in ("png", "jpeg"):
        raw = io.BytesIO()
        Image.new("RGB", (64, 48)).save(raw, form)
        data = base64.encodebytes(raw.getvalue()).decode()
        assert picture_line(f"image/{form}", data) == f"[image/{form} 64x48, in the notebook]"


@pytest.mark.parametrize("data", ["", "aGk=", "<svg/>", "a"])
def test_a_picture_whose_size_cannot_be_told_is_told_without(data: str) -> None:
    assert picture_line("image/x", data) == "[image/x, in the notebook]"


def test_a_figure_that_no_window_shows_is_told_once() -> None:
    plt.figure(figsize=(1, 1))
    figures = Figures()
    assert figures.new() == []
    plt.figure(figsize=(4, 2), dpi=100)
    (line,) = figures.new()
    assert line.startswith("[figure 400x200: ")
    assert "savefig" in line
    assert figures.new() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_plot_in_ipythons_terminal_leaves_a_line(
    shared_model: ScriptedModel, tmp_path: Path
) -> None:
    from .test_magic_terminal import Terminal

    terminal = Terminal(shared_model, str(tmp_path))
    try:
        terminal.run("%load_ext codeact_jupyter")
        terminal.run("import matplotlib; matplotlib.use('agg')")
        code = "import matplotlib.pyplot as plt\nplt.figure(figsize=(4, 2), dpi=100)\nplt.show()"
        shared_model.will(act(code), act("1 + 1"), say("Done."))
        shown = terminal.task("plot")
        assert shown.count("[figure 400x200: there is no window") == 1
    finally:
        terminal.child.close(force=True)
