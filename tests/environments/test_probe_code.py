"""What the gate is told of a live namespace: texts, paths, the code of the notebook's functions."""

import asyncio
from pathlib import Path

import pytest

from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.safety.gate import Gate

from .test_contract import kernel, shell

CELLS = """\
import os, socket, functools
from pathlib import Path
path, folder = "/etc/passwd", Path("/etc")
long = "x" * 1000
line = socket.socket()
later = functools.partial(os.remove, "x")
gone = folder.joinpath("no-such-file").unlink

def clean(
    name,
):
    os.remove(
        name
    )

class Janitor:
    def sweep(self):
        return clean("x")

janitor = Janitor()
exec("def hidden(): return 1")
add = lambda a, b: a + b
"""


async def namespaces(folder: Path) -> list[Namespace]:
    async with shell(folder) as own, kernel(folder) as other:
        for environment in (own, other):
            await environment.news(anew=True)
            seen = await environment.execute(Action(CELLS, "abc-1-action"), on_output=print)
            assert seen.status == "ok"
        return [own.namespace(), other.namespace()]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Namespace]:
    return asyncio.run(namespaces(tmp_path_factory.mktemp("work")))


def test_short_texts_and_paths_are_told_and_long_ones_are_not(found: list[Namespace]) -> None:
    for namespace in found:
        assert namespace.texts["path"] == "/etc/passwd"
        assert namespace.texts["folder"] == "/etc"
        assert "long" not in namespace.texts


def test_the_code_of_what_was_written_in_the_notebook_is_told(found: list[Namespace]) -> None:
    for namespace in found:
        assert namespace.sources["clean"].rstrip().endswith("name\n    )")
        assert 'return clean("x")' in namespace.sources["Janitor"]
        assert "a + b" in namespace.sources["add"]
        assert namespace.sources["hidden"] == ""


def test_what_names_are_bound_to_is_told(found: list[Namespace]) -> None:
    for namespace in found:
        assert namespace.bindings["line"] == "socket.socket()"
        assert namespace.bindings["later"] == "os.remove"
        assert namespace.bindings["gone"].endswith("Path.unlink")
        assert namespace.bindings["janitor"] == "__main__.Janitor()"
        assert {"long", "janitor"} <= namespace.names


@pytest.mark.parametrize(
    "code",
    [
        "open(path)",
        "list(folder.iterdir())",
        "line.connect(('example.org', 80))",
        "later()",
        "gone()",
        "clean('x')",
        "janitor.sweep()",
        "Janitor().sweep()",
        "hidden()",
        "list(map(clean, ['x']))",
    ],
)
def test_the_gate_asks_for_what_earlier_cells_left(found: list[Namespace], code: str) -> None:
    for namespace in found:
        assert Gate("risky").assess(Action(code, "abc-2-action"), namespace).decision == "deny"


def test_a_harmless_function_of_the_notebook_does_not_ask(found: list[Namespace]) -> None:
    for namespace in found:
        action = Action("add(1, 2)", "abc-2-action")
        assert Gate("risky").assess(action, namespace).decision == "allow"
