"""What a kernel answers to an expression of ours, read into our values.

Code of its own may answer for it, whatever it likes: what is not as our expression gives it is no
answer, and whoever asked is told so.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from ..engine.undoing import Change, Gap, Points, Restored, Undoable, WhatChange, WhatKind
from ..errors import EnvironmentFailure

Read = TypeVar("Read")
OPTIONAL = ("detail", "text", "source")  # of what is told of a variable


def shown_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reply's content shows of the expression that was asked with it.

    Raises EnvironmentFailure where it shows nothing of it.
    """
    expressions = content.get("user_expressions")
    shown = expressions.get("codeact") if isinstance(expressions, Mapping) else None
    if not isinstance(shown, Mapping) or not isinstance(shown.get("status"), str):
        raise EnvironmentFailure("the kernel did not answer what it was asked")
    return shown


def answer_of(shown: Mapping[str, Any], read: Callable[[Any], Read]) -> Read | None:
    """What an expression of ours gave, that answers in JSON, as `read` makes it of that.

    None is the answer "nothing". Raises EnvironmentFailure where it is no answer.
    """
    try:
        text = shown["data"]["text/plain"]
        # One literal and nothing else: older Pythons break on an expression that is very deep.
        within = text[1:-1].replace("\\\\", "").replace("\\'", "")
        if text[:1] != "'" or text[-1:] != "'" or "'" in within:
            raise ValueError("it is no text")
        answer = json.loads(ast.literal_eval(text))
        return None if answer is None else read(answer)
    except Exception as error:  # of many kinds, by what the kernel's code makes of it
        kind = type(error).__name__
        raise EnvironmentFailure(f"the kernel's answer cannot be read ({kind})") from error


def look_of(found: Any) -> Mapping[str, Any]:
    """What `probe` tells of a namespace. Raises ValueError where it is not that."""
    names, others, bindings = (_mapping(found[part]) for part in ("names", "others", "bindings"))
    folders, touched = found.get("folders", []), found.get("touched", [])
    texts = (found["directory"], *others.values(), *bindings.values(), *_list(folders))
    pairs = [text for pair in _list(touched) for text in _pair(pair)]
    _require(all(map(_is_text, (*texts, *pairs))) and type(found["omitted"]) is int)
    _require(all(map(_is_entry, names.values())))
    whole: Mapping[str, Any] = found
    return whole


def gaps_of(found: Mapping[str, str]) -> tuple[Gap, ...]:
    """The gaps that a kernel told, by name."""
    return tuple(Gap(str(what), str(why)) for what, why in found.items())


def undoable_of(found: Mapping[str, Any]) -> Undoable:
    """What a kernel told that there is to put back. Raises ValueError where it is not that."""
    changes = tuple(Change(**item) for item in found["items"])
    for change in changes:
        _require(change.kind in get_args(WhatKind) and change.what in get_args(WhatChange))
        _require(_is_text(change.name) and _is_text(change.type))
    points = tuple(str(point) for point in found["points"])
    return Undoable(changes, gaps_of(found["gaps"]), bool(found["undone"]), points)


def points_of(found: Mapping[str, Any]) -> Points:
    """The points that a kernel told."""
    undone = tuple(tuple(map(str, each)) for each in found["undone"])
    return Points(tuple(map(str, found["kept"])), undone)


def restored_of(found: Mapping[str, Any]) -> Restored:
    """What a kernel told that it put back."""
    done, kept, failed = (tuple(map(str, found[part])) for part in ("done", "kept", "failed"))
    return Restored(done, kept, failed)


def _is_entry(entry: Any) -> bool:
    """Whether this is what is told of a variable."""
    shape, size = entry.get("shape"), entry.get("size")
    return (
        type(entry["type"]) is type(entry["mark"]) is str
        and all(entry.get(part) is None or _is_text(entry[part]) for part in OPTIONAL)
        and (size is None or type(size) is int)
        and (shape is None or all(type(length) is int for length in _list(shape)))
    )


def _is_text(value: Any) -> bool:
    return type(value) is str


def _mapping(value: Any) -> dict[str, Any]:
    _require(type(value) is dict)
    mapping: dict[str, Any] = value
    return mapping


def _list(value: Any) -> list[Any]:
    _require(type(value) is list)
    items: list[Any] = value
    return items


def _pair(value: Any) -> list[Any]:
    _require(len(_list(value)) == 2)
    return _list(value)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("the kernel told something else than it was asked")
