"""Outputs of the engine <-> outputs of the notebook format (nbformat 4.5), without loss.

What the format cannot hold (a display's id, text that UTF-8 cannot carry) goes into `extras`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..engine.trajectory import Display, Error, Output, Result, Stream
from ..engine.wire import decode, encode

Json = dict[str, Any]


def to_format(outputs: Sequence[Output]) -> tuple[list[Json], dict[str, Json]]:
    """The outputs as a code cell has them, and by index what they cannot hold."""
    formatted = [_to_format(output) for output in outputs]
    extras = {}
    for index, (output, written) in enumerate(zip(outputs, formatted, strict=True)):
        kept = _from_format(written)
        if kept == output:
            continue
        display_id = output.display_id if isinstance(output, Display) else ""
        if isinstance(kept, Display) and replace(kept, display_id=display_id) == output:
            extras[str(index)] = {"display_id": display_id}
        else:
            extras[str(index)] = {"output": armoured(encode(output))}
    return formatted, extras


def from_format(formatted: Sequence[Json], extras: Mapping[str, Json]) -> tuple[Output, ...]:
    """The outputs that `to_format` made these of; unknown kinds are left out."""
    outputs = []
    for index, written in enumerate(formatted):
        extra = extras.get(str(index), {})
        if "output" in extra:
            outputs.append(_decoded(bared(extra["output"])))
            continue
        output = _from_format(written)
        if isinstance(output, Display) and "display_id" in extra:
            output = replace(output, display_id=str(extra["display_id"]))
        if output is not None:
            outputs.append(output)
    return tuple(outputs)


def sayable(text: str) -> str:
    """`text` with lone surrogates, which no UTF-8 file can hold, as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def armoured(value: Any) -> Any:
    """JSON with every string that UTF-8 cannot carry written as ASCII inside a mapping."""
    if isinstance(value, dict):
        return {sayable(key): armoured(item) for key, item in value.items()}
    if isinstance(value, list):
        return [armoured(item) for item in value]
    if isinstance(value, str) and sayable(value) != value:
        return {"ascii": json.dumps(value)}
    return value


def bared(value: Any) -> Any:
    """The JSON that `armoured` was given."""
    if isinstance(value, dict):
        if set(value) == {"ascii"} and isinstance(value["ascii"], str):
            return json.loads(value["ascii"])
        return {key: bared(item) for key, item in value.items()}
    if isinstance(value, list):
        return [bared(item) for item in value]
    return value


def _to_format(output: Output) -> Json:
    if isinstance(output, Stream):
        return {"output_type": "stream", "name": output.name, "text": sayable(output.text)}
    if isinstance(output, Error):
        return {
            "output_type": "error",
            "ename": sayable(output.ename),
            "evalue": sayable(output.evalue),
            "traceback": [sayable(line) for line in output.traceback],
        }
    bundle = {"data": _sayable(output.data), "metadata": _sayable(output.metadata)}
    if isinstance(output, Result):
        return {"output_type": "execute_result", "execution_count": output.count, **bundle}
    return {"output_type": "display_data", **bundle}


def _from_format(written: Json) -> Output | None:
    kind = written.get("output_type")
    if kind == "stream":
        name = "stderr" if written.get("name") == "stderr" else "stdout"
        return Stream(_joined(written["text"]), name)  # type: ignore[arg-type]
    if kind == "error":
        lines = tuple(written.get("traceback") or ())
        return Error(written["ename"], written["evalue"], lines)
    if kind not in ("display_data", "execute_result"):
        return None
    data = {mime: _value(mime, value) for mime, value in sorted(written["data"].items())}
    metadata = _plain(written.get("metadata") or {})
    if kind == "execute_result":
        return Result(data, metadata, written.get("execution_count"))
    return Display(data, metadata)


def _value(mime: str, value: Any) -> Any:
    if mime == "application/json" or mime.endswith("+json"):
        return _plain(value)
    return _joined(value)


def _joined(text: Any) -> Any:
    return "".join(text) if isinstance(text, list) else text


def _plain(value: Any) -> Any:
    """Nested mappings as plain dicts: nbformat gives its own."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _sayable(value: Any) -> Any:
    if isinstance(value, dict):
        return {sayable(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sayable(item) for item in value]
    return sayable(value) if isinstance(value, str) else value


def _decoded(data: Json) -> Output:
    kinds = {"stream": Stream, "display": Display, "result": Result, "error": Error}
    output: Output = decode(kinds[data["kind"]], data)
    return output
