"""What the person types for a question whose answer is not shown: `getpass`, in this process.

Seen where the question is asked, and only while it is watched: in a kernel at the kernel that asks
the front end, in a terminal at the module that reads the keys.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Passwords:
    """The passwords typed while this watches; `tell` has them told, also those of before."""

    def __init__(self, shell: InteractiveShell) -> None:
        kernel = getattr(shell, "kernel", None)
        self._owner: Any = getpass if kernel is None else kernel
        self._name = "getpass" if kernel is None else "_input_request"
        self._typed: dict[str, None] = {}
        self._told: Callable[[str], None] = lambda password: None
        self._watcher: Any = None
        self._own: Any = None

    def tell(self, told: Callable[[str], None]) -> None:
        """Call this with each password, from the first on."""
        self._told = told
        for password in self._typed:
            told(password)

    def watch(self) -> None:
        """Begin to look."""
        if self._watcher is None and hasattr(self._owner, self._name):
            self._own = vars(self._owner).get(self._name)
            self._watcher = self._watching(getattr(self._owner, self._name))
            setattr(self._owner, self._name, self._watcher)

    def unwatch(self) -> None:
        """Look no more; what somebody put around this in turn stays."""
        watcher, self._watcher = self._watcher, None
        if watcher is None or vars(self._owner).get(self._name) is not watcher:
            return
        if self._own is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._own)

    def _watching(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        always = self._owner is getpass

        def asked(*arguments: Any, **options: Any) -> Any:
            answer = ask(*arguments, **options)
            hidden = always or options.get("password") or arguments[3:4] == (True,)
            if hidden and isinstance(answer, str) and answer:
                self._typed[answer] = None
                self._told(answer)
            return answer

        return asked
