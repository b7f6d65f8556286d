"""Starts kernels for tests; again, where another process took a port before the kernel had it."""

from __future__ import annotations

from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

STARTS, SECONDS = 3, 60


def ready_client(manager: KernelManager, **options: Any) -> BlockingKernelClient:
    """Start this manager's kernel with these options; gives a client once it answers."""
    for left in reversed(range(STARTS)):
        manager.start_kernel(**options)
        client: BlockingKernelClient = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=SECONDS)
            return client
        except RuntimeError:  # it died
            client.stop_channels()
            manager.shutdown_kernel(now=True)
            manager.cleanup_random_ports()
            if not left:
                raise
    raise AssertionError("unreachable: the last start returns or raises")
