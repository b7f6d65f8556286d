"""Sees what a cell produces in this process, while it goes where it always goes.

Works in any IPython shell: a terminal's, ipykernel's, Colab's. It wraps, on the instances and for
the time of one cell, the four doors that output leaves by: the two streams' `write`, the display
publisher, the display hook and the traceback. Nothing of IPython's classes is touched.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ..engine.environment import Cleared, OnOutput, Produced, Updated
from ..engine.telling import trimmed
from ..engine.trajectory import Display, Error, MimeBundle, Result, Stream
from .forks import forks
from .hiding import Sieve, hidden
from .outputs import clean, clean_metadata, encodable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


KEY = "codeact"  # marks what a display under a magic's cell really was


class _Muted(threading.local):
    """A context in which what this thread writes passes unseen: it was told already."""

    times = 0

    def __enter__(self) -> None:
        self.times += 1

    def __exit__(self, *exc: object) -> None:
        self.times -= 1


class Capture:
    """A context in which everything that `shell` produces is also told to `on_output`.

    With `inside` another cell's output: values are shown without an `Out[n]` number, and clearing
    is left to `inside`, which knows what must stay: it is called when the clearing takes effect.
    `earlier` is called before each output: what came earlier by another way is told by then.
    `secrets` are hidden where they are shown: who runs the cell did not ask for them.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        on_output: OnOutput,
        *,
        inside: Callable[[], None] | None = None,
        earlier: Callable[[], object] = lambda: None,
        secrets: Sequence[str] = (),
    ) -> None:
        self._shell = shell
        self._on_output = on_output
        self._inside = inside
        self._earlier = earlier
        self._secrets = secrets
        self._sieve = Sieve(secrets)
        self._waits_in: tuple[str, Callable[[str], Any]] = ("stdout", lambda text: None)
        self._lock = threading.RLock()  # of the text that waits
        self._forks = forks()
        self._muted = _Muted()
        self._clear_next = False
        self._doors = ExitStack()

    def __enter__(self) -> Capture:
        for name, stream in (("stderr", sys.stderr), ("stdout", sys.stdout)):
            if stream is not None:  # stdout comes last: where both are one, it is that one
                self._replace(stream, "write", self._writer(name, stream.write))
        publisher, hook = self._shell.display_pub, self._shell.displayhook
        self._publish = publisher.publish
        self._replace(publisher, "publish", self._publisher(publisher.publish))
        self._replace(publisher, "clear_output", self._clearer(publisher.clear_output))
        self._replace(hook, "write_format_data", self._result_writer(hook.write_format_data))
        if self._inside is not None:
            self._replace(hook, "write_output_prompt", lambda: None)
        self._replace(
            self._shell, "_showtraceback", self._traceback_shower(self._shell._showtraceback)
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._let_go()
        self._doors.close()

    def _replace(self, owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
        own = vars(owner).get(name)
        setattr(owner, name, wrapper)

        def restore() -> None:
            if vars(owner).get(name) is not wrapper:
                return  # somebody wrapped it in turn: theirs stays
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._doors.callback(restore)

    @property
    def _shows_itself(self) -> bool:
        """Whether values and errors go out as plain displays: in a kernel, inside another cell."""
        return self._inside is not None and hasattr(self._shell, "kernel")

    def _tell(self, output: Produced) -> None:
        """Tell of an output, except in a forked worker, where nobody listens and locks may hang."""
        if forks() == self._forks:
            self._on_output(output)

    def _before_output(self) -> None:
        self._let_go()
        self._begin_output()

    def _begin_output(self) -> None:
        self._earlier()
        if self._clear_next and self._inside is not None:
            self._clear_next = False
            with self._muted:
                self._inside()

    def _writer(self, name: str, write: Callable[[str], Any]) -> Callable[[str], Any]:
        def wrapper(text: str) -> Any:
            if not isinstance(text, str):
                return write(text)  # the stream's own error
            text = encodable(text)
            if not self._secrets or self._muted.times or forks() != self._forks:
                return self._pass_on(name, write, hidden(text, self._secrets))
            with self._lock:
                if self._waits_in != (name, write):
                    self._let_go()
                    self._waits_in = name, write
                self._pass_on(name, write, self._sieve.through(text))
            return len(text)

        return wrapper

    def _let_go(self) -> None:
        """Have what waits written: nothing that follows can make a secret of it."""
        if forks() != self._forks:
            return
        with self._lock:
            if rest := self._sieve.rest():
                self._pass_on(*self._waits_in, rest)

    def _pass_on(self, name: str, write: Callable[[str], Any], text: str) -> Any:
        """Tell a text, and write it where it goes."""
        if text and not self._muted.times:
            self._begin_output()
            self._tell(Stream(text, "stderr" if name == "stderr" else "stdout"))
        with self._muted:  # it may write to the other stream
            return write(text)

    def _harmless(self, value: Any) -> Any:
        """What is to be shown without what cannot be sent and what may not be seen."""
        return hidden(encodable(value), self._secrets)

    def _publisher(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(data: Any, metadata: Any = None, *args: Any, **options: Any) -> Any:
            data, metadata = self._harmless(data), self._harmless(metadata)
            if not self._muted.times:
                display_id = str((options.get("transient") or {}).get("display_id") or "")
                shown = Display(clean(data), clean_metadata(metadata), display_id)
                if options.get("update"):  # a clearing that waits goes on waiting
                    self._let_go()
                    self._earlier()
                    self._tell(Updated(shown, display_id))
                else:
                    self._before_output()
                    self._tell(shown)
            with self._muted:
                return publish(data, metadata, *args, **options)

        return wrapper

    def _clearer(self, clear: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(wait: bool = False) -> Any:
            if self._muted.times or _in_output_widget():
                return clear(wait)
            self._let_go()
            self._tell(Cleared(wait))
            if self._inside is None:
                return clear(wait)
            self._clear_next = True
            if not wait:
                self._before_output()
            return None

        return wrapper

    def _result_writer(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(data: Any, metadata: Any = None) -> Any:
            self._before_output()
            data, metadata = self._harmless(data), self._harmless(metadata)
            count = self._shell.displayhook.prompt_count if self._inside is None else None
            result = Result(clean(data), clean_metadata(metadata), count)
            self._tell(result)
            with self._muted:
                if self._shows_itself:  # shown, but not as Out[n]
                    return self._publish(*as_display(result))
                return write(data, metadata)

        return wrapper

    def _traceback_shower(self, show: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(etype: type, evalue: BaseException, stb: Any) -> Any:
            self._before_output()
            lines = stb.splitlines() if isinstance(stb, str) else [str(line) for line in stb]
            lines = [encodable(line) for line in lines]
            error = Error(etype.__name__, encodable(_text(evalue)), tuple(lines))
            error = hidden(error, self._secrets)
            self._tell(error)
            with self._muted:
                if not self._shows_itself:
                    return show(etype, evalue, hidden(stb, self._secrets))
                return self._publish(*as_display(error))

        return wrapper


def as_display(output: Result | Error) -> tuple[MimeBundle, dict[str, Any]]:
    """A value or an error as what a plain display shows, marked with what it was.

    An `error` would not do: the cell that it is shown in has not failed by it, and papermill, for
    one, takes any cell with an error in it for a failed one. Of a library's frames only the last
    is shown, by its place; the mark holds all of them.
    """
    if isinstance(output, Result):
        return output.data, {**output.metadata, KEY: {"output": "result"}}
    lines = list(output.traceback)
    mark = {"ename": output.ename, "evalue": output.evalue, "output": "error"}
    shown = trimmed(output, colours=True)
    return {"text/plain": shown}, {KEY: {**mark, "traceback": lines}}


def _in_output_widget() -> bool:
    """Whether an Output widget takes the outputs now: what is cleared then is its own."""
    widgets = sys.modules.get("ipywidgets.widgets.widget")
    alive = list(getattr(widgets, "_instances", {}).values())
    return any(type(each).__name__ == "Output" and each.msg_id for each in alive)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<the message of this {type(error).__name__} cannot be shown>"
