"""No message of the kernel's is larger than the host takes: it would be lost without a word.

The host drops what is larger. This is for code that puts out too much; not for code that means to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

KEPT = 100_000  # characters of a stream
OF_DISPLAYS = ("display_data", "execute_result", "update_display_data")
SAID = (
    "[left out, because this kernel is a sandbox: output of {:,.0f} MB, of which at most "
    "{:,.0f} MB pass at once]"
)
Serialize = Callable[..., list[bytes]]


def bounded(serialize: Serialize, most_bytes: int) -> Serialize:
    """A session's way to write messages, with what is too large left out, and that said."""

    def write(message: Mapping[str, Any], ident: Any = None) -> list[bytes]:
        parts = serialize(message, ident)
        size = sum(map(len, parts))
        if size <= most_bytes:
            return parts
        said = SAID.format(size / 1e6, most_bytes / 1e6)
        kind = str(message["header"]["msg_type"])
        content = _shortened(kind, message.get("content") or {}, said)
        return serialize({**message, "content": content}, ident)

    return write


def _shortened(kind: str, content: Mapping[str, Any], said: str) -> dict[str, Any]:
    if kind == "stream":
        return {"name": content["name"], "text": f"{content['text'][:KEPT]}\n{said}\n"}
    if kind in OF_DISPLAYS:
        kept = {name: content[name] for name in ("transient", "execution_count") if name in content}
        return {"data": {"text/plain": said}, "metadata": {}, **kept}
    name = str(content.get("ename", "MessageTooLarge"))[:200]
    return {"status": "error", "ename": name, "evalue": said, "traceback": [f"{name}: {said}"]}
