"""A run in other forms: a notebook of its own, a script, Markdown, HTML, JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engine.trajectory import Trajectory
from ..errors import NotebookError, SettingsError
from ..notebook.beginning import new_notebook
from ..notebook.cells import session_metadata
from ..notebook.chain import with_chains
from ..notebook.document import Document
from ..notebook.files import require_writable, unwritable, write_atomically
from ..notebook.inline import chains_of, unfolded
from ..notebook.marks import mark_of
from ..notebook.outputs import KEY, plain
from ..notebook.undone import chain_alone
from .anchors import anchored
from .formats import FORMATS
from .lines import json_lines
from .page import page
from .shapes import WHOLE, Shape, shaped
from .signing import own_signature


def export_file(
    source: Path,
    form: str,
    target: Path | None = None,
    *,
    shape: Shape = WHOLE,
    replace: bool = False,
) -> Path:
    """Write the notebook `source` in another form, beside it unless `target` is given.

    Raises NotebookError when it cannot be read, when it would overwrite itself, or another file
    without `replace` (a picture beside Markdown too); SettingsError when it cannot have this shape.
    """
    if not source.exists():
        raise NotebookError(
            f"there is no notebook {str(source)!r} to export; look for a typing error"
        )
    if source.is_file() and not source.stat().st_size:
        raise NotebookError(f"{str(source)!r} is an empty file: there is nothing to export")
    document = Document(source)
    ending = f".{form}" if shape.kind == "whole" else f"-{shape.kind}.{form}"
    target = target or source.with_name(f"{source.stem}{ending}")
    if target.resolve() == source.resolve():
        raise NotebookError(f"{str(source)!r} would overwrite itself; name another file with -o")
    _require_free(target, replace)
    content, trajectory = document.content, document.trajectory
    chains = chains_of(content)
    content["cells"] = [part for cell in content["cells"] for part in unfolded(cell)]
    if trajectory.turns:
        session = with_chains(session_metadata(trajectory), {"chain": chains})
        content["metadata"] = {**content["metadata"], KEY: session}
    return _write(content, trajectory, form, target, shape=shape, replace=replace)


def export_trajectory(
    trajectory: Trajectory,
    target: Path,
    *,
    shape: Shape = WHOLE,
    around: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Path:
    """Write a trajectory in the form that the name of `target` ends in.

    `around` is the notebook that it is in, as JSON: its cells are as they stand there, with their
    seals and the signature of their end, if any, and a shorter shape may need the person's own.
    Raises SettingsError for another ending or a shape that it cannot have, and NotebookError when
    the file, or a picture beside it, exists, unless `replace` says to overwrite it.
    """
    form = target.suffix.lstrip(".")
    if form not in FORMATS:
        raise SettingsError(
            f"cannot tell a form from {str(target)!r}; end the name in one of: "
            + ", ".join(f".{name}" for name in FORMATS)
        )
    _require_free(target, replace)
    content = new_notebook(trajectory, sign=own_signature() if around is None else None)
    if around is not None:
        parts = [part for cell in around["cells"] for part in unfolded(_filled(cell))]
        whole = shape.kind == "whole"
        content["cells"] = (_as_they_are if whole else _in_place)(content["cells"], parts)
        ends = chain_alone(chains_of(around), trajectory.name)
        if whole and ends:
            content["metadata"][KEY]["chain"] = ends
    return _write(content, trajectory, form, target, shape=shape, replace=replace)


def _filled(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell with what the format asks of one that holds code."""
    needs: dict[str, Any] = (
        {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    )
    return {**needs, **cell}


def _as_they_are(
    ours: list[dict[str, Any]], parts: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The cells of a conversation as the notebook has them: what was altered is to be seen."""
    runs = {cell["metadata"][KEY]["run"] for cell in ours}
    marks = [(part, mark_of(part)) for part in parts]
    return [part for part, mark in marks if mark is not None and mark["run"] in runs]


def _in_place(ours: list[dict[str, Any]], parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells of a conversation where they stand among the person's own code."""
    rest = {cell["id"]: cell for cell in ours}
    placed = [
        rest.pop(str(cell.get("id")), None)
        or (cell if cell["cell_type"] == "code" and mark_of(cell) is None else None)
        for cell in parts
    ]
    return [*filter(None, placed), *rest.values()]


def _require_free(target: Path, replace: bool) -> None:
    if target.exists() and not replace:
        raise NotebookError(
            f"{str(target)!r} exists; name another file, or say --force to overwrite it"
        )


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


def _write(
    content: dict[str, Any],
    trajectory: Trajectory,
    form: str,
    target: Path,
    *,
    shape: Shape,
    replace: bool,
) -> Path:
    if form == "jsonl" and shape != WHOLE:
        raise SettingsError("JSON lines are whole: a line has all of a turn; leave the shape out")
    if form in ("html", "md"):
        content = {**content, "cells": anchored(content["cells"], markdown=form == "md")}
    content = shaped(content, trajectory, shape)
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
    pictures = {target.parent / name: raw for name, raw in files.items()}
    for place in pictures:
        _require_free(place, replace)
    try:  # the text last: it refers to the pictures
        for place, raw in pictures.items():
            place.parent.mkdir(exist_ok=True)
            write_atomically(place, [raw])
        write_atomically(target, [text.encode("utf-8", "backslashreplace")])
    except OSError as error:
        raise unwritable(target, error) from error
    return target


def _converted(content: dict[str, Any], form: str, stem: str) -> tuple[str, dict[str, bytes]]:
    """What `_convert` makes; raises NotebookError where a cell cannot be read for that."""
    try:
        return _convert(content, form, stem)
    except Exception as error:  # nbformat and nbconvert raise many kinds for a cell that is odd
        why = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
        raise NotebookError(
            f"a cell of the notebook cannot be exported as {form!r} ({why}); mend or delete it, "
            "or export to another form"
        ) from error


def _convert(content: dict[str, Any], form: str, stem: str) -> tuple[str, dict[str, bytes]]:
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
    # Before 7.17 nbconvert takes names of pictures from the notebook as they are, also `../../x`.
    pictures = (resources.get("outputs") or {}).items()
    return text, {f"{stem}_files/{Path(name).name}": raw for name, raw in pictures}
