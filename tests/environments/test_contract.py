"""What every environment promises: a shell in this process, a kernel of its own, a shared one."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine.environment import Cleared, Environment, Produced, Updated
from codeact_jupyter.engine.telling import plain
from codeact_jupyter.engine.trajectory import Action, Display, Error, Observation, Result, Stream
from codeact_jupyter.environments.attached import AttachedEnvironment
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.environments.payloads import NOT_DONE
from codeact_jupyter.environments.shell import ShellEnvironment
from codeact_jupyter.environments.starting import started_kernel
from codeact_jupyter.environments.watched import WatchedLink

numbers = itertools.count(1)


@asynccontextmanager
async def shell(folder: Path) -> AsyncIterator[Environment]:
    InteractiveShell.clear_instance()
    here = InteractiveShell.instance()
    here.run_cell("pass")
    environment = ShellEnvironment(here)
    try:
        yield environment
    finally:
        await environment.close()
        here.history_manager.end_session()
        here.history_manager.save_thread and here.history_manager.save_thread.stop()
        InteractiveShell.clear_instance()


@asynccontextmanager
async def kernel(folder: Path) -> AsyncIterator[Environment]:
    environment = await KernelEnvironment.start(workspace=folder)
    try:
        yield environment
    finally:
        await environment.close()


@asynccontextmanager
async def attached(folder: Path) -> AsyncIterator[Environment]:
    kernel = await started_kernel("python3", folder)
    kernel.client.stop_channels()
    manager = kernel.manager
    client = manager.client(session=manager.session.clone())
    client.start_channels()
    link = WatchedLink(client, manager)
    link.open()
    _, python = await link.language()
    environment = AttachedEnvironment(manager, link, workspace=str(folder), python=python)
    try:
        yield environment
    finally:
        await environment.close()
        await link.close()
        await manager.shutdown_kernel(now=True)
        kernel.said.close()


@pytest.fixture(params=[shell, kernel, attached], ids=["shell", "kernel", "attached"])
def opened(request: pytest.FixtureRequest, tmp_path: Path):

    def opening() -> AbstractAsyncContextManager[Environment]:
        os.environ.pop("PYTEST_CURRENT_TEST", None)  # ipykernel reads fd 1 outside of tests only
        return request.param(tmp_path)

    return opening


class Runner:
    """Runs code and keeps what was told of its outputs."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.told: list[Produced] = []

    async def __call__(self, code: str) -> Observation:
        self.told = []
        action = Action(code, f"abcd1234-{next(numbers)}-action")
        return await self.environment.execute(action, on_output=self.told.append)


def text(seen: Observation) -> str:
    return "".join(each.text for each in seen.outputs if isinstance(each, Stream))


async def test_outputs_and_states(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run(
            "print('a', end='')\nprint('b')\nimport sys\nprint('c', file=sys.stderr)\n7"
        )
        assert seen.status == "ok" and not seen.lost and seen.seconds > 0
        assert seen.outputs[:2] == (Stream("ab\n"), Stream("c\n", "stderr"))
        assert isinstance(seen.outputs[2], Result) and seen.outputs[2].data["text/plain"] == "7"
        assert "".join(each.text for each in run.told if isinstance(each, Stream)) == "ab\nc\n"

        seen = await run("print('before')\n1/0\nprint('after')")
        assert seen.status == "error"
        first, error = seen.outputs
        assert first == Stream("before\n") and isinstance(error, Error)
        assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
        assert "1/0" in plain("\n".join(error.traceback))

        seen = await run("pass")
        assert (seen.status, seen.outputs) == ("ok", ())


async def test_displays_updates_and_clearing(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run(
            "from IPython.display import display, HTML\n"
            "h = display('one', display_id='here')\nh.update('two')\n"
            "display(HTML('<b>x</b>'), metadata={'text/html': {'isolated': True}})"
        )
        first, second = seen.outputs
        assert isinstance(first, Display) and first.data["text/plain"] == "'two'"
        assert first.display_id == "here"
        assert isinstance(second, Display) and second.data["text/html"] == "<b>x</b>"
        assert second.metadata == {"text/html": {"isolated": True}}
        assert any(isinstance(each, Updated) for each in run.told)
        for wait in (False, True):
            code = "from IPython.display import clear_output\nprint('gone')\n"
            seen = await run(f"{code}clear_output(wait={wait})\nprint('stays')")
            assert text(seen) == "stays\n" and Cleared(wait) in run.told


async def test_a_display_of_an_earlier_action_is_updated_there_and_told(opened):
    async with opened() as environment:
        run = Runner(environment)
        await run("from IPython.display import display\nh = display('one', display_id='here')")
        seen = await run("h.update('two')\nh.update('three')\nprint('done')")
        assert seen.outputs == (Stream("done\n"),)
        assert seen.updated == (Display({"text/plain": "'three'"}, display_id="here"),)
        assert [each for each in run.told if isinstance(each, Updated)][1:] == [
            Updated(seen.updated[0], "here")
        ]
        seen = await run("h.update('four')\ndisplay('five', display_id='here')\nh.update('six')")
        assert seen.outputs == (Display({"text/plain": "'six'"}, display_id="here"),)
        assert seen.updated == ()


LATE = """
import threading
go, gone = threading.Event(), threading.Event()
def later():
    go.wait()
    print('late')
    gone.set()
threading.Thread(target=later).start()
"""


async def test_what_a_thread_prints_after_its_action_is_told_with_the_next(opened):
    async with opened() as environment:
        run = Runner(environment)
        assert (await run(LATE)).outputs == ()
        seen = await run("go.set()\ngone.wait()\nprint('next')")
        assert sorted(text(seen).split()) == ["late", "next"] and seen.lost == ""


async def test_what_is_written_past_python_is_seen_too(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run("import os\nos.system('echo child')\nos.write(1, b'descriptor\\n');")
        assert text(seen) == "child\ndescriptor\n" and seen.lost == ""


async def test_a_semicolon_at_the_end_shows_no_value_as_in_a_cell(opened):
    async with opened() as environment:
        run = Runner(environment)
        for code in ("5;", "x = 5\nx; # a remark\n", "import asyncio\nawait asyncio.sleep(0, 5);"):
            assert (await run(code)).outputs == (), code
        for code in ("5", "';'", "5 # ;", "x = 5;\nx"):
            assert len((await run(code)).outputs) == 1, code


async def test_what_a_pager_would_show_is_put_out(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run("print('first')\nget_ipython().run_line_magic('pinfo', 'len')")
        assert text(seen).startswith("first\n") and "the number of items" in text(seen)
        assert "".join(each.text for each in run.told if isinstance(each, Stream)) == text(seen)
        assert (seen.status, seen.lost) == ("ok", "")
        assert "function calls" in text(await run("%prun 1"))
        seen = await run("len?\n1/0")
        assert seen.status == "error" and "the number of items" in text(seen)


ASKING = """
write = get_ipython().payload_manager.write_payload
write({'source': 'set_next_input', 'text': 'exit()', 'replace': True})
write({'source': 'page', 'data': {'text/html': '<b>only</b>'}, 'start': 0})
write({'source': 'page'}, single=False)
"""


async def test_an_action_asks_nothing_of_the_front_end_and_that_is_said(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run(ASKING)
        assert seen.status == "ok" and seen.lost == NOT_DONE.format("set_next_input")
        assert seen.outputs == (Display({"text/html": "<b>only</b>"}),)
        seen = await run("pass")
        assert (seen.outputs, seen.lost) == ((), "")


async def test_awaiting_code_and_magics(opened):
    async with opened() as environment:
        run = Runner(environment)
        assert text(await run("import asyncio\nawait asyncio.sleep(0)\nprint('x')")) == "x\n"
        seen = await run("%%time\nvalue = 1")
        assert "Wall time" in text(seen)
        assert "hello" in text(await run("!echo hello"))
        seen = await run("%nosuchmagic")
        assert "nosuchmagic" in text(seen) + str(seen.outputs)


async def test_changes_of_the_namespace(opened):
    async with opened() as environment:
        run = Runner(environment)
        await environment.news()
        change = (await run("a = 1\nb = [1, 2]\n_hidden = 3")).change
        assert [variable.name for variable in change.added] == ["a", "b"]
        assert (change.added[0].type, change.added[0].detail) == ("int", "1")
        change = (await run("b.append(3)\nc = 'new'\ndel a")).change
        assert [each.name for each in change.added] == ["c"]
        assert [each.name for each in change.changed] == ["b"] and change.deleted == ("a",)
        for code in ("b", "x = 10**6", "x = 10**6", "x = 10**3 * 10**3", "pass"):
            change = (await run(code)).change
        assert (change.added, change.changed, change.deleted) == ((), (), ())
        assert environment.namespace().persons == frozenset()
        assert (await environment.news()).variables == ()
        anew = (await environment.news(anew=True)).variables
        assert {"b", "c", "x"} <= {variable.name for variable in anew}
        assert environment.namespace().persons == frozenset()


async def test_what_is_wrong_with_code_is_known_without_running_it(opened):
    async with opened() as environment:
        assert await environment.check("%time 1\nawait f()\n!ls\nx = 1") is None
        problem = await environment.check("x = 1\ndef f(:\n  pass")
        assert problem is not None and "SyntaxError" in problem and "line 2" in problem
        assert await environment.check("x = '\0'") is not None
        run = Runner(environment)
        seen = await run("1 +")
        assert seen.status == "error" and "SyntaxError" in str(seen.outputs)


BEGUN = "import time, asyncio\nprint('begun', flush=True)\n"


@pytest.mark.parametrize(
    "code",
    ["time.sleep(60)", "while True: pass", "await asyncio.sleep(60)"],
    ids=["sleep", "busy", "await"],
)
async def test_an_interrupt_stops_running_code(opened, code):
    async with opened() as environment:
        run = Runner(environment)
        seen = await interrupted(environment, BEGUN + code)
        assert seen.status == "interrupted" and text(seen) == "begun\n"
        assert (await run("'alive'")).status == "ok"


async def interrupted(environment: Environment, code: str) -> Observation:
    """Run code and interrupt it from another thread once it has begun, as a deadline does."""
    said: list[str] = []

    def on_output(output: Produced) -> None:
        said.append(output.text if isinstance(output, Stream) else "")
        if said[-1] and "".join(said) == "begun\n":
            threading.Timer(0.05, environment.interrupt).start()

    return await environment.execute(Action(code, f"i-{next(numbers)}-action"), on_output=on_output)


async def test_an_interrupt_that_the_code_raises_itself_is_an_error(opened):
    async with opened() as environment:
        run = Runner(environment)
        assert (await run("raise KeyboardInterrupt")).status == "error"
        assert (await run("import asyncio\nraise asyncio.CancelledError")).status == "error"
        assert (await run("import sys\nsys.exit(1)")).status == "error"


async def test_floods_arrive_whole_or_are_marked(opened):
    async with opened() as environment:
        run = Runner(environment)
        seen = await run("for i in range(20_000): print('line', i)")
        lines = text(seen).splitlines()
        assert (len(lines), lines[-1], seen.lost) == (20_000, "line 19999", "")
        seen = await run("print('x' * 5_000_000)")
        assert len(text(seen)) == 5_000_001 and not seen.lost
        seen = await run("print('x' * 11_000_000)")
        assert "1,000,001 characters of text not kept" in seen.lost
        seen = await run("from IPython.display import display\nfor i in range(1_200): display(i)")
        assert len(seen.outputs) == 1_000 and "200 outputs not kept" in seen.lost
        both = "import sys\nfor i in range(1_200): print('o', i); print('e', i, file=sys.stderr)"
        seen = await run(f"{both}; sys.stdout.flush(); sys.stderr.flush()")
        for name in ("stdout", "stderr"):
            each = [one for one in seen.outputs if isinstance(one, Stream) and one.name == name]
            lines = "".join(one.text for one in each).splitlines()
            assert lines == [f"{name[3]} {at}" for at in range(1_200)]
        assert len(seen.outputs) <= 1_002


async def test_the_folder_stays_the_persons_when_the_agent_moves(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = str(tmp_path.resolve())
    async with opened() as environment:
        run = Runner(environment)
        await environment.news()
        seen = environment.namespace()
        assert (seen.workspace, seen.directory) == (root, root)
        await run("import os\nos.makedirs('sub/sub')\nos.chdir('sub')")
        await run("%cd sub")
        seen = environment.namespace()
        assert (seen.workspace, seen.directory) == (root, os.path.join(root, "sub", "sub"))
        await environment.news()
        assert environment.namespace().workspace == root
        await run("os.chdir('../../..')\nkept, os.getcwd = os.getcwd, lambda: 1 / 0")
        seen = environment.namespace()
        await run("os.getcwd = kept")
        assert (seen.workspace, seen.directory) == (root, os.path.dirname(root))


async def test_looking_leaves_the_namespace_alone(opened):
    async with opened() as environment:
        run = Runner(environment)
        await run("'kept'")
        await environment.news()
        seen = await run(
            "print([n for n in globals() if 'codeact' in n or n in ('ns', 'probe', 'changes')], _)"
        )
        assert text(seen) == "[] kept\n"
