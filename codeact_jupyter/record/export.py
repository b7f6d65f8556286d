"""A run in other forms: a notebook of its own, a script, Markdown, HTML, JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..engine.context import messages
from ..engine.trajectory import Trajectory
from ..errors import NotebookError, SettingsError
from ..notebook.cells import session_metadata
from ..notebook.chain import with_chains
from ..notebook.document import Document, new_notebook
from ..notebook.files import require_writable, unwritable, write_atomically
from ..notebook.inline import chains_of, unfolded
from ..notebook.marks import mark_of
from ..notebook.outputs import KEY, plain
from .formats import FORMATS
from .page import page


def export_file(
    source: Path, form: str, target: Path | None = None, *, replace: bool = False
) -> Path:
    """Write the notebook `source` in another form, beside it unless `target` is given.

    Raises NotebookError when it cannot be read, when it would overwrite itself, or another file
    without `replace`.
    """
    if not source.exists():
        raise NotebookError(f"there is no notebook {str(source)!r} to export")
    document = Document(source)
    target = target or source.with_suffix(f".{form}")
    if target.resolve() == source.resolve():
        raise NotebookError(f"{str(source)!r} would overwrite itself; name another file with -o")
    _require_free(target, replace)
    content, trajectory = document.content, document.trajectory
    chains = chains_of(content)
    content["cells"] = [part for cell in content["cells"] for part in unfolded(cell)]
    if trajectory.turns:
        session = with_chains(session_metadata(trajectory), {"chain": chains})
        content["metadata"] = {**content["metadata"], KEY: session}
    return _write(content, trajectory, form, target)


def export_trajectory(trajectory: Trajectory, target: Path, *, replace: bool = False) -> Path:
    """Write a trajectory in the form that the name of `target` ends in.

    Raises SettingsError for another ending, and NotebookError when the file exists, unless
    `replace` says to overwrite it.
    """
    form = target.suffix.lstrip(".")
    if form not in FORMATS:
        raise SettingsError(
            f"cannot tell a form from {str(target)!r}; end the name in one of: "
            + ", ".join(f".{name}" for name in FORMATS)
        )
    _require_free(target, replace)
    return _write(new_notebook(trajectory), trajectory, form, target)


def _require_free(target: Path, replace: bool) -> None:
    if target.exists() and not replace:
        raise NotebookError(
            f"{str(target)!r} exists; name another file, or say --force to overwrite it"
        )


def json_lines(trajectory: Trajectory) -> str:
    """One line for each turn: what was said, as sent; what ran, and how it ended."""
    lines = []
    for number, turn in enumerate(trajectory.turns, 1):
        alone = Trajectory(trajectory.system, trajectory.tools, (turn,))
        said = [{"role": m.role, "content": list(m.blocks)} for m in messages(alone)]
        actions = [
            {"code": step.action.code, "state": step.state, "step": step.number}
            for step in turn.steps
            if step.action is not None
        ]
        usage = turn.usage
        line = {
            "actions": actions,
            "cost": None if turn.cost is None else float(turn.cost),
            "messages": said,
            "run": turn.run,
            "state": turn.state,
            "system": trajectory.system,
            "task": turn.task,
            "tokens": {"input": usage.prompt, "output": usage.output},
            "tools": list(trajectory.tools),
            "turn": number,
        }
        lines.append(json.dumps(line, sort_keys=True))
    return "\n".join(lines) + "\n"


def _without_failures(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells for a script: what failed when it ran would end the script, and is commented."""
    return [
        {**cell, "source": _commented(cell["source"])} if _failed(cell) else cell for cell in cells
    ]


def _failed(cell: dict[str, Any]) -> bool:
    mark = mark_of(cell)
    return cell["cell_type"] == "code" and mark is not None and mark.get("status") == "error"


def _commented(source: str | list[str]) -> str:
    lines = "".join(source).splitlines()
    return "\n".join(["# This failed when it ran:", *(f"# {line}".rstrip() for line in lines)])


def _write(content: dict[str, Any], trajectory: Trajectory, form: str, target: Path) -> Path:
    require_writable(target)
    files: dict[str, bytes] = {}
    if form == "ipynb":
        text = json.dumps(plain(content), sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    elif form == "jsonl":
        if not trajectory.turns:
            raise NotebookError("there is no run in this notebook to export as JSON lines")
        text = json_lines(trajectory)
    else:
        text, files = _converted(content, form, target.stem)
    try:
        write_atomically(target, [text.encode("utf-8", "backslashreplace")])
        for name, raw in files.items():
            place = target.parent / name
            place.parent.mkdir(exist_ok=True)
            write_atomically(place, [raw])
    except OSError as error:
        raise unwritable(target, error) from error
    return target


def _converted(content: dict[str, Any], form: str, stem: str) -> tuple[str, dict[str, bytes]]:
    """The text of a notebook in this form, and the files that it refers to."""
    import nbconvert
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    if form == "py":
        content = {**content, "cells": _without_failures(content["cells"])}
    notebook = rejoin_lines(nbformat.from_dict(content))
    if form == "html":
        return page(notebook), {}
    exporter = nbconvert.MarkdownExporter() if form == "md" else nbconvert.PythonExporter()
    names = {"unique_key": stem, "output_files_dir": f"{stem}_files", "metadata": {"name": stem}}
    text, resources = exporter.from_notebook_node(notebook, resources=names)
    return text, dict(resources.get("outputs") or {})
