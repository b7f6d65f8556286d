"""What happened in the runs of one notebook, for those who come later: a log of frames.

Only what still says something is kept: a newer frame of a cell, step or run takes the place of the
one before, and what was typed is void once its step is told whole. The first frame of a cell stays
along with its newest: it says where the cell belongs, before those that follow it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...notebook.cards import Frame

MOST_RUNS = 50
MOST_RUNS_WHOLE = 3  # whose cells are kept for front ends that were away
OF_THE_FILE = ("cell", "place", "removed", "session")
ENDED = ("answered", "stopped", "limit", "failed", "interrupted")


@dataclass
class Written:
    """What a cell was told to be, so far: enough to know what of it the person changed."""

    sources: set[str] = field(default_factory=set)
    outputs: str = ""
    in_file: bool = False
    saved_typing: bool = False  # when the file was saved, the model was still writing it
    theirs: str | None = None  # the text that the person made of it


class RunLog:
    """The frames of one run, newest last; `teller` is the kernel that tells them, or empty."""

    def __init__(self, teller: str = "") -> None:
        self.teller = teller
        self.last = 0
        self.ended = False
        self.written: dict[str, Written] = {}
        self._deleted: set[str] = set()
        self._saved = 0  # the notebook's file holds the cells up to this number
        self._frames: dict[tuple[str, Any], Frame] = {}

    def add(self, frame: Frame) -> bool:
        """Take a frame; False when it is known already."""
        if frame["number"] <= self.last:
            return False
        self.last = frame["number"]
        kind = frame["type"]
        self._forget_passing(frame)
        if kind == "run":
            self.ended = frame["state"] in ENDED
        if kind == "removed":
            self._forget(frame["cell"])
        if kind != "cell":
            self._put((kind, _subject(frame)), frame)
        elif frame["cell"]["id"] not in self._deleted:
            self._add_cell(frame)
        return True

    @property
    def state(self) -> Frame | None:
        """The newest frame of the run itself."""
        return self._frames.get(("run", 0))

    @property
    def steps(self) -> int:
        """The number of the newest step."""
        return max((int(key[1]) for key in self._frames if key[0] == "step"), default=0)

    def after(self, number: int, *, saved_too: bool = False) -> Iterator[Frame]:
        """The frames above this number, in order; those of the file only where `saved_too`."""
        frames = list(self._frames.items())
        later = ((key, frame) for key, frame in frames if frame["number"] > number)
        return (frame for key, frame in later if saved_too or not self._is_saved(key, frame))

    def saved(self, number: int) -> None:
        """The notebook's file holds the cells up to this number; what was saved before stays so."""
        for frame in self.cells():
            if frame["number"] <= number:
                self._note_saved(frame)
        self._saved = max(self._saved, number)

    def forget_saved(self) -> None:
        """Forget the cells that the file holds: nobody lacks them any more."""
        for key, frame in list(self._frames.items()):
            if self._is_saved(key, frame):
                del self._frames[key]

    def did(self, deed: str, cell: str, source: str = "") -> None:
        """What the person did to a cell: a deleted one stays away, an edited one is theirs."""
        if deed == "deleted":
            self._deleted.add(cell)
            self._forget(cell)
        elif deed == "edited" and cell in self.written:
            self.written[cell].theirs = source

    def cells(self) -> list[Frame]:
        """The frames about cells, in order: what is not known to be in the file."""
        of_file = (frame for key, frame in self._frames.items() if key[0] in OF_THE_FILE)
        return [frame for frame in of_file if frame["number"] > self._saved]

    def _note_saved(self, frame: Frame) -> None:
        if frame["type"] == "cell":
            written = self.written[frame["cell"]["id"]]
            written.in_file, written.outputs = True, digest(frame["cell"])
            written.saved_typing = frame["phase"] == "typing"

    def _is_saved(self, key: tuple[str, Any], frame: Frame) -> bool:
        in_file = key[0] in OF_THE_FILE and frame["number"] <= self._saved
        return in_file and not self._goes_on(frame)

    def _goes_on(self, frame: Frame) -> bool:
        """Whether it is of a cell that is not final: the file does not say that it runs."""
        if frame["type"] != "cell" or self.ended:
            return False
        name = frame["cell"]["id"]
        newest = self._frames.get(("cell", name)) or self._frames.get(("place", name))
        return newest is not None and newest["phase"] != "final"

    def _add_cell(self, frame: Frame) -> None:
        cell = frame["cell"]
        written = self.written.setdefault(cell["id"], Written())
        if not written.sources:
            self._put(("place", cell["id"]), frame)
        else:
            self._put(("cell", cell["id"]), frame)
        written.sources.add(text_of(cell))

    def _put(self, key: tuple[str, Any], frame: Frame) -> None:
        self._frames.pop(key, None)
        self._frames[key] = frame

    def _forget(self, cell: str) -> None:
        for kind in ("place", "cell"):
            self._frames.pop((kind, cell), None)

    def _forget_passing(self, frame: Frame) -> None:
        """Forget what this frame makes void: words of a step that is told, questions answered."""
        kinds: tuple[str, ...] = ()
        if frame["type"] in ("step", "answer"):
            kinds = ("typed", "retrying", "asked", "input")
        elif frame["type"] == "retrying":
            kinds = ("typed", "retrying")
        elif frame["type"] == "run" and not frame["waiting"]:
            kinds = ("asked", "input")
        for key in [key for key in self._frames if key[0] in kinds]:
            del self._frames[key]


class NotebookLog:
    """The logs of a notebook's runs, newest last; bounded."""

    def __init__(self) -> None:
        self.runs: dict[str, RunLog] = {}
        self._written: datetime | None = None

    def add(self, frame: Frame, teller: str = "") -> bool:
        """Take a frame; False when it is known already, or another tells this run."""
        if frame["run"] not in self.runs:
            self._make_room(teller)
        run = self.runs.setdefault(frame["run"], RunLog(teller))
        return run.teller == teller and run.add(frame)

    def after(self, seen: Mapping[str, int], *, saved_too: bool = False) -> list[Frame]:
        """What a follower has not seen, who has seen each run up to these numbers."""
        runs = self.runs.items()
        return [f for name, run in runs for f in run.after(seen.get(name, 0), saved_too=saved_too)]

    def unsaved(self) -> list[Frame]:
        """What is not known to be in the notebook's file, oldest first."""
        return [frame for run in self.runs.values() for frame in run.cells()]

    def saved(self, seen: Mapping[str, int]) -> None:
        """The notebook was saved with everything up to these numbers in it."""
        for name, number in seen.items():
            if name in self.runs:
                self.runs[name].saved(number)

    def written(self, model: Mapping[str, Any]) -> None:
        """We wrote the notebook's file; `model` is what the contents manager says of it then."""
        self._written = _time_of(model.get("last_modified"))

    def was_written_since(self, loaded: object) -> bool:
        """Whether we wrote the file after it was as a page loaded it, by the time that this had."""
        time = _time_of(loaded)
        return self._written is not None and time is not None and time < self._written

    def forget(self, runs: Iterable[str]) -> None:
        """The person took these runs out of the notebook; one that goes on, goes on."""
        for name in [name for name in runs if name in self.runs and self.runs[name].ended]:
            del self.runs[name]

    def _make_room(self, teller: str) -> None:
        """Forget the oldest runs of this teller: what a kernel tells takes nothing of others."""
        its = [name for name, run in self.runs.items() if run.teller == teller]
        for name in its[: -(MOST_RUNS - 1)]:
            del self.runs[name]
        for name in its[: -(MOST_RUNS_WHOLE - 1)]:
            if name in self.runs:
                self.runs[name].forget_saved()


def _time_of(value: object) -> datetime | None:
    """A time of a contents manager's, itself or as JSON; None for what is none, or of no zone."""
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(_iso(str(value)))
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _iso(text: str) -> str:
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text  # Python 3.10 reads no Z


def digest(cell: Mapping[str, Any]) -> str:
    """What a code cell shows, to tell it from something else."""
    shows = [cell.get("outputs") or [], cell.get("execution_count")]
    return hashlib.sha256(json.dumps(shows, sort_keys=True).encode()).hexdigest()


def _subject(frame: Frame) -> Any:
    """What a frame is about: a later one about the same takes its place."""
    kind = frame["type"]
    if kind == "removed":
        return frame["cell"]
    return frame["number"] if kind == "typed" else frame.get("step", 0)


def text_of(cell: Mapping[str, Any]) -> str:
    """The source of a cell, which may be saved in lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
