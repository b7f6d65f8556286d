"""A run as text in a terminal: what is said, the code, its outputs, and how it stands."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.text import Text

from ..engine import events
from ..engine.bill import Bill
from ..engine.events import Event
from ..engine.telling import progress, trimmed
from ..engine.trajectory import (
    Display,
    Error,
    Output,
    Reply,
    Result,
    RunState,
    Step,
    Stream,
)
from ..engine.undoing import lacks
from .colours import CODE, WORDS
from .pictures import picture_line
from .words import money, visible

MOST_LINES = 40
MOST_CHARACTERS = 200 * MOST_LINES
LINES_IN_SIGHT = 3  # of what is being written, above the status line
INDENT = (0, 0, 0, 2)
STATE_STYLES: dict[RunState, str] = {"answered": "green", "limit": "yellow"}
COLOUR = r"\x1b\[[0-9;]*m"
CONTROL = re.compile(
    rf"(?!{COLOUR})(?:\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])?"
    r"|\x9b[0-9;?]*[ -/]*[@-~])|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"
)


class TerminalView:
    """Shows the events of a run on a console.

    With `outputs` the outputs are printed too; a terminal's own IPython prints them itself, and
    `unseen` gives lines on what it could not show.
    """

    def __init__(
        self,
        console: Console,
        *,
        outputs: bool = True,
        live: bool | None = None,
        unseen: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._console = console
        self._outputs = outputs
        self._unseen = unseen
        self._doing = "starting"
        self._typed = ""
        self._steps = 0
        self._bill = Bill()
        self._started = time.monotonic()
        self._paused = False
        animated = console.is_terminal if live is None else live
        self._live = (
            Live(get_renderable=self._status, console=console, transient=True, refresh_per_second=8)
            if animated
            else None
        )

    def __enter__(self) -> TerminalView:
        return self

    def __exit__(self, *exc: object) -> None:
        self._rest()

    def show(self, event: Event) -> None:
        """Take the next event of the run."""
        if isinstance(event, events.RunStarted):
            self._print(Text.assemble(("Task  ", "bold"), legible(event.task)))
        elif isinstance(event, events.QueryStarted):
            self._steps, self._typed = event.step, ""
            self._do("thinking")
        elif isinstance(event, events.Streamed):
            self._stream(event)
        elif isinstance(event, events.Retrying):
            self._typed = ""
            wait = f"Attempt {event.attempt} in {event.seconds:.0f} s."
            self._print(Text(f"  {legible(event.reason)} {wait}", style="yellow"))
            self._do(f"waiting {event.seconds:.0f} s before attempt {event.attempt}")
        elif isinstance(event, events.Wasted):
            self._bill += event.bill
        elif isinstance(event, events.ApprovalAsked):
            self._show_action(event.step)
            self._rest()
        elif isinstance(event, events.StepStarted):
            self._start(event.step)
        elif isinstance(event, events.OutputProduced):
            if isinstance(event.output, Stream):
                self._typed = legible(self._typed + event.output.text)[-4_000:]
        elif isinstance(event, events.StepFinished):
            self._finish(event.step)
        elif isinstance(event, events.UndoLacks):
            self._console.print(Text(legible(lacks(event.gaps)), style="dim"))
        elif isinstance(event, events.RunFinished):
            self._end(event)

    def waiting(self, doing: str) -> None:
        """Say what is being done before the run begins."""
        self._do(doing)

    def pause(self) -> None:
        """Leave the terminal alone until `resume`, or the next event: somebody types."""
        self._rest()
        self._paused = True

    def resume(self) -> None:
        """Nobody types any more."""
        self._paused = False
        if self._outputs:
            self._do(self._doing)

    def _stream(self, event: events.Streamed) -> None:
        doing = {"code": "writing code", "answer": "answering"}.get(event.part, "thinking")
        if doing != self._doing:
            self._typed = ""
        self._typed += legible(event.text)
        self._do(doing)

    def _start(self, step: Step) -> None:
        by_person = step.approval is not None and step.approval.by == "person"
        if not by_person:
            self._show_action(step)
        self._typed = ""
        if self._outputs:
            self._do("running")
        else:
            self._rest()

    def _show_action(self, step: Step) -> None:
        self._count(step.reply)
        self._typed = ""
        self._print(Text(""))
        if step.reply.thought:
            self._print_markdown(step.reply.thought)
        if step.action is not None:
            if step.reply.thought:
                self._print(Text(""))
            code = Syntax(
                visible(step.action.code),
                "python",
                theme=CODE,
                background_color="default",
                word_wrap=True,
            )
            self._print(Padding(code, INDENT))
            self._print(Text(""))

    def _finish(self, step: Step) -> None:
        if step.action is None or step.mistake is not None:
            self._show_action(step)
            detail = step.mistake.detail if step.mistake else ""
            self._print(Text(f"  step {step.number} · not run: {legible(detail)}", style="red"))
            return
        seen = step.observation
        if seen is None:
            return
        self._typed = ""
        approval = step.approval
        if seen.status == "rejected" and approval is not None and approval.by == "policy":
            self._show_action(step)
        if self._outputs:
            for output in seen.outputs:
                self._print(Padding(_output(output), INDENT))
        for line in self._unseen():
            self._print(Padding(Text(line, style="magenta"), INDENT))
        style = "green" if seen.status == "ok" else "red"
        note = f" · {legible(seen.lost)}" if seen.lost else ""
        words = f"  step {step.number} · {seen.status} · {seen.seconds:.1f} s{note}"
        self._print(Text(words, style=style))

    def _end(self, event: events.RunFinished) -> None:
        self._rest()
        self._print(Text(""))
        if event.answer is not None:
            self._count(event.answer)
            self._print_markdown(event.answer.text)
        else:
            style = STATE_STYLES.get(event.state, "red")
            self._print(Text(f"{event.state}: {legible(event.reason)}", style=style))

    def _count(self, reply: Reply) -> None:
        self._bill += Bill(reply.usage, reply.cost)  # what was wasted on it is counted already

    def _status(self) -> RenderableType:
        seconds = time.monotonic() - self._started
        step = f"step {self._steps} · " if self._steps else ""
        tokens = self._bill.usage.total
        cost = f" · {money(self._bill.cost)}" if tokens else ""  # whether it has a price shows then
        words = f" {step}{self._doing} · {tokens:,} tokens{cost} · {seconds:.0f} s"
        line = Text(words, style="dim", no_wrap=True, overflow="ellipsis")
        tail = Text(self._typed[-2_000:].rstrip(), style="dim")
        lines = tail.wrap(self._console, max(10, self._console.width - 2))[-LINES_IN_SIGHT:]
        above = [Padding(Text("\n").join(lines), INDENT)] if tail.plain else []
        return Group(*above, Spinner("dots", line, style="dim"))

    def _do(self, doing: str) -> None:
        self._doing = doing
        if self._live is not None and not self._live.is_started and not self._paused:
            self._live.start()

    def _rest(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _print_markdown(self, text: str) -> None:
        with self._console.use_theme(WORDS):
            self._print(Markdown(legible(text), code_theme=CODE))  # type: ignore[arg-type]

    def _print(self, *parts: RenderableType) -> None:
        self._console.print(*parts)


def legible(text: str) -> str:
    """`text` without what would move the cursor or command the terminal; colours stay."""
    return CONTROL.sub("", progress(text))


def _output(output: Output) -> RenderableType:
    if isinstance(output, Stream):
        text = Text.from_ansi(_shortened(legible(output.text).rstrip("\n")))
        text.style = "red" if output.name == "stderr" else ""
        return text
    if isinstance(output, Error):
        return Text(_shortened(legible(trimmed(output))), style="red")
    return _bundle(output)


def _bundle(output: Display | Result) -> RenderableType:
    text = legible(str(output.data.get("text/plain") or output.data.get("text/markdown") or ""))
    pictures = [mime for mime in output.data if mime.startswith("image/")]
    if pictures:
        line = picture_line(pictures[0], str(output.data[pictures[0]]))
        return Text(legible(line), style="magenta")
    return Text.from_ansi(_shortened(text))


def _shortened(text: str) -> str:
    lines = text.splitlines()
    half = MOST_LINES // 2
    if (left_out := len(lines) - 2 * half) > 0:
        more = f"… {left_out} lines more in the notebook …"
        text = "\n".join([*lines[:half], more, *lines[-half:]])
    half = MOST_CHARACTERS // 2
    if (left_out := len(text) - 2 * half) > 0:  # few lines may be long
        more = f"\n… {left_out:,} characters more in the notebook …\n"
        text = f"{text[:half]}{more}{text[-half:]}"
    return text
