"""A run as text in a terminal: what is said, the code, its outputs, and how it stands."""

from __future__ import annotations

import time
from decimal import Decimal

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.text import Text

from ..engine import events
from ..engine.events import Event
from ..engine.telling import trimmed
from ..engine.trajectory import (
    Display,
    Error,
    Output,
    Reply,
    Result,
    RunState,
    Step,
    Stream,
    Usage,
)
from .words import money

MOST_LINES = 40
STATE_STYLES: dict[RunState, str] = {"answered": "green", "limit": "yellow"}


class TerminalView:
    """Shows the events of a run on a console.

    With `outputs` the outputs are printed too; a terminal's own IPython prints them itself.
    """

    def __init__(self, console: Console, *, outputs: bool = True, live: bool | None = None) -> None:
        self._console = console
        self._outputs = outputs
        self._doing = "starting"
        self._typed = ""
        self._steps = 0
        self._usage = Usage()
        self._cost: Decimal | None = Decimal(0)
        self._started = time.monotonic()
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
            self._print(Text(f"task  {event.task}", style="bold"))
        elif isinstance(event, events.QueryStarted):
            self._steps, self._typed = event.step, ""
            self._do("thinking")
        elif isinstance(event, events.Streamed):
            self._typed += event.text
            self._doing = "writing code" if event.part == "code" else "thinking"
        elif isinstance(event, events.Retrying):
            self._typed = ""
            self._print(Text(f"  {event.reason}", style="yellow"))
            self._do(f"waiting {event.seconds:.0f} s before attempt {event.attempt}")
        elif isinstance(event, events.ApprovalAsked):
            self._show_action(event.step)
            self._rest()
        elif isinstance(event, events.StepStarted):
            self._start(event.step)
        elif isinstance(event, events.OutputProduced):
            self._doing = "running"
        elif isinstance(event, events.StepFinished):
            self._finish(event.step)
        elif isinstance(event, events.RunFinished):
            self._end(event)

    def pause(self) -> None:
        """Leave the terminal alone until the next event: somebody types."""
        self._rest()

    def _start(self, step: Step) -> None:
        by_person = step.approval is not None and step.approval.by == "person"
        if not by_person:
            self._show_action(step)
        if self._outputs:
            self._do("running")
        else:
            self._rest()

    def _show_action(self, step: Step) -> None:
        self._count(step.reply)
        self._print(Text(""))
        if step.reply.thought:
            self._print(Padding(Markdown(step.reply.thought), (0, 2)))
        if step.action is not None:
            code = Syntax(
                step.action.code,
                "python",
                theme="ansi_dark",
                background_color="default",
                word_wrap=True,
            )
            self._print(Padding(code, (0, 2, 0, 4)))

    def _finish(self, step: Step) -> None:
        if step.action is None or step.mistake is not None:
            self._show_action(step)
            detail = step.mistake.detail if step.mistake else ""
            self._print(Text(f"  not run: {detail}", style="red"))
            return
        seen = step.observation
        if seen is None:
            return
        if self._outputs:
            for output in seen.outputs:
                self._print(Padding(_output(output), (0, 2, 0, 4)))
        style = "green" if seen.status == "ok" else "red"
        note = f" · {seen.lost}" if seen.lost else ""
        self._print(Text(f"  step {step.number} {seen.status}, {seen.seconds:.1f} s{note}", style))

    def _end(self, event: events.RunFinished) -> None:
        self._rest()
        self._print(Text(""))
        if event.answer is not None:
            self._count(event.answer)
            self._print(Padding(Markdown(event.answer.text), (0, 2)))
        else:
            style = STATE_STYLES.get(event.state, "red")
            self._print(Text(f"  {event.state}: {event.reason}", style=style))

    def _count(self, reply: Reply) -> None:
        self._usage += reply.usage
        if self._cost is not None:
            self._cost = None if reply.cost is None else self._cost + reply.cost

    def _status(self) -> RenderableType:
        seconds = time.monotonic() - self._started
        words = (
            f" step {self._steps} · {self._doing} · {self._usage.total:,} tokens"
            f" · {money(self._cost)} · {seconds:.0f} s"
        )
        typed = Text("\n".join(self._typed.splitlines()[-3:]), style="dim", overflow="ellipsis")
        return Group(Padding(typed, (0, 4)), Spinner("dots", Text(words, style="dim")))

    def _do(self, doing: str) -> None:
        self._doing = doing
        if self._live is not None and not self._live.is_started:
            self._live.start()

    def _rest(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _print(self, *parts: RenderableType) -> None:
        self._console.print(*parts)


def _output(output: Output) -> RenderableType:
    if isinstance(output, Stream):
        style = "red" if output.name == "stderr" else ""
        return Text(_shortened(output.text.rstrip("\n")), style=style)
    if isinstance(output, Error):
        return Text(_shortened(trimmed(output)), style="red")
    return _bundle(output)


def _bundle(output: Display | Result) -> RenderableType:
    text = output.data.get("text/plain") or output.data.get("text/markdown") or ""
    pictures = [mime for mime in output.data if mime.startswith("image/")]
    if pictures:
        return Text(f"[{pictures[0]}] {text}", style="magenta")
    return Text(_shortened(str(text)))


def _shortened(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= MOST_LINES:
        return text
    half = MOST_LINES // 2
    left_out = len(lines) - 2 * half
    return "\n".join([*lines[:half], f"… {left_out} lines more in the notebook …", *lines[-half:]])
