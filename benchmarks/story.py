"""The scripted story that every peer is told: fifty small steps, two of which fail."""

from __future__ import annotations

from dataclasses import dataclass

from tests.loopback import ScriptedTurn, Text, ToolUse

PANDAS = (
    "import pandas as pd\n"
    "df = pd.DataFrame({'a': list(range(10)), 'b': [k*k for k in range(10)]})\nprint(df)"
)
PLAIN = "table = [{'a': k, 'b': k*k} for k in range(10)]\nprint(table)"


@dataclass(frozen=True)
class Story:
    """So many steps; the tenth makes a table, a plain one for peers that have no pandas."""

    steps: int = 50
    table: str = PANDAS

    def code(self, step: int) -> str:
        """The code of a step."""
        if step == 10:
            return self.table
        if step == 20:
            return "bad20 = 1 / 0"
        if step == 35:
            return "print(undefined_name_35)"
        return f"x{step} = {step} * 3\nprint('step', {step}, 'x =', x{step})"

    def tool_turn(self, step: int, *, tool: str = "python") -> ScriptedTurn:
        """The model's reply at a step, as a tool call; at the last, the answer."""
        if step >= self.steps:
            return ScriptedTurn([Text("The answer is 147.", chunk=10**6)], ping=False)
        words = Text(f"Step {step}.", chunk=10**6)
        call = ToolUse(tool, {"code": self.code(step)}, chunk=10**6)
        return ScriptedTurn([words, call], ping=False)

    def code_mode_turn(self, step: int) -> ScriptedTurn:
        """The same for pydantic-ai, whose tool has a name of its own."""
        return self.tool_turn(step, tool="run_code")

    def text_turn(self, step: int) -> ScriptedTurn:
        """The same, in the words of an agent that takes its code from tagged text."""
        source = "final_answer(x49)" if step >= self.steps else self.code(step)
        words = f"Thought: step {step}.\n<code>\n{source}\n</code>"
        return ScriptedTurn([Text(words, chunk=10**6)], ping=False)
