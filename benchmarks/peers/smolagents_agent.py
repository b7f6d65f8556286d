"""smolagents' CodeAgent through LiteLLM, as its own documentation sets it up."""

import os
import time

started = time.perf_counter()
from smolagents import CodeAgent, LiteLLMModel

imported = time.perf_counter() - started
from report import mark, report

model = LiteLLMModel(
    model_id="anthropic/claude-opus-5-5", api_base=os.environ["URL"], api_key="sk-test"
)
agent = CodeAgent(
    tools=[],
    model=model,
    max_steps=60,
    additional_authorized_imports=["pandas"],
    verbosity_level=0,
    step_callbacks=[lambda step, agent: mark()],
)
agent.run("Do the fifty steps.")
report(imported)
