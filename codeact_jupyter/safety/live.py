"""What is known of the namespace that code will run in, and what binding a name of it amounts to.

Told by the environment before the code runs; what the code binds itself is for names.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .kinds import Finding


@dataclass(frozen=True)
class LiveNames:
    """The names: which are the person's, and what is known of their values.

    `protected` may not be overwritten unasked, `locked` not touched; `bound` are all names.
    """

    protected: frozenset[str]
    bindings: Mapping[str, str]
    texts: Mapping[str, str]
    sources: Mapping[str, str]
    locked: frozenset[str]
    bound: frozenset[str]

    @property
    def guarded(self) -> frozenset[str]:
        """The names that may not be bound anew unasked."""
        return self.protected | self.locked

    def modules(self) -> frozenset[str]:
        """The modules that names lead to, which are imported then; of each the first name."""
        return frozenset(path.partition(".")[0] for path in self.bindings.values())

    def overwritten(self, name: str, *, deleted: bool) -> Finding | None:
        """Judge binding a name anew, or deleting it."""
        verb = "deletes" if deleted else "overwrites"
        if name in self.locked:
            return Finding("locked", f"{verb} {name}, which you locked")
        if name in self.protected:
            return Finding("overwrite-name", f"{verb} your variable {name}")
        return None
