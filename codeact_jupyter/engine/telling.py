"""The words in which a model is told what happened.

Each function makes blocks that are sent once and kept as sent (`Turn.told`, `Step.told`): later
versions may word things differently without changing a conversation that has begun.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .environment import News, Ran
from .trajectory import (
    Block,
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

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
NAMES_TOLD = 30
SECONDS_TOLD = 0.1
UPDATED = "[a display of an earlier action now shows] "
IN_LIBRARY = " (library)"
BYTES_TOLD = 1_000_000
ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LIBRARY = re.compile(
    r"[/\\](site-packages|dist-packages|lib[/\\]python3|python3\d*[/\\]lib[/\\])|<frozen ", re.I
)

# Makes an image fit for a model: (mime, base64) -> the same, smaller; None when it cannot be sent.
FitImage = Callable[[str, str], "tuple[str, str] | None"]


@dataclass(frozen=True)
class Telling:
    """How much of an observation is told, in characters, and how its images are made to fit."""

    characters: int = 12_000
    images: int = 4
    fit_image: FitImage = lambda mime, data: (mime, data) if len(data) < 4_000_000 else None

    def observation(
        self, reply: Reply, seen: Observation, word: str = "", *, outside: bool = False
    ) -> tuple[Block, ...]:
        """What came of the action that `reply` asked for; `word` is the person's, if any.

        With `outside` it may hold data of others: what came is marked as data.
        """
        outputs = _joined(seen.outputs)
        budget = max(400, self.characters // max(1, len(outputs)))
        images: list[Block] = []
        parts: list[str] = []
        for output in outputs:
            text, image = self._output(output, budget, len(images))
            images += [image] if image else []
            parts += [text] if text else []
        for display in seen.updated:
            text, image = self._bundle(display, budget, len(images), UPDATED)
            images += [image] if image else []
            parts.append(text)
        parts.append(_footer(seen))
        text = cut(plain("\n".join(parts)), self.characters + 2_000)
        text = within("from_outside", text) if outside else text
        text = f"[the person says: {cut(plain(word), self.characters)}]\n{text}" if word else text
        return _results(reply, text, images, failed=seen.status != "ok")

    def mistake(self, reply: Reply, mistake: Mistake) -> tuple[Block, ...]:
        """That `reply` could not be acted on, and why."""
        return _results(reply, plain(f"[not run: {mistake.detail}]"), [], failed=True)

    def opening(
        self, task: str, news: News, images: Sequence[tuple[str, str]] = ()
    ) -> tuple[Block, ...]:
        """The task, after what changed since the model last looked; `images` are MIME and base64.

        Raises ValueError, with the number of the image, for one that cannot be made to fit.
        """
        notes = [*news.notes]
        if news.variables:
            more = f"\n(and {news.omitted} more)" if news.omitted else ""
            names = "\n".join(describe(variable) for variable in news.variables)
            notes.append(f"Variables in the namespace, new or changed:\n{names}{more}")
        if news.deleted:
            notes.append("Names that are gone: " + _listed(news.deleted))
        notes += [_ran(cell) for cell in news.ran]
        parts = [within("since_you_last_looked", _block(notes))] if notes else []
        texts = (plain(text) for text in (*parts, task))
        said = tuple({"text": text, "type": "text"} for text in texts if text.strip())
        return (*said, *(self._given(each, n) for n, each in enumerate(images, 1)))

    def _given(self, image: tuple[str, str], number: int) -> Block:
        fitting = self.fit_image(*image)
        if fitting is None:
            raise ValueError(f"image {number} of the task cannot be read as {image[0]!r}")
        return _image(fitting)

    def _output(self, output: Output, budget: int, images: int) -> tuple[str, Block | None]:
        if isinstance(output, Stream):
            label = "[stderr]\n" if output.name == "stderr" else ""
            return label + cut(plain(progress(output.text)).rstrip("\n"), budget), None
        if isinstance(output, Error):
            return "[error]\n" + cut(trimmed(output), 4_000), None
        label = "[value] " if output.kind == "result" else "[display] "
        return self._bundle(output, budget, images, label)

    def _bundle(
        self, output: Display | Result, budget: int, images: int, label: str
    ) -> tuple[str, Block | None]:
        text = cut(plain(_text_of(output.data)), budget)
        for mime in IMAGES:
            if isinstance(data := output.data.get(mime), str):
                fitting = self.fit_image(mime, data) if images < self.images else None
                if fitting is None:
                    return f"{label}{text} (an image that is shown in the cell only)", None
                return label + text, _image(fitting)
        return label + text, None


def within(mark: str, text: str) -> str:
    """`text` between two marks, of which nothing in it can be the end."""
    ends = re.compile(rf"<(?=\s*/\s*{mark})", re.IGNORECASE)
    return f"<{mark}>\n{ends.sub('&lt;', text)}\n</{mark}>"


def describe(variable: Variable) -> str:
    """A variable in one line: `df: pandas.DataFrame 12x3 quarter: str, revenue: float64`."""
    shape = "x".join(str(length) for length in variable.shape) if variable.shape else ""
    big = variable.size is not None and variable.size >= BYTES_TOLD
    size = f"({(variable.size or 0) / 1e6:,.0f} MB)" if big else ""
    parts = (f"{variable.name}: {variable.type}", shape, size, variable.detail)
    return " ".join(filter(None, parts))


def cut(text: str, budget: int) -> str:
    """`text` with its middle left out when it is longer than `budget` characters."""
    if len(text) <= budget:
        return text
    head, tail = text[: budget * 2 // 3], text[-(budget // 3) :]
    left_out = len(text) - len(head) - len(tail)
    return (
        f"{head}\n⟦ {left_out:,} characters left out here; the cell shows all of them. "
        f"To read more, run code that prints just the part you need. ⟧\n{tail}"
    )


def plain(text: str) -> str:
    """`text` without terminal colours; controls and what UTF-8 cannot carry are made visible."""
    text = ANSI.sub("", text) if "\x1b" in text else text
    text = CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def progress(text: str) -> str:
    """`text` as a terminal would leave it: of a line rewritten with `\\r`, its last state."""
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)


def trimmed(error: Error, *, colours: bool = False) -> str:
    """A traceback's frames in the person's and the model's code, and where the library ended."""
    chunks = [
        chunk.strip("\n") if colours else plain(chunk).strip("\n") for chunk in error.traceback
    ]
    if len(chunks) < 3:
        return "\n".join(chunks) or f"{error.ename}: {error.evalue}"
    kept: list[str] = []
    for chunk in chunks[1:-1]:
        first = plain(chunk).partition("\n")[0]
        if set(first) <= {"-"}:
            continue
        if first.startswith("File ") and LIBRARY.search(first):
            if kept and kept[-1].endswith(IN_LIBRARY):
                kept.pop()
            kept.append(chunk.partition("\n")[0] + IN_LIBRARY)
        else:
            kept.append(chunk)
    return "\n".join([*kept, chunks[-1]])


def _joined(outputs: Iterable[Output]) -> list[Output]:
    """Outputs with neighbouring text of one stream put together."""
    joined: list[Output] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if isinstance(output, Stream) and isinstance(last, Stream) and last.name == output.name:
            joined[-1] = Stream(last.text + output.text, output.name)
        else:
            joined.append(output)
    return joined


def _text_of(data: dict[str, object]) -> str:
    for mime in ("text/plain", "text/markdown", "text/latex"):
        if isinstance(text := data.get(mime), str):
            return text
    return f"({', '.join(sorted(data)) or 'nothing'})"


def _footer(seen: Observation) -> str:
    by_the_person = seen.status == "interrupted" and not seen.lost
    status = f"{seen.status} by the person" if by_the_person else seen.status
    took = f", {seen.seconds:.1f} s" if seen.seconds >= SECONDS_TOLD else ""
    facts = [f"{status}{took}", *_changes(seen.change)]
    if seen.lost:
        facts.append(seen.lost)
    if seen.unforeseen:
        facts.append(seen.unforeseen)
    return f"[{'; '.join(facts)}]"


def _changes(change: NamespaceChange) -> list[str]:
    changes = (
        ("new", [describe(variable) for variable in change.added]),
        ("changed", [describe(variable) for variable in change.changed]),
        ("deleted", list(change.deleted)),
    )
    return [f"{label} {_listed(names)}" for label, names in changes if names]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_TOLD
    return ", ".join([*names[:NAMES_TOLD], *[f"and {more} more"] * (more > 0)])


def _ran(cell: Ran) -> str:
    ended = "it failed with:" if cell.failed else "it printed:"
    output = f"\n{ended}\n{cut(plain(progress(cell.output)), 4_000)}" if cell.output else ""
    return f"The person ran this cell:\n{cut(plain(cell.code), 4_000)}{output}"


def _block(notes: list[str]) -> str:
    return cut(plain("\n\n".join(notes)), 40_000)


def _image(fitting: tuple[str, str]) -> Block:
    source = {"data": fitting[1], "media_type": fitting[0], "type": "base64"}
    return {"source": source, "type": "image"}


def _results(reply: Reply, text: str, images: list[Block], *, failed: bool) -> tuple[Block, ...]:
    """The blocks that answer all calls of a reply, or plain ones where there was no call."""
    body: Block = {"text": text, "type": "text"}
    if not reply.calls:
        return (body, *images)
    first: Block = {
        "content": [body, *images] if images else text,
        "tool_use_id": reply.calls[0],
        "type": "tool_result",
    }
    if failed:
        first["is_error"] = True
    others = (
        {
            "content": "[not run: one action at a time; ask again if it is still needed]",
            "is_error": True,
            "tool_use_id": call,
            "type": "tool_result",
        }
        for call in reply.calls[1:]
    )
    return ({key: first[key] for key in sorted(first)}, *others)
