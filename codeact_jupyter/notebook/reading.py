"""A notebook file's content as JSON: checked, upgraded to nbformat 4.5, otherwise left as it is.

What the person wrote is not passed through a writer of the format: every field of theirs, known
or not, keeps its place and value.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import NotebookError
from .outputs import KEY
from .wellformed import misshapen

Json = dict[str, Any]
MINOR = 5


def parsed_notebook(raw: bytes, path: Path) -> Json:
    """The notebook in these bytes; raises NotebookError, naming the path, when it is none."""
    try:
        return _checked(as_it_is(raw))
    except Exception as error:  # nbformat raises many kinds for a file that is no notebook
        raise unreadable(path, _first_line(error)) from error


def as_it_is(raw: bytes) -> Json:
    """The notebook in these bytes, neither checked nor upgraded; ValueError says why it is none."""
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it nests too deep") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise ValueError("it has no `nbformat`")
    if content["nbformat"] == 4 and (words := misshapen(content)):
        raise ValueError(words)
    return content


def unreadable(path: Path, why: str) -> NotebookError:
    """The error for a file that is no notebook, with the way on."""
    return NotebookError(
        f"{str(path)!r} is not a notebook that can be read ({why}); it was left as it is. "
        "Choose another file."
    )


def joined(cell: Json) -> Json:
    """The cell with its source as one string."""
    source = cell["source"]
    return cell if isinstance(source, str) else {**cell, "source": "".join(source)}


def _checked(content: Json) -> Json:
    if content["nbformat"] != 4 or content.get("nbformat_minor", 0) < 5 or not _has_ids(content):
        content = _upgraded(content)
    if not _is_plainly_valid(content):
        import nbformat

        nbformat.validate(nbformat.from_dict(content))
    return content


def _is_plainly_valid(content: Json) -> bool:
    """Whether it is as the schema of the format's version 4.5 has it.

    What is not is nbformat's to judge. To import that takes two seconds where jsonschema has all
    of its formats, as it has beside a Jupyter Server.
    """
    if content.get("nbformat_minor") != MINOR:
        return False
    try:
        _schema()(content)
    except ValueError:  # fastjsonschema's own are such
        return False
    return True


@cache
def _schema() -> Callable[[Json], object]:
    import fastjsonschema

    found = find_spec("nbformat")
    assert found is not None and found.origin is not None
    schema = Path(found.origin).parent / "v4" / f"nbformat.v4.{MINOR}.schema.json"
    compiled: Callable[[Json], object] = fastjsonschema.compile(json.loads(schema.read_bytes()))
    return compiled


def _has_ids(content: Json) -> bool:
    ids = [cell.get("id") for cell in content.get("cells", [])]
    return None not in ids and len(set(ids)) == len(ids)


def _upgraded(content: Json) -> Json:
    """The notebook as nbformat 4.5, every cell with an id of its own."""
    import nbformat
    from nbformat.reader import reads
    from nbformat.v4 import upgrade
    from nbformat.validator import normalize

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they say that what is repaired here needs repair
        notebook = nbformat.convert(reads(json.dumps(content)), 4)
        if notebook.nbformat_minor < 5:
            notebook = upgrade(notebook, from_version=4, from_minor=notebook.nbformat_minor)
        _, notebook = normalize(notebook)
        upgraded: Json = json.loads(nbformat.writes(notebook))
    return _with_our_ids(upgraded)


def _with_our_ids(content: Json) -> Json:
    """The notebook with the ids of a run's cells, which an editor without ids had dropped."""
    taken = {cell["id"] for cell in content["cells"]}
    for cell in content["cells"]:
        mark = cell["metadata"].get(KEY)
        if isinstance(mark, dict) and {"run", "step", "role"} <= set(mark):
            name = f"{mark['run']}-{mark['step']}-{mark['role']}"
            if name not in taken and re.fullmatch(r"[a-zA-Z0-9-]{1,64}", name):
                cell["id"] = name
                taken.add(name)
    return content


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
