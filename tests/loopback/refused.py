"""The one exception of this server: a request that is answered with an error status."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """Answer with this status and error type instead of a reply."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        error_type: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.error_type = error_type
        self.headers = dict(headers or {})
