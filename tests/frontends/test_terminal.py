"""The terminal view: what it prints for each event, and that nothing is cropped or obeyed."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from codeact_jupyter.engine import events
from codeact_jupyter.engine.events import Event
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Error,
    Mistake,
    Observation,
    Output,
    Reply,
    Result,
    Step,
    Stream,
    Usage,
)
from codeact_jupyter.frontends.terminal import TerminalView, legible

SGR = re.compile(r"\x1b\[([\d;]*)m")


def shown(*happened: Event, width: int = 60, **more: Any) -> str:
    """What a console without colours shows of these events."""
    said = io.StringIO()
    show(*happened, on=Console(file=said, width=width), **more)
    return "\n".join(line.rstrip() for line in said.getvalue().splitlines())


def show(*happened: Event, on: Console, **more: Any) -> None:
    with TerminalView(on, **more) as view:
        for event in happened:
            view.show(event)


def finished(*outputs: Output, **more: Any) -> list[Event]:
    reply = Reply((), thought="I look.", usage=Usage(10, 5), cost=Decimal("0.001"))
    step = Step(1, reply, action=Action("f(x)", "a-1-action"))
    seen = Observation(more.pop("status", "ok"), outputs, seconds=0.25, **more)
    done = Step(1, reply, action=step.action, observation=seen)
    return [events.QueryStarted(1), events.StepStarted(step), events.StepFinished(done)]


def test_a_step_is_its_thought_its_code_its_outputs_and_how_it_ended() -> None:
    assert shown(*finished(Stream("printed\n"), Result({"text/plain": "42"}))) == (
        "\nI look.\n\n  f(x)\n\n  printed\n  42\n  step 1 · ok · 0.2 s"
    )


def test_an_error_is_trimmed_and_a_picture_is_named() -> None:
    error = Error(
        "ValueError", "bad", ("----", "Traceback", "Cell In[1]\n--> f(x)", "ValueError: bad")
    )
    picture = Display({"image/png": "aGk=", "text/plain": "<Figure>"})
    text = shown(*finished(picture, error, status="error"))
    assert "[image/png, in the notebook]" in text
    assert "--> f(x)" in text
    assert text.endswith("  ValueError: bad\n  step 1 · error · 0.2 s")


def test_a_mistake_a_refusal_and_a_loss_say_so() -> None:
    mistake = Step(
        2, Reply(()), action=Action("1 +", ""), mistake=Mistake("syntax error", "line 1")
    )
    assert shown(events.StepFinished(mistake)).endswith("  step 2 · not run: line 1")
    refused = shown(*finished(status="rejected", lost="not run: the person said no"))
    assert refused.endswith("step 1 · rejected · 0.2 s · not run: the person said no")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_is_cropped_at_any_width(width: int) -> None:
    words = " ".join(f"word{number}" for number in range(60))
    said = [
        events.RunStarted("a", words, "m"),
        *finished(Stream(words), Result({"text/plain": "x" * 300})),
        events.RunFinished("a", "limit", words),
    ]
    text = shown(*said, width=width)
    assert text.replace("\n", " ").split().count("word59") == 3
    assert text.count("x") >= 300
    assert max(map(len, text.splitlines())) <= width


def test_a_long_output_says_how_much_more_is_in_the_notebook() -> None:
    text = shown(*finished(Stream("".join(f"line {number}\n" for number in range(100)))))
    assert "line 19\n  … 60 lines more in the notebook …\n  line 80" in text


def test_a_long_line_says_how_much_more_is_in_the_notebook() -> None:
    text = shown(*finished(Stream("a" * 1_000_000 + "\n")))
    assert "… 992,000 characters more in the notebook …" in text and text.count("a") < 8_100


def test_retries_and_ends_are_said() -> None:
    text = shown(
        events.Retrying(1, 2, 3.0, "The server is overloaded."),
        events.RunFinished("a", "failed", "It was down."),
    )
    assert text == "  The server is overloaded. Attempt 2 in 3 s.\n\nfailed: It was down."


def test_without_outputs_they_are_left_to_the_shell() -> None:
    assert "printed" not in shown(*finished(Stream("printed")), outputs=False)


def test_a_cost_is_not_shown_before_it_is_known_whether_there_is_one() -> None:
    def last_status(*happened: Event) -> str:
        said = io.StringIO()
        console = Console(file=said, width=80, force_terminal=True)
        with TerminalView(console, live=True) as view:
            for event in happened:
                view.show(event)
            console.print(view._status())
        return said.getvalue()

    begun = last_status(events.QueryStarted(1))
    assert "0 tokens ·" in begun and "$" not in begun and "price" not in begun
    step = Step(1, Reply((), usage=Usage(10, 5), cost=None), action=Action("f(x)", "a-1-action"))
    assert "15 tokens · no known price" in last_status(
        events.QueryStarted(1), events.StepStarted(step)
    )


def test_what_the_shell_could_not_show_is_said_in_a_line() -> None:
    text = shown(*finished(), outputs=False, unseen=lambda: ["[figure 640x480]"])
    assert text.endswith("  [figure 640x480]\n  step 1 · ok · 0.2 s")


def test_words_and_code_have_no_background_and_only_colours_that_can_be_read_anywhere() -> None:
    said = io.StringIO()
    console = Console(file=said, width=60, force_terminal=True, color_system="256")
    words = "# One\n`code` and [a](b)\n\n1. two\n\n| a | b |\n|---|---|\n| `c` | 3 |\n\n> four"
    fence = "\n\n```python\nimport x  # why\nreturn f'a' in 2.5\n```\n\n```\nplain\n```"
    answer = Reply((), text=words + fence)
    finish = events.RunFinished("a", "answered", answer=answer)
    show(*finished(), finish, on=console, live=False)
    used = {code for each in SGR.findall(said.getvalue()) for code in each.split(";")}
    assert "\x1b[35mcode\x1b[0m" in said.getvalue()
    assert used <= {"0", "1", "2", "3", "4", "32", "35", "49", "94"}, used


COMMANDS = {
    "\x1b[31mred\x1b[0m": "\x1b[31mred\x1b[0m",
    "\x1b]52;c;c3RlYWw=\x07x": "x",
    "\x1b]0;title\x1b\\x": "x",
    "\x1b[2J\x1b[Hx": "x",
    "\x9b2Jx\x85": "x",
    "10%\r20%\r100%\n": "100%\n",
    "a\x00b\x08c\x7f": "abc",
    "tab\tline\n": "tab\tline\n",
    "\x1b": "",
}


@pytest.mark.parametrize("text", COMMANDS)
def test_no_output_can_command_the_terminal(text: str) -> None:
    assert legible(text) == COMMANDS[text]


def test_the_kind_of_a_picture_commands_no_terminal_either() -> None:
    picture = Display({"image/\x1b[2Jpng": "AAAA"})
    assert "[image/png, in the notebook]" in shown(*finished(picture))


def test_square_brackets_are_text_and_not_markup() -> None:
    said = [
        events.RunStarted("a", "[bold]x[/nothing]", "m"),
        *finished(Stream("[/red]"), lost="[/]"),
        events.RunFinished("a", "failed", "[/x]"),
    ]
    text = shown(*said)
    assert all(word in text for word in ("[bold]x[/nothing]", "[/red]", "· [/]", "[/x]"))
