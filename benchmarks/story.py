"""The scripted story that every peer is told: fifty small steps, two of which fail."""

from __future__ import annotations

from tests.loopback import ScriptedTurn, Text, ToolUse

STEPS = 50
TASK = "Do the fifty steps."


def code(step: int, steps: int = STEPS) -> str:
    """The code of a step; one makes a data frame, two fail."""
    if step == 10:
        return (
            "import pandas as pd\n"
            "df = pd.DataFrame({'a': list(range(10)), 'b': [k*k for k in range(10)]})\nprint(df)"
        )
    if step == 20:
        return "bad20 = 1 / 0"
    if step == 35:
        return "print(undefined_name_35)"
    return f"x{step} = {step} * 3\nprint('step', {step}, 'x =', x{step})"


def tool_turn(step: int, steps: int = STEPS) -> ScriptedTurn:
    """The model's reply at a step, as a tool call; at the last, the answer."""
    if step >= steps:
        return ScriptedTurn([Text("The answer is 147.", chunk=10**6)], ping=False)
    words, call = (
        Text(f"Step {step}.", chunk=10**6),
        ToolUse("python", {"code": code(step)}, chunk=10**6),
    )
    return ScriptedTurn([words, call], ping=False)


def text_turn(step: int, steps: int = STEPS) -> ScriptedTurn:
    """The same, in the words of an agent that takes its code from tagged text."""
    source = "final_answer(x49)" if step >= steps else code(step)
    words = f"Thought: step {step}.\n<code>\n{source}\n</code>"
    return ScriptedTurn([Text(words, chunk=10**6)], ping=False)
