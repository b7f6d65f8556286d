"""The words in which the model is told what happened."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from codeact_jupyter.engine.environment import News, Ran
from codeact_jupyter.engine.telling import Telling, cut, describe, plain, progress, trimmed
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Error,
    Mistake,
    NamespaceChange,
    Observation,
    Output,
    Reply,
    Result,
    Stream,
    Variable,
)

from . import strategies as any_
from .twins import act

PNG = "iVBORw0KGgo="


def seen(*outputs: Output, **more: object) -> Observation:
    return Observation("ok", outputs, seconds=1.23, **more)  # type: ignore[arg-type]


def told(observation: Observation, telling: Telling = Telling()) -> str:
    content = telling.observation(act("1"), observation)[0]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def test_nothing_printed_is_still_something_to_read() -> None:
    assert told(seen()) == "[ok, 1.2 s]"


def test_streams_values_and_displays_are_labelled() -> None:
    outputs = (
        Stream("out\n"),
        Stream("warned\n", "stderr"),
        Display({"text/plain": "Figure"}),
        Result({"text/plain": "7", "text/html": "<b>7</b>"}),
    )
    assert told(seen(*outputs)) == (
        "out\n[stderr]\nwarned\n[display] Figure\n[value] 7\n[ok, 1.2 s]"
    )


def test_a_long_output_keeps_its_head_and_tail_and_says_what_is_missing() -> None:
    text = "\n".join(f"line {number}" for number in range(100_000))
    words = told(seen(Stream(text)))
    assert words.startswith("line 0\nline 1\n")
    assert "line 99999\n[ok, 1.2 s]" in words
    assert "characters left out here; the cell shows all of them" in words
    assert len(words) < 12_500
    with pytest.raises(SyntaxError):
        compile(words[words.index("⟦") :], "cell", "exec")


def test_cut_counts_what_it_leaves_out() -> None:
    assert cut("x" * 100, 100) == "x" * 100
    words = cut("a" * 600 + "b" * 400 + "c" * 300, 900)
    assert words.startswith("a" * 600 + "\n⟦ 400 characters")
    assert words.endswith("⟧\n" + "c" * 300)


def test_many_pieces_of_one_stream_share_one_budget() -> None:
    pieces = [Stream(f"{number:04}\n") for number in range(2_000)]
    assert told(seen(*pieces)) == "".join(p.text for p in pieces) + "[ok, 1.2 s]"


def test_many_outputs_together_stay_within_the_budget() -> None:
    outputs = [Result({"text/plain": "x" * 5_000}) for _ in range(50)]
    assert len(told(seen(*outputs))) < 15_000


def test_colours_are_left_out_even_where_the_text_is_cut() -> None:
    assert told(seen(Stream("\x1b[1;31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x07"))) == (
        "red link\n[ok, 1.2 s]"
    )
    words = told(seen(Stream("\x1b[38;5;208mx\x1b[0m" * 20_000)))
    assert "\x1b" not in words
    assert "[0m" not in words
    assert "[38" not in words


def test_a_progress_bar_is_told_as_it_stands_in_the_end() -> None:
    bar = "\r".join(f"{percent}%" for percent in range(101))
    assert told(seen(Stream(f"{bar}\ndone\r\n", "stderr"))) == ("[stderr]\n100%\ndone\n[ok, 1.2 s]")
    assert progress("a\rb\r") == "b"


def test_a_progress_bar_that_came_in_pieces_is_one() -> None:
    assert told(seen(Stream("1%\r"), Stream("50%\r"), Stream("100%\n"))) == "100%\n[ok, 1.2 s]"


def test_what_utf8_cannot_carry_is_made_visible() -> None:
    assert told(seen(Stream("a\ud800b\x00c\x07"))) == "a\\ud800b\\x00c\\x07\n[ok, 1.2 s]"


def test_a_traceback_is_trimmed_to_the_frames_of_the_person() -> None:
    frames = [
        "\x1b[31m" + "-" * 75 + "\x1b[39m",
        "KeyError                                  Traceback (most recent call last)",
        "Cell In[3], line 1\n----> 1 df['no']",
        "File /home/me/project/mine.py:3, in load(name)\n      2 def load(name):\n----> 3     x",
        "File /venv/lib/python3.11/site-packages/pandas/core/frame.py:4102, in get\n   4100 deep",
        "File C:\\Python311\\Lib\\json\\decoder.py:10, in inner\n   10 deeper",
        "File /venv/lib/python3.11/site-packages/pandas/core/base.py:3812, in loc\n   3810 inmost",
        "KeyError: 'no'",
    ]
    assert trimmed(Error("KeyError", "'no'", tuple(frames))) == "\n".join(
        [
            frames[1],
            frames[2],
            frames[3],
            "File /venv/lib/python3.11/site-packages/pandas/core/base.py:3812, in loc (library)",
            "KeyError: 'no'",
        ]
    )


def test_an_error_without_a_traceback_is_told_by_its_name() -> None:
    assert trimmed(Error("ValueError", "bad")) == "ValueError: bad"
    assert told(seen(Error("ValueError", "bad"))).startswith("[error]\nValueError: bad\n")


def test_an_image_is_a_block_beside_the_text() -> None:
    outputs = (Stream("drawn\n"), Display({"image/png": PNG, "text/plain": "<Figure>"}))
    (result,) = Telling().observation(act("plot()", call="c1"), seen(*outputs))
    source = {"data": PNG, "media_type": "image/png", "type": "base64"}
    assert result["content"] == [
        {"text": "drawn\n[display] <Figure>\n[ok, 1.2 s]", "type": "text"},
        {"source": source, "type": "image"},
    ]


def test_more_images_than_the_limit_and_what_cannot_be_sent_are_named() -> None:
    outputs = [Display({"image/png": PNG, "text/plain": f"figure {n}"}) for n in range(3)]
    (result,) = Telling(images=2).observation(act("1"), seen(*outputs))
    assert [block["type"] for block in result["content"]] == ["text", "image", "image"]
    assert "figure 2 (an image that is shown in the cell only)" in result["content"][0]["text"]

    nothing_fits = Telling(fit_image=lambda mime, data: None)
    assert "shown in the cell only" in told(seen(outputs[0]), nothing_fits)


def test_an_image_is_sent_as_what_it_was_made_fit_to() -> None:
    telling = Telling(fit_image=lambda mime, data: ("image/jpeg", "small"))
    (result,) = telling.observation(act("1"), seen(Display({"image/png": PNG})))
    assert result["content"][1]["source"]["media_type"] == "image/jpeg"
    assert result["content"][1]["source"]["data"] == "small"


def test_a_bundle_without_text_is_named_by_its_kinds() -> None:
    assert told(seen(Display({"text/html": "<p>"}))) == "[display] (text/html)\n[ok, 1.2 s]"
    assert told(seen(Display({}))) == "[display] (nothing)\n[ok, 1.2 s]"


def test_the_change_of_the_namespace_is_told_in_words() -> None:
    frame = Variable("df", "pandas.DataFrame", (12, 3), detail="quarter: str, revenue: float64")
    change = NamespaceChange(
        (frame, Variable("n", "int")), (Variable("x", "list", (4,)),), ("old",)
    )
    assert told(seen(change=change, lost="3 messages were lost")) == (
        "[ok, 1.2 s; new df: pandas.DataFrame 12x3 quarter: str, revenue: float64, n: int; "
        "changed x: list 4; deleted old; 3 messages were lost]"
    )
    assert describe(Variable("a", "numpy.ndarray", ())) == "a: numpy.ndarray"


def test_a_flood_of_names_is_bounded() -> None:
    many = tuple(Variable(f"v{number}", "int") for number in range(1_000))
    words = told(seen(change=NamespaceChange(many, many, tuple(v.name for v in many))))
    assert words.count("and 970 more") == 3
    assert len(words) < 2_000


def test_the_task_comes_after_what_changed() -> None:
    news = News(
        variables=(Variable("df", "DataFrame", (2, 2)),),
        omitted=5,
        deleted=("gone",),
        ran=(Ran("df.head()", "a b\n", count=3), Ran("1/0", "ZeroDivisionError", failed=True)),
        notes=("The kernel was restarted.",),
    )
    since, task = Telling().opening("add up", news)
    assert task == {"text": "add up", "type": "text"}
    for words in (
        "The kernel was restarted.",
        "df: DataFrame 2x2\n(and 5 more)",
        "Names that are gone: gone",
        "The person ran this cell:\ndf.head()\nit printed:\na b",
        "1/0\nit failed with:\nZeroDivisionError",
    ):
        assert words in since["text"]


def test_without_news_there_is_only_the_task() -> None:
    assert Telling().opening("add up", News()) == ({"text": "add up", "type": "text"},)


def test_a_flood_of_news_is_bounded() -> None:
    ran = tuple(Ran("x" * 10_000, "\x1b[1m" + "y" * 100_000) for _ in range(50))
    since, _ = Telling().opening("go", News(ran=ran, deleted=tuple(map(str, range(10_000)))))
    assert len(since["text"]) < 41_000


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_.observations, any_.texts)
def test_no_text_is_ever_empty_or_unsendable(observation: Observation, word: str) -> None:
    for reply in (act("1"), Reply(())):
        for block in Telling().observation(reply, observation, word):
            content = block.get("content", block.get("text", "an image"))
            texts = [content] if isinstance(content, str) else [b.get("text", "x") for b in content]
            for text in texts:
                assert text.strip()
                text.encode("utf-8")
                assert plain(text) == text


@given(any_.texts, any_.texts)
def test_a_task_and_a_mistake_are_sendable(task: str, detail: str) -> None:
    blocks = Telling().opening(task, News())
    blocks += Telling().mistake(Reply(()), Mistake("cut", detail))
    for block in blocks:
        assert block["text"].strip()
        block["text"].encode("utf-8")


def test_keys_are_in_canonical_order() -> None:
    reply = Reply((), calls=("a", "b"))
    for block in Telling().observation(reply, Observation("error")):
        assert list(block) == sorted(block)


def test_an_action_is_equal_to_its_like() -> None:
    assert Action("1", "c") == Action("1", "c")
