"""One HTTP client for all tests here: its TLS context takes 0.2 s to make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx2
import pytest

from tests.loopback import LoopbackModel

Connect = Callable[..., Any]  # an anthropic.Anthropic, whose typed dicts tests write as JSON


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    """Share one client without a pool that outlives the servers."""
    limits = httpx2.Limits(max_keepalive_connections=2)
    with httpx2.Client(timeout=httpx2.Timeout(30, connect=5.0), limits=limits) as client:
        yield client


@pytest.fixture
def connect(http: httpx2.Client) -> Connect:
    """Make the real SDK's client for a server."""

    def connect_to(model: LoopbackModel, **options: Any) -> anthropic.Anthropic:
        settings = {"api_key": "sk-test", "http_client": http, **options}
        return anthropic.Anthropic(base_url=model.url, **settings)

    return connect_to
