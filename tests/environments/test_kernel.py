"""A kernel of its own: what it inherits, how it fails, dies, restarts and is asked."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.environment import Late
from codeact_jupyter.engine.trajectory import Action, Observation, Stream
from codeact_jupyter.environments import kernel as kernel_module
from codeact_jupyter.environments import link as link_module
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.errors import EnvironmentFailure

numbers = itertools.count(1)
CANARY = "sk-canary-for-the-kernel"
LATE = """
import json, pathlib, socket, sys
from ipykernel.kernelapp import IPKernelApp

told = json.loads(pathlib.Path(sys.argv[-1]).read_text())
taken = pathlib.Path("taken")
if not taken.exists():
    taken.touch()
    other = socket.create_server((told["ip"], told["shell_port"]))
IPKernelApp.launch_instance()
"""
ECHO = """
import sys
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class Echo(Kernel):
    implementation = "echo"
    implementation_version = "1"
    language_info = {"name": "R", "mimetype": "text/plain", "file_extension": ".r"}
    banner = "echo"

    async def do_execute(self, code, silent, *args, **options):
        return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

IPKernelApp.launch_instance(kernel_class=Echo)
"""


@asynccontextmanager
async def started(folder: Path, **options: Any) -> AsyncIterator[KernelEnvironment]:
    environment = await KernelEnvironment.start(workspace=folder, **options)
    try:
        yield environment
    finally:
        await environment.close()


async def run(
    environment: KernelEnvironment, code: str, begun: Callable[[], Any] | None = None
) -> Observation:
    """Run code; call `begun` once it has written so."""
    said: list[str] = []

    def on_output(output: Any) -> None:
        said.append(output.text if isinstance(output, Stream) else "")
        if begun is not None and said[-1] and "".join(said).startswith("begun"):
            said[:] = ["over"]
            begun()

    action = Action(code, f"abcd1234-{next(numbers)}-action")
    return await environment.execute(action, on_output=on_output)


def text(seen: Observation) -> str:
    return "".join(each.text for each in seen.outputs if isinstance(each, Stream))


def kernelspec(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, program: str) -> None:
    """Install a kernel that is this program."""
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    (place / "program.py").write_text(program)
    argv = [sys.executable, str(place / "program.py"), "-f", "{connection_file}"]
    (place / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": name, "language": "R"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(folder))


async def test_keys_are_not_inherited(tmp_path, monkeypatch):
    for name in ("API_KEY", "AUTH_TOKEN", "IDENTITY_TOKEN", "FOUNDRY_API_KEY", "OF_TOMORROW"):
        monkeypatch.setenv(f"ANTHROPIC_{name}", CANARY)
        monkeypatch.setenv(f"CODEACT_{name}", CANARY)
    async with started(tmp_path) as environment:
        seen = await run(
            environment,
            "import os, subprocess, sys\nprint(dict(os.environ))\n"
            "print(open('/proc/self/environ').read() if sys.platform == 'linux' else '')\n"
            "print(subprocess.run('env', capture_output=True, text=True).stdout)\n%env",
        )
        assert seen.status == "ok" and "PATH" in text(seen)
        assert CANARY not in str(seen)
        assert Path(text(await run(environment, "print(os.getcwd())")).strip()) == tmp_path


async def test_a_missing_kernel_is_named_with_those_there_are(tmp_path):
    with pytest.raises(
        EnvironmentFailure, match=r"no kernel named 'nosuch'; installed are: .*python3"
    ):
        await KernelEnvironment.start("nosuch", workspace=tmp_path)


async def test_a_kernel_that_is_not_python_is_refused(tmp_path, monkeypatch):
    kernelspec(tmp_path, monkeypatch, "echo", ECHO)
    with pytest.raises(EnvironmentFailure, match="the kernel 'echo' runs 'R'"):
        await KernelEnvironment.start("echo", workspace=tmp_path)


async def test_a_kernel_that_does_not_start_says_its_last_words(tmp_path, monkeypatch):
    kernelspec(tmp_path, monkeypatch, "broken", "raise SystemExit('no such module: numpy')")
    with pytest.raises(EnvironmentFailure, match="no such module: numpy"):
        await KernelEnvironment.start("broken", workspace=tmp_path)


async def test_a_kernel_whose_port_is_taken_before_it_has_it_is_started_again(
    tmp_path, monkeypatch
):
    kernelspec(tmp_path, monkeypatch, "late", LATE)
    environment = await KernelEnvironment.start("late", workspace=tmp_path)
    try:
        assert (tmp_path / "taken").exists()
        assert text(await run(environment, "print(6 * 7)")) == "42\n"
    finally:
        await environment.close()


async def test_a_kernel_that_is_killed_leaves_an_unknown_outcome(tmp_path):
    async with started(tmp_path) as environment:
        pid = int(text(await run(environment, "import os\nprint(os.getpid())")))
        code = "import time\nprint('begun', flush=True)\ntime.sleep(60)"
        seen = await run(environment, code, begun=lambda: os.kill(pid, signal.SIGKILL))
        assert seen.status == "unknown" and "the kernel died" in seen.lost
        assert text(seen) == "begun\n"
        seen = await run(environment, "1")
        assert seen.status == "unknown" and "the kernel died" in seen.lost


async def test_a_restart_under_a_running_action_is_noticed(tmp_path):
    async with started(tmp_path) as environment:
        await run(environment, "x = 1")
        await environment.news()

        def restart() -> None:
            restarting.append(asyncio.ensure_future(environment._manager.restart_kernel(now=True)))

        restarting: list[Any] = []
        code = "import time\nprint('begun', flush=True)\ntime.sleep(60)"
        seen = await run(environment, code, begun=restart)
        await asyncio.gather(*restarting)
        assert seen.status == "unknown"
        assert "restarted" in seen.lost or "died" in seen.lost
        news = await environment.news()
        assert any("The kernel was restarted" in note for note in news.notes)
        assert news.variables == () and environment.namespace().persons == frozenset()
        assert text(await run(environment, "print('x' in globals())")) == "False\n"
        assert (await environment.news()).notes == ()


async def test_a_request_that_the_kernel_never_got_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(link_module, "UNHEARD_SECONDS", 0.2)
    async with started(tmp_path) as environment:
        await run(environment, "x = 1")
        session = environment._link.client.session
        key, session.key = session.key, b"another"  # a kernel drops what is not signed for it
        going = asyncio.ensure_future(run(environment, "x = 2"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        session.key = key
        seen = await going
        assert seen.status == "unknown" and "it was not run" in seen.lost
        assert text(await run(environment, "print(x)")) == "1\n"


async def test_a_kernel_that_ignores_the_interrupt_is_told(tmp_path, monkeypatch):
    for name in ("UNRESPONSIVE_SECONDS", "REACTION_SECONDS"):
        monkeypatch.setattr(kernel_module, name, 1.0)
    async with started(tmp_path) as environment:
        code = (
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "print('begun', flush=True)\ntime.sleep(60)"
        )
        seen = await run(environment, code, begun=environment.interrupt)
        assert seen.status == "unknown" and "did not react to the interrupt" in seen.lost
        news = await environment.news()
        assert any("does not answer" in note for note in news.notes)


@pytest.mark.skipif(os.name != "posix", reason="pipes with a name")
async def test_a_kernel_that_is_killed_is_told_and_takes_what_its_code_started_along(tmp_path):
    os.mkfifo(tmp_path / "alive")  # has an end when all are gone that could write to it
    alive = asyncio.ensure_future(asyncio.to_thread((tmp_path / "alive").read_bytes))
    code = (
        "import subprocess, sys, time\n"
        "sleep = 'import time; time.sleep(300)'\n"
        "subprocess.Popen([sys.executable, '-c', sleep], stdout=open('alive', 'w'))\n"
        "print('begun', flush=True)\n"
        "while True:\n    try: time.sleep(60)\n    except KeyboardInterrupt: pass"
    )
    async with started(tmp_path) as environment:
        seen = await run(environment, code, begun=environment.kill)
        assert seen.status == "unknown" and "the kernel was killed" in seen.lost
        assert await asyncio.wait_for(alive, 60) == b""


async def test_input_is_asked_of_whoever_can_answer(tmp_path):
    asked: list[tuple[str, bool]] = []

    async def ask(prompt: str, password: bool) -> str:
        asked.append((prompt, password))
        if prompt == "end? ":
            raise EOFError
        return "Ada"

    async with started(tmp_path, ask_input=ask) as environment:
        code = "import getpass\nprint(input('name? '), getpass.getpass('word? '))"
        assert text(await run(environment, code)) == "Ada Ada\n"
        assert asked == [("name? ", False), ("word? ", True)]
        assert "EOFError" in str((await run(environment, "input('end? ')")).outputs)
    async with started(tmp_path) as environment:
        seen = await run(environment, "input('name? ')")
        assert seen.status == "error" and "StdinNotImplementedError" in str(seen.outputs)


async def test_a_question_that_nobody_answers_can_be_interrupted(tmp_path):
    asked = asyncio.Event()

    async def ask(prompt: str, password: bool) -> str:
        environment.interrupt()
        asked.set()
        await asyncio.sleep(60)
        return ""

    async with started(tmp_path, ask_input=ask) as environment:
        seen = await run(environment, "input('name? ')")
        assert asked.is_set() and seen.status == "interrupted"


AFTERWARDS = """
import os, threading, time
from IPython.display import display
shown = display('before', display_id='shown')
def afterwards():
    while not os.path.exists('go'):
        time.sleep(0.01)
    print('printed')
    shown.update('after')
    os.system('echo written; touch gone')
threading.Thread(target=afterwards).start()
"""


async def gone_on(folder: Path) -> None:
    """Let the code of `AFTERWARDS` go on, now that its action is over, to its end."""
    (folder / "go").touch()
    while not (folder / "gone").exists():
        await asyncio.sleep(0.01)


async def test_what_comes_between_two_actions_is_told_with_the_next(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel reads fd 1 outside of tests only
    async with started(tmp_path) as environment:
        await run(environment, AFTERWARDS)
        await gone_on(tmp_path)
        seen, updated = "", list[Any]()
        while "written" not in seen:
            action = await run(environment, "print('next')")
            seen, updated = seen + text(action), [*updated, *action.updated]
        assert (seen.count("printed\n"), seen.count("written\n")) == (1, 1)
        assert [each.data for each in updated] == [{"text/plain": "'after'"}]
        assert environment.late() == Late()


async def test_what_comes_when_no_action_follows_is_given_and_told_as_news(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel reads fd 1 outside of tests only
    async with started(tmp_path) as environment:
        await run(environment, AFTERWARDS)
        await gone_on(tmp_path)
        found: list[Late] = []
        while "written" not in str(found):
            found.append(environment.late())
            await asyncio.sleep(0.01)
        printed = "".join(e.text for late in found for e in late.outputs if isinstance(e, Stream))
        assert printed == "printed\nwritten\n"
        assert [each.data for late in found for each in late.updated] == [{"text/plain": "'after'"}]
        assert "printed" in (told := str((await environment.news()).notes)) and "'after'" in told
        assert (await environment.news()).notes == ()
        assert text(await run(environment, "print('next')")) == "next\n"


async def test_what_came_late_of_the_kernel_before_is_not_of_the_first_cell_of_a_rebuild(tmp_path):
    async with started(tmp_path) as environment:
        await run(environment, AFTERWARDS.replace("print('printed')", "print('late', flush=True)"))
        await gone_on(tmp_path)
        await environment.news()  # what was flushed before is here by then
        await environment.renew()
        assert "late" not in text(await run(environment, "print('next')"))


async def test_numbers_and_history_are_those_of_cells(tmp_path):
    async with started(tmp_path) as environment:
        counts = [(await run(environment, code)).count for code in ("1", "2", "1/0", "_")]
        assert counts == [1, 2, 3, 4]
        seen = await run(
            environment, "print(len(In), sorted(Out), _, [n for n in dir() if 'probe' in n])"
        )
        assert text(seen) == "6 [1, 2, 4] 2 []\n"
