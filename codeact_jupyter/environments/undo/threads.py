"""The threads that a run started and that go on after it: what they do then is nobody's to undo.

Its source is also sent into kernels.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Iterable
from typing import Any

STILL_RUN = (
    "they still run: what they do from the run's end on is not taken back, nor are they ended"
)
MOST_NAMED = 3
# The front ends' own, and those that wait for what an event loop gives them.
OTHERS = frozenset(["codeact_jupyter", "ipykernel", "IPython", "zmq", "anyio", "_pydevd_bundle"])
OF_A_LOOP = "asyncio_"


def running() -> dict[int, threading.Thread]:
    """The threads of now. They are held, so that an identity means one of them."""
    return {id(thread): thread for thread in threading.enumerate()}


def started_since(before: dict[int, threading.Thread]) -> list[threading.Thread]:
    """Those of now that did not run before, but for those of the kernel and of ours."""
    return [
        thread
        for key, thread in running().items()
        if key not in before and not _is_anothers(thread)
    ]


def still_running(threads: Iterable[threading.Thread]) -> dict[str, str]:
    """What to say of those that have not ended: by what they are, why it is not taken back."""
    alive = running()
    names = [_name(thread) for thread in threads if id(thread) in alive]
    if not names:
        return {}
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return {f"threads that the run started ({', '.join(names[:MOST_NAMED])}{more})": STILL_RUN}


def _is_anothers(thread: threading.Thread) -> bool:
    modules = [type(thread).__module__]
    target: Any = vars(thread).get("_target")
    if type(target) is types.MethodType:
        target = target.__func__
    if type(target) is types.FunctionType:
        modules.append(target.__module__)
    parts = {str(module).partition(".")[0] for module in modules}
    return bool(parts & OTHERS) or _name(thread).startswith(OF_A_LOOP)


def _name(thread: threading.Thread) -> str:
    """Its name; no property of a class of the person's is asked."""
    return str(vars(thread).get("_name", "without a name"))
