"""A picture that code made is opened as one of four kinds, in bounds, or not at all."""

from __future__ import annotations

import base64
import io
import os
import struct
import sys
import zlib
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from codeact_jupyter.environments.images import fit_image
from codeact_jupyter.frontends.pictures import picture_line
from codeact_jupyter.rasters import FORMATS, MOST_PIXELS, decoded, size_of
from codeact_jupyter.record.pixels import difference_of

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n0 0 moveto\n%%EOF\n"


def picture(form: str, size: tuple[int, int] = (64, 48)) -> bytes:
    raw = io.BytesIO()
    Image.new("RGB", size).save(raw, form)
    return raw.getvalue()


def png(width: int, height: int, content: bytes) -> bytes:
    """A PNG of black and white with this content, which need not be enough for its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", head), chunk(b"IDAT", content), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


UNREAD = {
    "a bomb for Pillow": png(20_000, 10_000, b""),
    "a bomb for us": png(MOST_PIXELS // 4_000 + 1, 4_000, zlib.compress(b"")),
    "broken": png(4_000, 10, b"no zlib"),
    "cut short": picture("JPEG", (2_000, 2_000))[:700],
    "a broken chunk": png(4_000, 10, b"")[:40] + b"\xff\xff\xff\xff????",
    "of another format": picture("BMP"),
    "PostScript": EPS,
    "text": b"<svg/>",
    "nothing": b"",
    "a plot that is cut short": png(64, 48, zlib.compress(bytes(9 * 48)))[:45],
    "a plot with other pixels than it says": png(64, 48, b"no zlib"),
}


def encoded(raw: bytes) -> str:
    return base64.encodebytes(raw).decode("ascii")


@pytest.mark.parametrize("form", FORMATS)
def test_the_formats_of_the_api_are_read(form: str) -> None:
    data = encoded(picture(form))
    assert size_of(data) == (64, 48)
    assert decoded(data).mode == "RGBA"
    assert decoded(data, 32).size == (32, 24)


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/gif", "image/webp"])
def test_a_small_plot_is_told_as_it_is_and_as_what_it_is(mime: str) -> None:
    raw = picture("PNG")
    plain = base64.b64encode(raw).decode("ascii")
    assert fit_image(mime, encoded(raw)) == ("image/png", plain)
    fitting = fit_image(mime, encoded(raw[:-12]))  # only its end is missing
    assert fitting is not None and base64.b64decode(fitting[1])[-12:] == raw[-12:]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", UNREAD)
def test_what_is_broken_too_large_or_something_else_is_left_out(name: str) -> None:
    data = encoded(UNREAD[name])
    with pytest.raises(ValueError, match="picture"):
        decoded(data)
    assert fit_image("image/png", data) is None
    assert picture_line("image/png", data).endswith("in the notebook]")
    assert difference_of(data, encoded(picture("PNG"))) == "one of the images cannot be read"


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script for a POSIX shell")
def test_no_other_program_is_run_on_what_a_kernel_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow by itself would: the stand-in for Ghostscript shows it."""
    ran, program = tmp_path / "ran", tmp_path / "gs"
    program.write_text(f"#!/bin/sh\necho ran >> '{ran}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None, raising=False)
    data = encoded(EPS)
    assert fit_image("image/png", data) is None
    assert difference_of(data, encoded(picture("PNG"))) == "one of the images cannot be read"
    assert picture_line("image/png", data) == "[image/png, in the notebook]"
    assert not ran.exists()
    with Image.open(io.BytesIO(EPS)) as shown, pytest.raises(OSError):
        shown.load()
    assert ran.exists()
