"""Sandboxed kernels; where they cannot run the tests skip, or fail where they must run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.sandbox.backends import bubblewrap

from .hosting import Host, hosting
from .kernels import Kernel, running, write_spec

Start = Callable[..., Kernel]


def require_bubblewrap() -> None:
    """Skip the test where bubblewrap cannot run; or fail it, where it must."""
    program, why = bubblewrap() if sys.platform == "linux" else ("", "it needs Linux")
    if not program:
        required = os.environ.get("CODEACT_SANDBOX_TESTS") == "required"
        (pytest.fail if required else pytest.skip)(why)


@pytest.fixture(scope="package")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    require_bubblewrap()
    with hosting(tmp_path_factory.mktemp("host")) as host:
        write_spec(host.root / "jupyter", "codeact-sandbox")
        yield host


@pytest.fixture(scope="package")
def sandboxed(host: Host) -> Iterator[Kernel]:
    """One sandboxed kernel for all that leaves it as it was."""
    with running("codeact-sandbox", host.workspace) as kernel:
        yield kernel


@pytest.fixture(scope="package")
def plain(host: Host) -> Iterator[Kernel]:
    """A kernel without any walls: what shows that an attack is one."""
    with running("python3", host.workspace) as kernel:
        yield kernel


@pytest.fixture
def start(host: Host, tmp_path: Path) -> Iterator[Start]:
    """Starts sandboxed kernels with limits of their own, in new workspaces."""
    with ExitStack() as started:

        def start_one(workspace: Path | None = None, **config: Any) -> Kernel:
            name = write_spec(host.root / "jupyter", "bounded", **config)
            place = workspace or tmp_path / "work"
            place.mkdir(exist_ok=True)
            return started.enter_context(running(name, place))

        yield start_one
