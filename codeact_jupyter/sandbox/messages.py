"""The messages of a sandboxed kernel, of which those that are known pass, rebuilt, and no others.

A kernel is what its code makes of it: it may answer what was never asked, say that it is another
language, whose exporter the server would import, or pretend to be a run of the agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .share import Share
from .showing import harmless_bundle, harmless_metadata, without_markup

Content = Mapping[str, Any]
Message = Mapping[str, Any]

ASKS = "The code in the sandbox asks: "
LONGEST_PROMPT = 200
STATES = ("busy", "idle", "starting")
OF_HEADERS = ("msg_id", "username", "session", "msg_type", "version", "date", "subshell_id")
OF_METADATA = ("started", "status", "engine", "dependencies_met")
PYTHON = {
    "name": "python",
    "mimetype": "text/x-python",
    "file_extension": ".py",
    "pygments_lexer": "ipython3",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "nbconvert_exporter": "python",
}


def harmless_message(message: Message, share: Share | None = None) -> Message | None:
    """A message as it may go on, without buffers; None for one that may not.

    Once the `share` of its kernel is spent, what takes time is left out of it, and named.
    """
    header = _header(message.get("header"))
    kind = str(header.get("msg_type") or message.get("msg_type") or "")
    share = share or Share()
    with share.spending():
        content = harmless_content(kind, message.get("content") or {}, plainly=share.is_spent)
    if content is None:
        return None
    metadata = message.get("metadata")
    return {
        **{name: message[name] for name in ("msg_id", "msg_type") if name in message},
        "header": header,
        "parent_header": _header(message.get("parent_header")),
        "metadata": _only(metadata if isinstance(metadata, Mapping) else {}, OF_METADATA),
        "content": content,
        "buffers": [],
    }


def harmless_content(
    kind: str, content: Content, *, plainly: bool = False
) -> dict[str, Any] | None:
    """The content of a message of this kind, rebuilt; None for a kind that does not pass.

    With `plainly`, what takes time is left out.
    """
    rebuild = KINDS.get(kind)
    if rebuild is None:
        return None
    try:
        return rebuild(_plainer(content) if plainly else content)
    except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        # It is not what it says it is, or nests deeper than can be read.
        return None


def _plainer(content: Content) -> Content:
    """A content whose MIME bundles are without what takes time to be made harmless."""
    shown = {"data": without_markup(content["data"])} if content.get("data") else {}
    expressions = content.get("user_expressions") or {}
    plain = {name: _plainer(each) for name, each in expressions.items()}
    return {**content, **shown, **({"user_expressions": plain} if plain else {})}


def _stream(content: Content) -> dict[str, Any]:
    name = "stderr" if content["name"] == "stderr" else "stdout"
    return {"name": name, "text": str(content["text"])}


def _display(content: Content) -> dict[str, Any]:
    data = content["data"]
    shown = {
        "data": harmless_bundle(data),
        "metadata": harmless_metadata(content.get("metadata"), data),
    }
    display = (content.get("transient") or {}).get("display_id")
    return {**shown, "transient": {"display_id": str(display)} if display else {}}


def _result(content: Content) -> dict[str, Any]:
    return {**_display(content), "execution_count": _count(content)}


def _error(content: Content) -> dict[str, Any]:
    lines = [str(line) for line in content.get("traceback") or ()]
    return {"ename": str(content["ename"]), "evalue": str(content["evalue"]), "traceback": lines}


def _status(content: Content) -> dict[str, Any]:
    state = content["execution_state"]
    if state not in STATES:
        raise ValueError(state)
    return {"execution_state": state}


def _input(content: Content) -> dict[str, Any]:
    return {"code": str(content["code"]), "execution_count": _count(content)}


def _execute_reply(content: Content) -> dict[str, Any]:
    failed = _error(content) if "ename" in content else {}
    expressions = content.get("user_expressions") or {}
    shown = {str(name): _expression(each) for name, each in expressions.items()}
    replied = {"status": _word(content), "execution_count": _count(content)}
    return {**replied, **failed, "user_expressions": shown, **_pages(content)}


def _pages(content: Content) -> dict[str, Any]:
    """What a reply has to read, as text; a cell to write or a file to open nobody is asked for."""
    pages = (each for each in content.get("payload") or () if each.get("source") == "page")
    texts = (str(page["data"].get("text/plain") or "") for page in pages)
    data = ({"text/plain": text} for text in texts if text)
    return {"payload": [{"source": "page", "data": each, "start": 0} for each in data]}


def _expression(value: Content) -> dict[str, Any]:
    if value.get("status") == "ok":
        return {"status": "ok", "data": harmless_bundle(value["data"]), "metadata": {}}
    return {"status": "error", **_error(value)}


def _kernel_info(content: Content) -> dict[str, Any]:
    told = content.get("language_info") or {}
    version = ".".join(
        part for part in str(told.get("version", "")).split(".")[:3] if part.isdigit()
    )
    protocol = content["protocol_version"]
    return {
        "status": "ok",
        "protocol_version": str(protocol) if str(protocol).startswith("5.") else "5.3",
        "implementation": "ipython",
        "implementation_version": str(content.get("implementation_version", ""))[:40],
        "language_info": {**PYTHON, "version": version},
        "banner": str(content.get("banner", ""))[:2000],
        "help_links": [],
        "debugger": False,
        "supported_features": [],
    }


def _inspect(content: Content) -> dict[str, Any]:
    data = harmless_bundle(content.get("data") or {})
    return {
        "status": _word(content),
        "found": bool(content.get("found")),
        "data": data,
        "metadata": {},
    }


def _complete(content: Content) -> dict[str, Any]:
    typed = (content.get("metadata") or {}).get("_jupyter_types_experimental") or []
    kept = [_only(each, ("text", "type", "start", "end", "signature")) for each in typed]
    return {
        "status": _word(content),
        "matches": [str(each) for each in content.get("matches") or ()],
        "cursor_start": int(content.get("cursor_start", 0)),
        "cursor_end": int(content.get("cursor_end", 0)),
        "metadata": {"_jupyter_types_experimental": kept},
    }


def _is_complete(content: Content) -> dict[str, Any]:
    return {"status": _word(content), "indent": str(content.get("indent", ""))[:80]}


def _history(content: Content) -> dict[str, Any]:
    items = [[int(s), int(n), str(code)] for s, n, code in content.get("history") or ()]
    return {"status": _word(content), "history": items}


def _ask(content: Content) -> dict[str, Any]:
    """Whoever types an answer is to know who asks."""
    prompt = " ".join(str(content["prompt"]).split())[:LONGEST_PROMPT]
    return {"prompt": f"{ASKS}{prompt} ", "password": bool(content.get("password"))}


def _no_comms(content: Content) -> dict[str, Any]:
    return {"status": "ok", "comms": {}}


def _ended(content: Content) -> dict[str, Any]:
    return {"status": "ok", "restart": bool(content.get("restart"))}


def _cleared(content: Content) -> dict[str, Any]:
    return {"wait": bool(content.get("wait"))}


def _word(content: Content) -> str:
    return str(content.get("status") or "ok")[:20]


def _count(content: Content) -> int | None:
    count = content.get("execution_count")
    return None if count is None else int(count)


def _header(header: Any) -> dict[str, Any]:
    return _only(header, OF_HEADERS) if isinstance(header, Mapping) else {}


def _only(given: Content, names: tuple[str, ...]) -> dict[str, Any]:
    """Of a mapping what has these names, as far as it is no structure."""
    kept = {name: given[name] for name in names if name in given}
    return {name: each for name, each in kept.items() if not isinstance(each, (Mapping, list))}


KINDS: Mapping[str, Callable[[Content], dict[str, Any]]] = {
    "clear_output": _cleared,
    "comm_info_reply": _no_comms,
    "complete_reply": _complete,
    "display_data": _display,
    "error": _error,
    "execute_input": _input,
    "execute_reply": _execute_reply,
    "execute_result": _result,
    "history_reply": _history,
    "input_request": _ask,
    "inspect_reply": _inspect,
    "interrupt_reply": _ended,
    "is_complete_reply": _is_complete,
    "kernel_info_reply": _kernel_info,
    "shutdown_reply": _ended,
    "status": _status,
    "stream": _stream,
    "update_display_data": _display,
}
