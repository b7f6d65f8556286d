"""A conversation in another form, as one file to download."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ...engine.trajectory import Trajectory
from ...errors import SettingsError
from ...record.export import export_trajectory
from ...record.formats import FORMATS
from ...record.shapes import Shape
from .orders import Json

LONGEST_NAME = 200  # bytes; with what is put behind it, a system takes 255


class Exports:
    """The exports of one server: one after another, in a thread of their own.

    The threads that all share are not theirs: a run waits for one of these before each step.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "codeact-export")

    def ask(self, work: Callable[[], dict[str, str]]) -> Future[dict[str, str]]:
        """Have this done in its turn; one that is cancelled before that is not begun."""
        return self._thread.submit(work)

    def close(self) -> None:
        """Begin no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def exported(asked: Future[dict[str, str]]) -> dict[str, str]:
    """What comes of an export; raises what it raises, and SettingsError when it was not begun."""
    try:
        return await asyncio.wrap_future(asked)
    except asyncio.CancelledError:
        if not asked.cancelled():
            raise
        raise SettingsError("the export was not begun: who asked for it had gone") from None


def stem_of(name: str) -> str:
    """The name of an export without its ending, in characters and of a length that systems take."""
    return re.sub(r"[^\w. -]", "_", name).encode()[:LONGEST_NAME].decode(errors="ignore")


def download(
    trajectory: Trajectory, form: str, stem: str, *, shape: Shape, around: Json | None = None
) -> dict[str, str]:
    """The conversation as `{name, data}`, the data in base64; several files come as one archive.

    `around` is its notebook.
    Raises SettingsError for a form that there is not, and when there is nothing to export.
    """
    if form not in FORMATS:  # it ends the name of a file
        raise SettingsError(f"there is no form {form!r}; use one of: {', '.join(FORMATS)}")
    if not trajectory.turns:
        raise SettingsError("there is nothing to export: no run yet in this notebook")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"{stem}.{form}"
        export_trajectory(trajectory, target, shape=shape, around=around)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        if len(files) == 1:
            return {"name": target.name, "data": _base64(target.read_bytes())}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
        return {"name": f"{stem}.zip", "data": _base64(packed.getvalue())}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
