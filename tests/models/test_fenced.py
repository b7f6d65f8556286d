"""Fenced code as actions."""

from __future__ import annotations

import pytest

from codeact_jupyter.engine.messages import Delta, Text
from codeact_jupyter.engine.trajectory import Mistake, Reply
from codeact_jupyter.models.fenced import FenceTyping, fenced_reply


def read(text: str, *, bare: bool = True, **more: object) -> Reply:
    options = {"stop": "end_turn", **more}
    reply = Reply(({"text": text, "type": "text"},), text=text, **options)  # type: ignore[arg-type]
    return fenced_reply(reply, bare=bare)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("So:\n```py\nx = 1\n```\n", "x = 1"),
        ("```Python3 \r\nx = 1\r\n``` \r\n", "x = 1\r"),
        ("```\nx = 1\n```", "x = 1"),
        ("  ```python\nx = 1\n  ```", "x = 1"),
        ("~~~python\ns = '''\n```\n'''\n~~~", "s = '''\n```\n'''"),
        ("````python\ns = '''\n```\n'''\n````", "s = '''\n```\n'''"),
        ("```json\n{}\n```\nthen\n```python\nx = 1\n```", "x = 1"),
        ("```python\nx = 1\n```\n```python\nx = 2\n```", "x = 1"),
        ("```python\nx = 1", "x = 1"),
        ("```python title=a\nx = 1\n```", "x = 1"),
    ],
)
def test_the_first_python_fence_is_the_action(text: str, code: str) -> None:
    reply = read(text)
    assert (reply.code, reply.mistake, reply.text) == (code, None, "")


@pytest.mark.parametrize(
    "text",
    [
        "42",
        "Use `x` and ```y``` in prose.",
        "```json\n{}\n```\nDone.",
        "```\n".join(["```sh\nls\n", "text after\n"]),
        "| a |\n|---|\n",
        f"{'~' * 100_000}`",
        f"~~~{' ' * 50_000}a `",
    ],
)
def test_a_reply_without_a_python_fence_is_an_answer(text: str) -> None:
    reply = read(text)
    assert reply.is_answer
    assert reply.text == text


def test_a_fence_without_a_language_is_an_action_only_of_who_was_told_to_write_fences() -> None:
    text = "To print it:\n```\nprint(x)\n```"
    assert read(text).code == "print(x)"
    assert read(text, bare=False).is_answer
    assert read(text.replace("```\np", "```python\np"), bare=False).code == "print(x)"


def test_what_comes_after_the_action_is_not_kept() -> None:
    reply = read("I add.\n```python\n1 + 1\n```\nThe output is 3.")
    assert reply.thought == "I add."
    assert reply.blocks == ({"text": "I add.\n```python\n1 + 1\n```", "type": "text"},)


def test_a_fence_that_was_left_open_is_closed_for_the_record() -> None:
    assert read("```python\n1").blocks == ({"text": "```python\n1\n```", "type": "text"},)


def test_code_that_was_cut_is_a_mistake() -> None:
    cut = read("```python\nx = (1,", stop="max_tokens", mistake=Mistake("cut", "cut"))
    assert cut.code is None
    assert cut.mistake is not None
    assert cut.mistake.kind == "cut"


def test_code_that_was_whole_before_the_cut_is_an_action() -> None:
    cut = read("```python\nx = 1\n```\nand so", stop="max_tokens", mistake=Mistake("cut", "cut"))
    assert (cut.code, cut.mistake) == ("x = 1", None)


def test_an_empty_fence_is_a_mistake() -> None:
    reply = read("```python\n\n```")
    assert reply.mistake == Mistake("no code", "the fence holds no code")


@pytest.mark.parametrize("size", [1, 4, 100])
def test_typing_tells_prose_and_code_apart(size: int) -> None:
    heard: list[Delta] = []
    typing = FenceTyping(heard.append, bare=True)
    typing(Text("thought", "hm"))
    text = "a\n```sh\nls\n```\nb\n```python\n\nx\n\ny\n\n```\nnever"
    for start in range(0, len(text), size):
        typing(Text("answer", text[start : start + size]))
    typing.close()
    said = dict.fromkeys(("thought", "answer", "code"), "")
    for delta in heard:
        assert isinstance(delta, Text)
        said[delta.part] += delta.text
    assert said == {"thought": "hm", "answer": "a\n```sh\nls\n```\nb\n", "code": "\nx\n\ny"}
