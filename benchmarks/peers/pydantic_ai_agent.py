"""pydantic-ai's code mode (the harness's, on Monty), as its own documentation sets it up.

With `cached`, it asks to cache. Monty is an interpreter of its own: it has no pandas.
"""

import os
import sys
import time

started = time.perf_counter()
from pydantic_ai import Agent, UsageLimits
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai_harness import CodeMode

imported = time.perf_counter() - started
from report import report

caching = AnthropicModelSettings(anthropic_cache_instructions=True, anthropic_cache_messages=True)
agent = Agent(
    AnthropicModel(
        "claude-opus-5-5",
        provider=AnthropicProvider(base_url=os.environ["URL"], api_key="sk-test"),
    ),
    capabilities=[CodeMode()],
    model_settings=caching if "cached" in sys.argv else None,
    retries=5,
    instructions="You act by running Python.",
)


@agent.tool_plain
def add(a: int, b: int) -> int:
    """Add."""  # code mode wants a tool to offer
    return a + b


agent.run_sync("Do the fifty steps.", usage_limits=UsageLimits(request_limit=None))
report(imported)
