"""Outputs of the engine <-> outputs of the notebook format (nbformat 4.5), without loss.

What the format cannot hold (a display's id, text that UTF-8 cannot carry) goes into `extras`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..engine.trajectory import Display, Error, Output, Result, Stream
from ..engine.wire import decode, encode
from .armour import armoured, bared, sayable, shown

KEY = "codeact"  # the one key of our metadata, on cells, notebooks and outputs
Json = dict[str, Any]


def to_format(outputs: Sequence[Output]) -> tuple[list[Json], dict[str, Json]]:
    """The outputs as a code cell has them, and by index what they cannot hold."""
    formatted = [_to_format(output) for output in outputs]
    extras = {}
    for index, (output, written) in enumerate(zip(outputs, formatted, strict=True)):
        kept = _from_format(written)
        if kept == output and not is_note(written):
            continue
        display_id = output.display_id if isinstance(output, Display) else ""
        was = output.was if isinstance(output, Display) else ""
        if isinstance(kept, Display) and replace(kept, display_id=display_id, was=was) == output:
            extras[str(index)] = {
                "display_id": armoured(display_id),
                **({"was": was} if was else {}),
            }
        else:
            extras[str(index)] = {"output": armoured(encode(output))}
    return formatted, extras


def from_format(formatted: Sequence[Json], extras: Mapping[str, Json]) -> tuple[Output, ...]:
    """The outputs that `to_format` made these of; our notes and what `is_output` does not know of
    are left out.

    Where the person ran the cell again, the new outputs count and the extras do not.
    """
    pairs = ((written, extras.get(str(index), {})) for index, written in enumerate(formatted))
    outputs = (_restored(written, extra) for written, extra in pairs)
    return tuple(output for output in outputs if output is not None)


def restored(formatted: Sequence[Json], extras: Mapping[str, Json]) -> list[Output | None]:
    """Each of these outputs, our notes among them as displays; None for an unknown kind."""
    pairs = ((plain(each), extras.get(str(index), {})) for index, each in enumerate(formatted))
    return [
        (_restored(each, extra) or _from_format(each)) if _is_known(each) else None
        for each, extra in pairs
    ]


def note(words: str) -> Json:
    """An output that says something about its cell and is no output of it."""
    return {
        "output_type": "display_data",
        "data": {"text/markdown": f"*{sayable(words)}*", "text/plain": sayable(words)},
        "metadata": {KEY: {"note": True}},
    }


def is_output(written: Any) -> bool:
    """Whether this is an output of a kind that the format knows, with what is read of it."""
    if not isinstance(written, Mapping) or not isinstance(written.get("metadata") or {}, Mapping):
        return False
    kind = written.get("output_type")
    if kind == "stream":
        return is_text(written.get("text"))
    if kind == "error":
        parts = (written.get("ename"), written.get("evalue"), written.get("traceback") or [])
        return all(map(is_text, parts))
    return kind in ("display_data", "execute_result") and isinstance(written.get("data"), Mapping)


def is_text(value: Any) -> bool:
    """Whether this is a text, which may be saved as a list of lines."""
    lines = value if isinstance(value, list) else [value]
    return all(isinstance(line, str) for line in lines)


def is_json_mime(mime: str) -> bool:
    """Whether the notebook format has the data of this MIME type as JSON, not as text."""
    return mime == "application/json" or (
        mime.startswith("application/") and mime.endswith("+json")
    )


def _restored(written: Json, extra: Json) -> Output | None:
    plain = _from_format(written)
    if "output" in extra:
        data = bared(extra["output"])
        kinds = {"stream": Stream, "display": Display, "result": Result, "error": Error}
        output: Output = decode(kinds[data["kind"]], data)
        if plain is not None and _to_format(plain) == _to_format(output):
            return output
    if "display_id" in extra and isinstance(plain, Display):
        return replace(plain, display_id=bared(extra["display_id"]), was=extra.get("was", ""))
    return None if is_note(written) else plain


def _is_known(written: Any) -> bool:
    if not isinstance(written, Mapping):
        return False
    return written.get("output_type") != "stream" or written.get("name") in ("stdout", "stderr")


def is_note(written: Any) -> bool:
    """Whether an output is one that `note` made."""
    metadata = written.get("metadata") if isinstance(written, Mapping) else None
    return isinstance(metadata, Mapping) and bool(metadata.get(KEY) == {"note": True})


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
    data = {sayable(mime): _writable(mime, value) for mime, value in output.data.items()}
    bundle = {"data": data, "metadata": shown(output.metadata)}
    if isinstance(output, Result):
        return {"output_type": "execute_result", "execution_count": output.count, **bundle}
    return {"output_type": "display_data", **bundle}


def _from_format(written: Json) -> Output | None:
    if not is_output(written):
        return None
    kind = written["output_type"]
    if kind == "stream":
        name = "stderr" if written.get("name") == "stderr" else "stdout"
        return Stream(joined_text(written["text"]), name)  # type: ignore[arg-type]
    if kind == "error":
        lines = tuple(written.get("traceback") or ())
        return Error(joined_text(written["ename"]), joined_text(written["evalue"]), lines)
    metadata = plain(written.get("metadata") or {})
    data = {mime: _read(mime, value) for mime, value in sorted(written["data"].items())}
    if kind == "execute_result":
        return Result(data, metadata, written.get("execution_count"))
    return Display(data, metadata)


def _writable(mime: str, value: Any) -> Any:
    if is_json_mime(mime):
        return shown(value)
    return sayable(value if isinstance(value, str) else str(value))


def _read(mime: str, value: Any) -> Any:
    return plain(value) if is_json_mime(mime) else joined_text(value)


def joined_text(text: Any) -> Any:
    """Text that may be saved as a list of lines."""
    return "".join(text) if isinstance(text, list) and is_text(text) else text


def plain(value: Any) -> Any:
    """Nested mappings and lists as plain ones: nbformat gives its own."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
