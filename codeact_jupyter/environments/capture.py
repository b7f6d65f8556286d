"""Sees what a cell produces in this process, while it goes where it always goes.

Works in any IPython shell: a terminal's, ipykernel's, Colab's. It wraps, on the instances and for
the time of one cell, the four doors that output leaves by: the two streams' `write`, the display
publisher, the display hook and the traceback. Nothing of IPython's classes is touched.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ..engine.environment import Cleared, OnOutput, Produced, Updated
from ..engine.telling import trimmed
from ..engine.trajectory import Display, Error, MimeBundle, Result, Stream
from .forks import forks
from .hiding import hidden
from .outputs import clean, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell


KEY = "codeact"  # marks what a display under a magic's cell really was


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
        self._forks = forks()
        self._muted = 0
        self._clear_next = False
        self._doors = ExitStack()

    def __enter__(self) -> Capture:
        for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
            if stream is not None:
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

    @contextmanager
    def _muting(self) -> Iterator[None]:
        """Let what is written now pass unseen: it was told already, as a richer output."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def _tell(self, output: Produced) -> None:
        """Tell of an output, except in a forked worker, where nobody listens and locks may hang."""
        if forks() == self._forks:
            self._on_output(output)

    def _before_output(self) -> None:
        self._earlier()
        if self._clear_next and self._inside is not None:
            self._clear_next = False
            with self._muting():
                self._inside()

    def _writer(self, name: str, write: Callable[[str], Any]) -> Callable[[str], Any]:
        def wrapper(text: str) -> Any:
            if not isinstance(text, str):
                return write(text)  # the stream's own error
            text = hidden(encodable(text), self._secrets)
            if text and not self._muted:
                self._before_output()
                self._tell(Stream(text, "stderr" if name == "stderr" else "stdout"))
            return write(text)

        return wrapper

    def _publisher(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(data: Any, metadata: Any = None, *args: Any, **options: Any) -> Any:
            data = hidden(encodable(data), self._secrets)
            if not self._muted:
                self._before_output()
                display_id = str((options.get("transient") or {}).get("display_id") or "")
                shown = Display(clean(data), clean_metadata(metadata), display_id)
                update = options.get("update")
                self._tell(Updated(shown, display_id) if update else shown)
            with self._muting():
                return publish(data, metadata, *args, **options)

        return wrapper

    def _clearer(self, clear: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(wait: bool = False) -> Any:
            if self._muted or _in_output_widget():
                return clear(wait)
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
            data = hidden(encodable(data), self._secrets)
            count = self._shell.displayhook.prompt_count if self._inside is None else None
            result = Result(clean(data), clean_metadata(metadata), count)
            self._tell(result)
            with self._muting():
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
            with self._muting():
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


def clean_metadata(metadata: Any) -> dict[str, Any]:
    """Display metadata as plain JSON; what is not JSON is put in words."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(metadata or {}), default=str))
    return plain


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<the message of this {type(error).__name__} cannot be shown>"
