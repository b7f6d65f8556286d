"""Kernel messages -> outputs."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ..engine.environment import Cleared, Produced, Updated
from ..engine.trajectory import Display, Error, MimeBundle, Result, Stream


def produced(message: Mapping[str, Any]) -> Produced | None:
    """What a message of the IOPub channel produced; None for one that produces nothing."""
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        return Stream(content["text"], "stderr" if content["name"] == "stderr" else "stdout")
    if kind in ("display_data", "update_display_data"):
        display_id = str(content.get("transient", {}).get("display_id") or "")
        shown = Display(clean(content["data"]), dict(content.get("metadata") or {}), display_id)
        return Updated(shown, display_id) if kind == "update_display_data" else shown
    if kind == "execute_result":
        metadata = dict(content.get("metadata") or {})
        return Result(clean(content["data"]), metadata, content.get("execution_count"))
    if kind == "error":
        lines = tuple(str(line) for line in content.get("traceback") or ())
        return Error(str(content["ename"]), str(content["evalue"]), lines)
    if kind == "clear_output":
        return Cleared(bool(content.get("wait")))
    return None


def clean(data: Mapping[str, Any]) -> MimeBundle:
    """A MIME bundle as the notebook format has it: bytes as base64, JSON as JSON, else text."""
    cleaned: MimeBundle = {}
    for mime, value in sorted(data.items()):
        if isinstance(value, bytes):
            cleaned[mime] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, str):
            cleaned[mime] = value
        elif mime == "application/json" or mime.endswith("+json"):
            cleaned[mime] = json.loads(json.dumps(value, sort_keys=True, default=str))
        elif isinstance(value, (list, tuple)):
            cleaned[mime] = "".join(str(line) for line in value)
        else:
            cleaned[mime] = str(value)
    return cleaned


def encodable(value: Any) -> Any:
    """Text, or the texts of a bundle, with lone surrogates as visible escapes.

    ipykernel cannot send them, and would lose everything that was written along with them.
    """
    if isinstance(value, Mapping):
        return {key: encodable(item) for key, item in value.items()}
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
