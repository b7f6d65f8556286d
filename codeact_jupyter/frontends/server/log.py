"""What happened in the runs of one notebook, for those who come later: a log of frames.

Only what still says something is kept: a newer frame of a cell, step or run takes the place of the
one before, and what was typed is void once its step is told whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...notebook.cards import Frame

MOST_RUNS = 50
OF_THE_FILE = ("cell", "removed", "session")
ENDED = ("answered", "stopped", "limit", "failed", "interrupted")


class RunLog:
    """The frames of one run, newest last."""

    def __init__(self) -> None:
        self.last = 0
        self.ended = False
        self._frames: dict[tuple[str, object], Frame] = {}

    def add(self, frame: Frame) -> bool:
        """Take a frame; False when it is known already."""
        if frame["number"] <= self.last:
            return False
        self.last = frame["number"]
        kind = frame["type"]
        self._forget_passing(frame)
        if kind == "run":
            self.ended = frame["state"] in ENDED
        key = (kind, _subject(frame))
        self._frames.pop(key, None)
        self._frames[key] = frame
        return True

    def after(self, number: int) -> Iterator[Frame]:
        """The frames above this number, in order."""
        return (frame for frame in self._frames.values() if frame["number"] > number)

    def saved(self, number: int) -> None:
        """Forget the cells up to this number: the notebook's file holds them."""
        for key, frame in list(self._frames.items()):
            if frame["type"] in OF_THE_FILE and frame["number"] <= number:
                del self._frames[key]

    def forget_cell(self, cell: str) -> None:
        """The person deleted this cell: it is not to come back."""
        self._frames.pop(("cell", cell), None)

    def cells(self) -> list[Frame]:
        """The frames about cells, in order: what is not known to be in the file."""
        return [frame for frame in self._frames.values() if frame["type"] in OF_THE_FILE]

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


def _subject(frame: Frame) -> object:
    """What a frame is about: a later one about the same takes its place."""
    kind = frame["type"]
    if kind == "cell":
        return frame["cell"]["id"]
    if kind == "removed":
        return frame["cell"]
    return frame["number"] if kind == "typed" else frame.get("step", 0)


class NotebookLog:
    """The logs of a notebook's runs, newest last; bounded."""

    def __init__(self) -> None:
        self.runs: dict[str, RunLog] = {}

    def add(self, frame: Frame) -> bool:
        """Take a frame; False when it is known already."""
        run = self.runs.setdefault(frame["run"], RunLog())
        for old in list(self.runs)[:-MOST_RUNS]:
            del self.runs[old]
        return run.add(frame)

    def after(self, seen: Mapping[str, int]) -> list[Frame]:
        """What a follower has not seen, who has seen each run up to these numbers."""
        return [f for name, run in self.runs.items() for f in run.after(seen.get(name, 0))]

    def unsaved(self) -> list[Frame]:
        """What is not known to be in the notebook's file, oldest first."""
        return [frame for run in self.runs.values() for frame in run.cells()]

    def saved(self, seen: Mapping[str, int]) -> None:
        """The notebook was saved with everything up to these numbers in it."""
        for name, number in seen.items():
            if name in self.runs:
                self.runs[name].saved(number)
