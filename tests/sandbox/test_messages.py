"""What a sandboxed kernel says by Jupyter's protocol: nothing but what it was asked passes."""

from __future__ import annotations

from typing import Any

import pytest

from codeact_jupyter.sandbox.messages import ASKS, KINDS, harmless_content, harmless_message
from codeact_jupyter.sandbox.share import AT_ONCE, PART, Share
from codeact_jupyter.sandbox.showing import TOO_OFTEN
from tests.nesting import nested


def message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    header = {"msg_id": "1", "session": "s", "msg_type": kind, "version": "5.3"}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, **more}


@pytest.mark.parametrize(
    "kind",
    [
        *("comm_open", "comm_msg", "comm_close", "debug_event", "debug_reply", "codeact"),
        *("update_terminal", "execute_request", "kernel_info_request", ""),
    ],
)
def test_other_kinds_of_messages_do_not_pass(kind: str) -> None:
    assert harmless_message(message(kind, {"data": {}, "comm_id": "x"})) is None


def test_what_is_not_as_it_must_be_does_not_pass() -> None:
    for kind in KINDS:
        for content in ([], "text", {"data": 1}, {"execution_state": {}}, {"name": 1}):
            harmless_content(kind, content)  # type: ignore[arg-type]  # and raises nothing
    endless = {"code": "x", "execution_count": float("inf")}  # which Python's JSON can say
    assert harmless_content("execute_input", endless) is None
    assert harmless_content("status", {"execution_state": "dead"}) is None
    assert harmless_content("stream", {"name": "stdout"}) is None


def test_html_is_left_out_once_a_kernel_took_its_share_until_time_has_passed() -> None:
    seconds = [0.0]
    share = Share(lambda: seconds[0])
    data = {"text/html": "<b>six</b>", "text/plain": "six"}
    told = {"status": "ok", "user_expressions": {"it": {"status": "ok", "data": data}}}
    sent = message("display_data", {"data": data}), message("execute_reply", told)
    plain = {"text/plain": f"six\n{TOO_OFTEN.format('text/html')}"}

    def passed() -> list[Any]:
        shown, replied = (harmless_message(each, share) for each in sent)
        assert shown is not None and replied is not None
        return [shown["content"]["data"], replied["content"]["user_expressions"]["it"]["data"]]

    assert passed() == [data, data]
    with share.spending():
        seconds[0] += AT_ONCE + 1
    assert passed() == [plain, plain]
    seconds[0] += 2 / PART
    assert passed() == [data, data]


def test_what_nests_deeper_than_can_be_read_does_not_pass() -> None:
    deep = nested(100_000)
    assert harmless_content("stream", {"name": "stdout", "text": deep}) is None
    for mime in ("text/plain", "text/html", "text/markdown", "text/latex"):
        assert harmless_content("display_data", {"data": {mime: deep}}) is None


def test_it_stays_python_whatever_it_says_it_is() -> None:
    """The server would import the exporter that a language names, from the workspace."""
    told = {
        "protocol_version": "5.3",
        "language_info": {
            "name": "evil",
            "nbconvert_exporter": "planted.Exporter",
            "file_extension": ".sh",
            "mimetype": "text/html",
            "codemirror_mode": "javascript:alert(1)",
            "version": "3.11.1<script>",
        },
        "help_links": [{"text": "Python", "url": "javascript:alert(1)"}],
        "banner": "x" * 100_000,
    }
    passed = harmless_content("kernel_info_reply", told)
    assert passed is not None
    assert passed["language_info"]["nbconvert_exporter"] == "python"
    assert passed["language_info"]["name"] == "python"
    assert passed["help_links"] == [] and len(passed["banner"]) <= 2000
    assert "evil" not in str(passed) and "javascript" not in str(passed)


def test_a_reply_adds_no_cell_and_runs_nothing() -> None:
    payload = [{"source": "set_next_input", "text": "!rm -rf ~", "replace": True}]
    told = {"status": "ok", "execution_count": 3, "payload": payload, "user_expressions": {}}
    passed = harmless_content("execute_reply", told)
    assert passed is not None and passed["payload"] == [] and passed["execution_count"] == 3


def test_of_a_replys_page_the_text_passes() -> None:
    data = {"text/plain": "Help on len", "text/html": "<script>evil()</script>"}
    payload = [{"source": "page", "data": data, "start": 7, "evil": 1}, {"source": "page"}]
    told = {"status": "ok", "execution_count": 3, "user_expressions": {}}
    passed = harmless_content("execute_reply", {**told, "payload": payload[:1]})
    page = {"source": "page", "data": {"text/plain": "Help on len"}, "start": 0}
    assert passed is not None and passed["payload"] == [page]
    assert harmless_content("execute_reply", {**told, "payload": payload}) is None


def test_a_question_says_who_asks() -> None:
    passed = harmless_content("input_request", {"prompt": "sudo\n\npassword:", "password": True})
    assert passed == {"prompt": f"{ASKS}sudo password: ", "password": True}


def test_metadata_cannot_pretend_to_be_a_record_of_a_run() -> None:
    data = {"text/plain": "x", "image/png": "AAAA"}
    metadata = {"codeact": {"turn": {}}, "image/png": {"width": 10, "evil": "<script>"}}
    passed = harmless_content("display_data", {"data": data, "metadata": metadata})
    assert passed is not None and passed["metadata"] == {"image/png": {"width": 10}}
    whole = harmless_message(
        message("stream", {"name": "stdout", "text": "x"}, metadata={"codeact": {}, "status": "ok"})
    )
    assert whole is not None and whole["metadata"] == {"status": "ok"}


def test_buffers_and_unknown_headers_are_dropped() -> None:
    given = message("stream", {"name": "stdout", "text": "x"}, buffers=[b"x"])
    given["header"]["evil"] = {"a": 1}
    passed = harmless_message(given)
    assert passed is not None and passed["buffers"] == []
    assert "evil" not in passed["header"] and passed["header"]["msg_id"] == "1"


@pytest.mark.parametrize("where", ["inspect_reply", "execute_result", "update_display_data"])
def test_every_bundle_is_cleaned(where: str) -> None:
    content = {"status": "ok", "found": True, "data": {"text/html": "<b onclick=x>y</b>"}}
    passed = harmless_content(where, content)
    assert passed is not None and passed["data"]["text/html"] == "<b>y</b>"


def test_a_completion_is_plain_text() -> None:
    typed = [{"text": "a", "type": "function", "start": 0, "end": 1, "html": "<script>"}]
    told = {"status": "ok", "matches": ["a"], "cursor_start": 0, "cursor_end": 1}
    told |= {"metadata": {"_jupyter_types_experimental": typed, "evil": 1}}
    passed = harmless_content("complete_reply", told)
    assert passed is not None and "html" not in str(passed) and "evil" not in str(passed)
    assert passed["matches"] == ["a"]
