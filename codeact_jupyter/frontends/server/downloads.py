"""A conversation in another form, as one file to download."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from pathlib import Path

from ...engine.trajectory import Trajectory
from ...errors import SettingsError
from ...record.export import export_trajectory
from ...record.shapes import Shape
from .orders import Json


def download(
    trajectory: Trajectory, form: str, stem: str, *, shape: Shape, around: Json | None = None
) -> dict[str, str]:
    """The conversation as `{name, data}`, the data in base64; several files come as one archive.

    `around` is its notebook.
    Raises SettingsError for a form that there is not, and when there is nothing to export.
    """
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
