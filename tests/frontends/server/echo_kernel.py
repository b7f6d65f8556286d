"""A kernel of a language that is not Python: it says back what it is told."""

from __future__ import annotations

from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class EchoKernel(Kernel):
    implementation = language = "echo"
    implementation_version = language_version = banner = "1"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.language_info = {"name": "echo", "mimetype": "text/plain", "file_extension": ".txt"}

    async def do_execute(self, code: str, silent: bool, *more: Any, **options: Any) -> Any:
        said = {"name": "stdout", "text": code}
        self.send_response(self.iopub_socket, "stream", said)
        return {"status": "ok", "execution_count": self.execution_count, "user_expressions": {}}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=EchoKernel)
