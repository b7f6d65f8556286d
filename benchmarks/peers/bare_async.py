"""The same on asyncio, where a notebook's kernel lives: the asynchronous client of the SDK."""

import asyncio
import os
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
client = anthropic.AsyncAnthropic(base_url=os.environ["URL"], api_key="sk-test")
messages = [{"role": "user", "content": "Do the fifty steps."}]
keys = ("type", "text", "id", "name", "input")


async def main():
    while True:
        mark()
        async with client.messages.stream(
            model="claude-opus-5-5",
            max_tokens=4096,
            system="You act by running Python.",
            tools=[TOOL],
            messages=messages,
        ) as stream:
            reply = await stream.get_final_message()
        blocks = [b.model_dump(exclude_none=True) for b in reply.content]
        said = [{k: v for k, v in b.items() if k in keys} for b in blocks]
        messages.append({"role": "assistant", "content": said})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return
        with capture_output() as captured:
            shell.run_cell(calls[0].input["code"])
        seen = (captured.stdout + captured.stderr) or "(no output)"
        result = {"type": "tool_result", "tool_use_id": calls[0].id, "content": seen}
        messages.append({"role": "user", "content": [result]})


asyncio.run(main())
report(imported)
