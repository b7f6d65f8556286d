"""Every exception of the package.

    CodeActError                what we raise on purpose; the message says what to do next
    ├── SettingsError           a value given by the person cannot be used (also a ValueError)
    ├── ModelError              the model could not be reached or did not answer properly
    ├── EnvironmentFailure      the place where actions run is missing, dead or unfit
    ├── NotebookError           a notebook file cannot be read or written
    ├── JournalError            the journal of the runs cannot be read or written
    ├── UndoError               a run cannot be taken back, or not be brought back
    └── RunFailed               a run ended in another state than `answered`

The model's own mistakes are not here: they are told to the model as observations.
"""

from __future__ import annotations

from typing import Literal

ModelFault = Literal[
    "authentication",
    "connection",
    "context",
    "overloaded",
    "rate",
    "refusal",
    "request",
    "server",
    "stream",
    "unknown-model",
]


class CodeActError(Exception):
    """Something went wrong that the person can do something about."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in the place of a traceback: the message is made for the person."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(CodeActError, ValueError):
    """A setting, flag or argument has a value that cannot be used."""


class ModelError(CodeActError):
    """The model did not give a reply.

    `fault` names what went wrong; `retryable` says whether the same request may succeed later;
    `retry_after` is the server's own wish in seconds, when it gave one.
    """

    def __init__(
        self,
        message: str,
        *,
        fault: ModelFault,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.retryable = retryable
        self.retry_after = retry_after


class EnvironmentFailure(CodeActError):
    """The environment cannot run actions: no such kernel, a dead one, or not Python."""


class NotebookError(CodeActError):
    """A notebook file is unreadable, invalid or cannot be written."""


class JournalError(CodeActError):
    """The journal is damaged, of a newer version, somebody else's, or cannot be written."""


class UndoError(CodeActError):
    """A run cannot be undone or redone: its checkpoint is not there, or cannot be read."""


class RunFailed(CodeActError):
    """A run ended without an answer; `state` is its last state."""

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message)
        self.state = state
