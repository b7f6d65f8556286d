"""A conversation in another form, as one file to download."""

from __future__ import annotations

import base64
import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from ...engine.trajectory import Trajectory
from ...errors import SettingsError
from ...record.export import export_trajectory


def download(trajectory: Trajectory, form: str, stem: str, *, clean: bool) -> dict[str, str]:
    """The conversation as `{name, data}`, the data in base64; several files come as one archive.

    With `clean` only of the steps that worked.
    Raises SettingsError for a form that there is not, and when there is nothing to export.
    """
    if not trajectory.turns:
        raise SettingsError("there is nothing to export: no run yet in this notebook")
    if clean:
        trajectory = _of_what_worked(trajectory)
    with tempfile.TemporaryDirectory() as folder:
        target = export_trajectory(trajectory, Path(folder) / f"{stem}.{form}")
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        if len(files) == 1:
            return {"name": target.name, "data": _base64(target.read_bytes())}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
        return {"name": f"{stem}.zip", "data": _base64(packed.getvalue())}


def _of_what_worked(trajectory: Trajectory) -> Trajectory:
    turns = (
        replace(turn, steps=tuple(step for step in turn.steps if step.state == "ok"))
        for turn in trajectory.turns
    )
    return replace(trajectory, turns=tuple(turns))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
