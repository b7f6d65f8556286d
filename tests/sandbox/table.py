"""The tables of hostile cells in SECURITY.md: `python -m tests.sandbox.table` prints them anew."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from codeact_jupyter.safety.effects import effects_of

from .battery import ACTIONS, PREAMBLE, Hostile
from .contained import CONTAINED, Contained

DOCUMENT = Path(__file__).parents[2] / "SECURITY.md"
HEAD = "| test | a hostile cell tries to | plain | gate | sandbox |\n|---|---|---|---|---|"
KNOWN = "SERVER = {}\nHOME = '/home/ada'\nWORK = '/srv/work'\nOUTSIDE = '/srv'\nKEY = 'k'\n"
MODULES = PREAMBLE.splitlines()[0]


class Row(NamedTuple):
    """One action as the document has it."""

    name: str
    says: str
    plain: str
    gate: str
    sandbox: str

    def __str__(self) -> str:
        return f"| `{self.name}` | {self.says} | {self.plain} | {self.gate} | {self.sandbox} |"


def asks(action: Hostile) -> bool:
    """Whether the gate asks before this action runs."""
    used = [part for part in PREAMBLE.split("\n\n") if _name_of(part) in action.code]
    code = "\n".join([MODULES, KNOWN, *used, f"{action.code}attack()"])
    return bool(effects_of(code, workspace=Path("/srv/work")))


def _name_of(part: str) -> str:
    """What a part of the preamble defines."""
    return part.split("def ")[1].split("(")[0] if part.startswith("def ") else "libc"


def row_of(action: Hostile) -> Row:
    """An action, with what came of it in the tests."""
    plain = "**done**" if action.plain else "refused"
    gate = "asks" if asks(action) else "**runs**"
    sandbox = "**done**" if action.sandbox else "refused"
    return Row(action.name, action.says, plain, gate, sandbox)


def contained_row_of(cell: Contained) -> Row:
    """A cell whose end a test of its own waits for; a kernel without walls stops none of them."""
    gate = "asks" if effects_of(cell.code, workspace=Path("/srv/work")) else "**runs**"
    module = cell.module.rpartition(".")[2]
    return Row(f"{module}::{cell.test}", cell.says, "**done**", gate, cell.sandbox)


def rows_in_document() -> list[Row]:
    """The rows of both tables that SECURITY.md has now."""
    lines = DOCUMENT.read_text("utf-8").splitlines()
    cells = ([part.strip() for part in line.strip("|").split("|")] for line in lines)
    return [Row(each[0].strip("`"), *each[1:]) for each in cells if each[0].startswith("`")
            and len(each) == 5]  # fmt: skip


if __name__ == "__main__":
    for rows in (map(row_of, ACTIONS), map(contained_row_of, CONTAINED)):
        print("\n".join([HEAD, *map(str, rows), ""]))
