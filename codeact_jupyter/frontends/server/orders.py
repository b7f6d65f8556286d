"""What a front end asks for, read from its JSON: checked at the edge, plain values from here on."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal, get_args

from ...errors import SettingsError
from ...notebook.outputs import is_output, is_text
from ...record.shapes import Kind, Shape
from ...safety.remembered import Entry

Decision = Literal["run", "run-for-run", "run-kind", "edit", "reject"]
OPTIONS = ("model", "approve", "max_steps", "max_tokens", "max_cost", "max_seconds")
CELLS = ("code", "markdown", "raw")
MOST_IMAGES = 10
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """Something of the notebook that the person gave along with a task."""

    title: str
    text: str


@dataclass(frozen=True)
class Image:
    """A picture that the person gave along with a task, base64."""

    mime: str
    data: str


@dataclass(frozen=True)
class Order:
    """A task for the agent in one notebook, with the conversation that the notebook holds."""

    path: str
    kernel: str
    task: str
    after: str = ""
    cells: tuple[Json, ...] = ()
    metadata: Json = field(default_factory=dict)
    context: tuple[Context, ...] = ()
    images: tuple[Image, ...] = ()
    options: Json = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The task, with what was given along."""
        given = [f"<{each.title}>\n{each.text}\n</{each.title}>" for each in self.context]
        return "\n\n".join([self.task, *given])

    @property
    def pictures(self) -> tuple[tuple[str, str], ...]:
        """The images as MIME type and base64."""
        return tuple((image.mime, image.data) for image in self.images)


@dataclass(frozen=True)
class Decided:
    """The person's word on an action that asks; `hash` is of the code that they saw."""

    step: int
    hash: str
    decision: Decision
    code: str = ""
    word: str = ""


@dataclass(frozen=True)
class Reverting:
    """A run to undo, or with `redo` to bring back; before it is `confirmed`, to say what that does.

    With a `step`, from this step of it on. With `overwrite`, also what was changed again since,
    or may be the person's. `shown` is the digest of the preview that
    is confirmed.
    """

    path: str
    kernel: str
    _: KW_ONLY
    confirmed: bool = False
    overwrite: bool = False
    cells: tuple[Json, ...] = ()
    metadata: Json = field(default_factory=dict)
    task: str = ""
    shown: str = ""
    step: int = 0
    redo: bool = False


def order_of(body: Any) -> Order:
    """The order in a request's body; raises SettingsError, naming the field, for what is none."""
    fields = mapping(body, "the body")
    task = _text(fields, "task")
    if not task.strip():
        raise SettingsError("the task is empty; write what to do")
    given = mapping(fields.get("options") or {}, "options")
    options = {name: given.get(name) for name in OPTIONS}
    return Order(
        path=_text(fields, "path"),
        kernel=_text(fields, "kernel"),
        task=task,
        after=_text(fields, "after", ""),
        cells=tuple(_cell(each) for each in _list(fields, "cells")),
        metadata=mapping(fields.get("metadata") or {}, "metadata"),
        context=tuple(
            Context(_title(_text(each, "title", "context")), _text(each, "text"))
            for each in (mapping(each, "a context") for each in _list(fields, "context"))
        ),
        images=tuple(_image(each) for each in _list(fields, "images")[:MOST_IMAGES]),
        options={name: value for name, value in options.items() if value not in (None, "")},
    )


def reverting_of(body: Any) -> Reverting:
    """What an undo or redo asks for; raises SettingsError for what is none."""
    fields = mapping(body, "the body")
    cells, metadata = notebook_of(fields)
    return Reverting(
        _text(fields, "path"),
        _text(fields, "kernel", ""),
        confirmed=fields.get("confirmed") is True,
        overwrite=fields.get("overwrite") is True,
        cells=cells,
        metadata=metadata,
        task=_text(fields, "task", ""),
        shown=_text(fields, "shown", ""),
        redo=fields.get("redo") is True,
        step=step if isinstance(step := fields.get("step"), int) else 0,
    )


def decided_of(body: Any) -> Decided:
    """The answer in a request's body; raises SettingsError for what is none."""
    fields = mapping(body, "the body")
    decision: Any = fields.get("decision")
    if decision not in get_args(Decision):
        raise SettingsError(
            f"decision cannot be {decision!r}; choose one of: {', '.join(get_args(Decision))}"
        )
    step = fields.get("step")
    if not isinstance(step, int):
        raise SettingsError(f"step cannot be {step!r}: it must be a number")
    code, word = _text(fields, "code", ""), _text(fields, "word", "")
    return Decided(step, _text(fields, "hash"), decision, code, word)


def entries_of(body: Any) -> list[Entry]:
    """The remembered approvals that a request's body names; raises SettingsError for none."""
    found = [mapping(each, "an entry") for each in _list(mapping(body, "the body"), "forget")]
    return [
        Entry(_text(each, "notebook"), _text(each, "part"), _text(each, "name"))  # type: ignore[arg-type]
        for each in found
    ]


def notebook_of(body: Any) -> tuple[tuple[Json, ...], Json]:
    """The cells and the `codeact` metadata in a request's body."""
    fields = mapping(body, "the body")
    cells = tuple(_cell(each) for each in _list(fields, "cells"))
    return cells, mapping(fields.get("metadata") or {}, "metadata")


def shape_in(body: Any) -> Shape:
    """How much of a conversation a request asks for."""
    kind = str(mapping(body, "the body").get("shape") or "whole")
    if kind not in get_args(Kind):
        raise SettingsError(f"there is no shape {kind!r}; use one of: {', '.join(get_args(Kind))}")
    return Shape(kind)  # type: ignore[arg-type]


def _cell(value: Any) -> Json:
    """A cell of a notebook, without outputs that nobody could show; raises SettingsError."""
    cell = mapping(value, "a cell")
    mapping(cell.get("metadata") or {}, "a cell's metadata")
    name, source, kind = cell.get("id"), cell.get("source"), cell.get("cell_type")
    if not is_text(source):
        shown = reprlib.repr(source)
        raise SettingsError(
            f"the source of the cell {name!r} cannot be {shown}: it must be a text, or a list of "
            "texts"
        )
    if kind not in CELLS:
        raise SettingsError(
            f"the cell {name!r} cannot be of the type {kind!r}; use one of: {', '.join(CELLS)}"
        )
    outputs = _list(cell, "outputs")
    if all(map(is_output, outputs)):
        return cell
    return {**cell, "outputs": [each for each in outputs if is_output(each)]}


def _image(value: Any) -> Image:
    mime = _text(mapping(value, "an image"), "mime")
    if mime not in IMAGES:
        raise SettingsError(f"an image cannot be {mime!r}; use one of: {', '.join(IMAGES)}")
    return Image(mime, _text(value, "data"))


def _title(text: str) -> str:
    """A title that can stand in angle brackets."""
    return "".join(char if char.isalnum() or char in " _.-[]" else "_" for char in text)[:80]


def mapping(value: Any, name: str) -> Json:
    """A JSON object; raises SettingsError, naming what it was to be, for anything else."""
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} must be an object, not {type(value).__name__}")
    return value


def _list(fields: Json, name: str) -> list[Any]:
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise SettingsError(f"{name} must be a list, not {type(value).__name__}")
    return value


def texts(fields: Json, name: str) -> list[str]:
    """The texts in a list of a request's; none where it names none. Raises SettingsError."""
    found = _list(fields, name)
    for each in found:
        if not isinstance(each, str):
            raise SettingsError(f"{name} cannot hold {each!r}: it must be a list of texts")
    return found


def _text(fields: Json, name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise SettingsError(f"{name} cannot be {value!r}: it must be a text")
    return value
