"""The floor: the SDK, an IPython shell, a loop of ten lines. With `cached`, it asks to cache."""

import os
import sys
import time

started = time.perf_counter()
import anthropic
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

imported = time.perf_counter() - started
from report import mark, report

TOOL = {
    "name": "python",
    "description": "Run Python.",
    "input_schema": {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
    },
}
shell = InteractiveShell.instance()
shell.history_manager.enabled = False
client = anthropic.Anthropic(base_url=os.environ["URL"], api_key="sk-test")
cached = {"extra_body": {"cache_control": {"type": "ephemeral"}}} if "cached" in sys.argv else {}
messages = [{"role": "user", "content": "Do the fifty steps."}]
while True:
    mark()
    with client.messages.stream(
        model="claude-opus-5-5",
        max_tokens=4096,
        system="You act by running Python.",
        tools=[TOOL],
        messages=messages,
        **cached,
    ) as stream:
        reply = stream.get_final_message()
    keys = ("type", "text", "id", "name", "input")
    blocks = [b.model_dump(exclude_none=True) for b in reply.content]
    messages.append(
        {
            "role": "assistant",
            "content": [{k: v for k, v in b.items() if k in keys} for b in blocks],
        }
    )
    calls = [block for block in reply.content if block.type == "tool_use"]
    if not calls:
        break
    with capture_output() as captured:
        shell.run_cell(calls[0].input["code"])
    seen = (captured.stdout + captured.stderr) or "(no output)"
    result = {"type": "tool_result", "tool_use_id": calls[0].id, "content": seen}
    messages.append({"role": "user", "content": [result]})
report(imported)
