"""Who follows which notebook, and what they are told: frames, and which of them leads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ...engine.trajectory import RunState
from ...notebook.cards import Frame
from ...notebook.frames import broken_off
from .log import NotebookLog

A_MOMENT = 3.0  # seconds; under load the kernel's messages come that much later by one way


class Follower(Protocol):
    """One socket of a front end."""

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send a message; never raises for a socket that has gone."""


class Hub:
    """The logs of all notebooks, by path, and their followers.

    In a document that several clients share, one of them leads: only it puts cells in, the others
    get them by the document itself. It is the one that came first of those who are there.
    """

    def __init__(self) -> None:
        self._logs: dict[str, NotebookLog] = {}
        self._followers: dict[str, dict[Follower, bool]] = {}
        self._queues: dict[str, list[str]] = {}
        self._rebuilding: dict[str, tuple[int, int]] = {}

    def log(self, path: str) -> NotebookLog:
        """The log of a notebook."""
        return self._logs.setdefault(path, NotebookLog())

    @property
    def paths(self) -> set[str]:
        """The notebooks of which something is kept, and those that are followed."""
        return {*self._logs, *self._followers}

    def runs_of(self, teller: str) -> list[tuple[str, str]]:
        """The notebooks and runs that this kernel tells of."""
        logs = self._logs.items()
        return [
            (path, run)
            for path, log in logs
            for run, its in log.runs.items()
            if its.teller == teller
        ]

    def told_run(self, path: str) -> str:
        """The run of a magic that goes on in this notebook; empty when none does."""
        runs = self.log(path).runs.items()
        return next((run for run, its in runs if its.teller and its.state and not its.ended), "")

    async def told_run_after_a_moment(self, path: str) -> str:
        """`told_run`; of one that goes on, whether its end comes yet.

        A page hears of it by its own connection to the kernel, often before we do by ours.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + A_MOMENT
        while (run := self.told_run(path)) and clock() < deadline:
            await asyncio.sleep(0.02)
        return run

    def is_followed(self, path: str) -> bool:
        """Whether a front end has this notebook open."""
        return bool(self._followers.get(path))

    def publish(self, path: str, frame: Frame, teller: str = "") -> None:
        """Keep a frame, and tell it to who follows; one that is known is dropped.

        `teller` is the kernel whose run it is of; empty for our own runs, which no kernel can tell.
        """
        if self.log(path).add(frame, teller):
            for follower in tuple(self._followers.get(path, ())):
                self._tell(follower, path, frame)

    def publish_all(self, path: str, frames: Iterable[Frame]) -> None:
        """Publish frames of a run of ours, in order."""
        for frame in frames:
            self.publish(path, frame)

    def queued(self, path: str, tasks: Sequence[str]) -> None:
        """Tell which tasks wait behind the run that goes on."""
        self._queues[path] = list(tasks)
        for follower in tuple(self._followers.get(path, ())):
            follower.tell(self._queue(path))

    def rebuilds(self, path: str, cell: int, of: int) -> None:
        """Tell which cell of how many is run again in the notebook's kernel."""
        self._rebuilding[path] = (cell, of)
        for follower in tuple(self._followers.get(path, ())):
            self._tell_rebuilding(path, follower)

    def rebuilt(self, path: str, found: Mapping[str, Any] | None) -> None:
        """Tell that no cell is run again any more, and what came of it, where that is known."""
        self._rebuilding.pop(path, None)
        for follower in tuple(self._followers.get(path, ())):
            follower.tell({"type": "rebuilt", "path": path, "found": found})

    def end(self, path: str, run: str, state: RunState, reason: str) -> None:
        """Tell that a run ended which cannot tell it itself; nothing for one that told its end."""
        log = self.log(path).runs.get(run)
        if log is None or log.ended or log.state is None:
            return
        frames = broken_off(log.state, log.steps, ended=state, reason=reason, last=log.last)
        for frame in frames:
            self.publish(path, frame, log.teller)

    def follow(
        self,
        path: str,
        follower: Follower,
        *,
        shared: bool,
        seen: Mapping[str, int],
        lacks: bool = False,
    ) -> None:
        """Begin to tell a follower what happens, from what it has not seen on.

        One that `lacks` also the cells that are in the file by now has had the notebook open all
        the time, or loaded it before they came there.
        """
        followers = self._followers.setdefault(path, {})
        if followers.get(follower, shared) != shared:  # in another role it comes anew
            self.leave(path, follower)
        followers[follower] = shared
        lead = not shared or self._leader(path) is follower
        runs = list(self.log(path).runs)
        follower.tell({"type": "following", "path": path, "lead": lead, "runs": runs})
        for frame in self.log(path).after(seen, saved_too=lacks):
            self._tell(follower, path, frame)
        follower.tell(self._queue(path))
        self._tell_rebuilding(path, follower)

    def leave(self, path: str, follower: Follower) -> None:
        """Tell a follower no more; the lead goes to the next."""
        followers = self._followers.get(path, {})
        led = self._leader(path) is follower
        followers.pop(follower, None)
        leader = self._leader(path)
        if led and leader is not None:
            leader.tell({"type": "lead", "path": path, "lead": True})

    def leave_all(self, follower: Follower) -> list[str]:
        """A socket was closed; gives what it followed."""
        followed = [path for path, those in self._followers.items() if follower in those]
        for path in followed:
            self.leave(path, follower)
        return followed

    def forget(self, path: str) -> None:
        """The notebook is no more. Who has it open still follows: it may be saved anew."""
        if self._queues.get(path):
            self.queued(path, ())
        for kept in (self._logs, self._queues, self._rebuilding):
            kept.pop(path, None)

    def move(self, old: str, new: str) -> None:
        """A notebook was renamed: its log goes with it, and who has it open."""
        if old in self._logs:
            self._logs[new] = self._logs.pop(old)
        if old in self._queues:
            self._queues[new] = self._queues.pop(old)
        if old in self._rebuilding:
            self._rebuilding[new] = self._rebuilding.pop(old)
        if old in self._followers:
            self._followers[new] = {**self._followers.pop(old), **self._followers.get(new, {})}

    def _queue(self, path: str) -> dict[str, Any]:
        return {"type": "queue", "path": path, "tasks": self._queues.get(path, [])}

    def _tell_rebuilding(self, path: str, follower: Follower) -> None:
        if path in self._rebuilding:
            cell, of = self._rebuilding[path]
            follower.tell({"type": "rebuilding", "path": path, "cell": cell, "of": of})

    def _tell(self, follower: Follower, path: str, frame: Frame) -> None:
        hosted = not self.log(path).runs[frame["run"]].teller
        follower.tell({"type": "frame", "path": path, "frame": frame, "hosted": hosted})

    def _leader(self, path: str) -> Follower | None:
        shared = (who for who, is_shared in self._followers.get(path, {}).items() if is_shared)
        return next(shared, None)
