"""A cancellation that was acted upon, so that the task goes on."""

from __future__ import annotations

import asyncio


def taken_care_of() -> None:
    """Tell the task of now that its cancellation was acted upon, where it is counted (3.11)."""
    uncancel = getattr(asyncio.current_task(), "uncancel", None)
    if uncancel is not None:
        uncancel()
