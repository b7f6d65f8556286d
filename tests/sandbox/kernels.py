"""Kernels as Jupyter starts them, and clients that no kernel can keep waiting."""

from __future__ import annotations

import json
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from codeact_jupyter.environments.starting import client_of
from codeact_jupyter.sandbox import kernelspec

SECONDS = 60.0


@dataclass
class Ran:
    """What came of a cell; `end` is `ok`, `error`, `died` or `timeout`."""

    end: str = ""
    text: str = ""
    error: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)


class Kernel:
    """A running kernel and its client."""

    def __init__(self, name: str, workspace: Path, **options: Any) -> None:
        self.workspace = workspace
        self.manager = KernelManager(kernel_name=name)
        try:
            self.manager.start_kernel(cwd=str(workspace), **options)
        except BaseException:
            self.manager.cleanup_resources()
            self.manager.context.destroy()
            raise
        self.provisioner: Any = self.manager.provisioner
        self._connect()

    def _connect(self) -> None:
        self.client = client_of(self.manager)
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def run(self, code: str, *, seconds: float = SECONDS, most: int = 5_000_000) -> Ran:
        """Run a cell until it ends, its time is over, it put out too much, or the kernel died."""
        request = self.client.execute(code, allow_stdin=False)
        return self.follow(request, seconds=seconds, most=most)

    def follow(self, request: str, *, seconds: float = SECONDS, most: int = 5_000_000) -> Ran:
        """Read what comes of a request."""
        ran, deadline = Ran("ok"), time.monotonic() + seconds
        while True:
            if time.monotonic() > deadline:
                ran.end = "timeout"
                return ran
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except queue.Empty:
                if not self.manager.is_alive():
                    ran.end = "died"
                    return ran
                continue
            content = message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            ran.messages.append(message)
            ran.text += content.get("text", "")
            if message["msg_type"] == "error":
                ran.end, ran.error = "error", f"{content['ename']}: {content['evalue']}"
            if len(ran.text) > most:
                ran.end = "too much"
                return ran
            if content.get("execution_state") == "idle":
                return ran

    def value(self, expression: str) -> Any:
        """The value of an expression in the kernel, as JSON has it."""
        ran = self.run(f"import json; print(json.dumps({expression}))")
        assert ran.end == "ok", ran
        return json.loads(ran.text)

    def restart(self) -> None:
        """Restart it, as the person would."""
        self.manager.restart_kernel()
        self.client.stop_channels()
        self._connect()

    def close(self, *, now: bool = True) -> None:
        """Shut it down."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=now)
        self.client.context.destroy(linger=0)


@contextmanager
def running(name: str, workspace: Path) -> Iterator[Kernel]:
    """A kernel from its start to its end."""
    kernel = Kernel(name, workspace)
    try:
        yield kernel
    finally:
        kernel.close()


def write_spec(jupyter: Path, name: str, *, python: str = "", **config: Any) -> str:
    """A kernelspec of the sandbox with these options of its provisioner; returns its name.

    The kernel is of this Python, unless another is named.
    """
    folder = jupyter / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    specification = kernelspec.specification(config)
    specification["argv"][0] = python or specification["argv"][0]
    (folder / "kernel.json").write_text(json.dumps(specification), "utf-8")
    return name
