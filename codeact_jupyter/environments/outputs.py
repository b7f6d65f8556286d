"""Kernel messages -> outputs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.environment import Cleared, Produced, Updated
from ..engine.trajectory import Display, Error, MimeBundle, Result, Stream

MOST_NESTED = 200  # levels of JSON: deeper ones break whoever writes or reads a notebook
TOO_DEEP = "[JSON that nests deeper than {} levels is left out]"


def produced(message: Mapping[str, Any]) -> Produced | None:
    """What a message of the IOPub channel produced; None for one that produces nothing."""
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        return Stream(content["text"], "stderr" if content["name"] == "stderr" else "stdout")
    if kind in ("display_data", "update_display_data"):
        display_id = str(content.get("transient", {}).get("display_id") or "")
        shown = Display(clean(content["data"]), clean_metadata(content.get("metadata")), display_id)
        return Updated(shown, display_id) if kind == "update_display_data" else shown
    if kind == "execute_result":
        return Result(
            clean(content["data"]),
            clean_metadata(content.get("metadata")),
            content.get("execution_count"),
        )
    if kind == "error":
        lines = tuple(str(line) for line in content.get("traceback") or ())
        return Error(str(content["ename"]), str(content["evalue"]), lines)
    if kind == "clear_output":
        return Cleared(bool(content.get("wait")))
    return None


def clean(data: Mapping[str, Any]) -> MimeBundle:
    """A MIME bundle as the notebook format has it: bytes as base64, JSON as JSON, else text.

    What nests too deep to be written is left out, with a word in the bundle's text.
    """
    cleaned: MimeBundle = {}
    left_out = False
    for mime, value in sorted(data.items()):
        if isinstance(value, bytes):
            cleaned[mime] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, str):
            cleaned[mime] = value
        elif _nests(value):
            left_out = True
        elif mime == "application/json" or mime.endswith("+json"):
            cleaned[mime] = json.loads(json.dumps(value, sort_keys=True, default=str))
        elif isinstance(value, (list, tuple)):
            cleaned[mime] = "".join(str(line) for line in value)
        else:
            cleaned[mime] = str(value)
    if left_out:
        text = f"{cleaned.get('text/plain', '')}\n{TOO_DEEP.format(MOST_NESTED)}"
        cleaned["text/plain"] = text.strip()
    return cleaned


def clean_metadata(metadata: Any) -> dict[str, Any]:
    """Display metadata as plain JSON; what is not JSON is put in words, what is too deep left."""
    given = dict(metadata or {})
    plain: dict[str, Any] = {} if _nests(given) else json.loads(json.dumps(given, default=str))
    return plain


def _nests(value: Any) -> bool:
    """Whether JSON of this would have more levels than can be written."""
    level = [value]
    for _ in range(MOST_NESTED + 1):
        level = [each for each in level if isinstance(each, (dict, list, tuple))]
        if not level:
            return False
        level = [each for held in level for each in _held(held)]
    return True


def _held(value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def encodable(value: Any) -> Any:
    """Text, or the texts of a bundle, with lone surrogates as visible escapes.

    ipykernel cannot send them, and would lose everything that was written along with them.
    """
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
