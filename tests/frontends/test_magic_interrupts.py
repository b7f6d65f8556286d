"""An interrupt stops a run at any moment, and nothing is broken by it."""

from __future__ import annotations

import pytest

from tests.loopback import Fault, ScriptedTurn, Text

from .live import LiveKernel, Ran, ScriptedModel, act, live, say

SLEEP = "print('begun', flush=True)\nimport time\ntime.sleep(60)"
SPIN = "print('begun', flush=True)\nwhile True: pass"
AWAIT = "import asyncio\nprint('begun', flush=True)\nawait asyncio.sleep(60)"
AWAIT_THEN_SLEEP = f"import asyncio\nawait asyncio.sleep(0)\n{SLEEP}"
SWALLOW = (
    "import time\nprint('begun', flush=True)\ntry:\n    time.sleep(60)\n"
    "except KeyboardInterrupt:\n    print('swallowed')"
)
GATHER = "import asyncio\nprint('begun', flush=True)\nawait asyncio.gather(asyncio.sleep(60))"
SHELL = "!echo begun && sleep 60"


def interrupted_when(kernel: LiveKernel, model: ScriptedModel, words: str, flags: str = "") -> Ran:
    """Run a task and interrupt it once, when these words are to be read."""
    done: list[bool] = []

    def look(ran: Ran) -> None:
        if not done and words in (ran.shown if words == "begun" else ran.text):
            done.append(True)
            kernel.interrupt()

    return kernel.task("do it", f"--approve never {flags}", when=look)


def check_that_it_goes_on(kernel: LiveKernel, model: ScriptedModel, task: str = "go on") -> None:
    """The kernel lives, and the conversation is one that the server accepts."""
    model.will(act("'still ' + 'here'"), say("Went on."))
    ran = kernel.task(task, "--approve never")
    assert not ran.failed, ran.error
    assert "still here" in ran.shown and "Went on." in ran.text


@pytest.mark.parametrize(
    "code",
    [SLEEP, SPIN, AWAIT, AWAIT_THEN_SLEEP, SWALLOW, GATHER, SHELL],
    ids=["sleep", "busy", "await", "await then sleep", "swallowed", "gather", "shell"],
)
def test_while_code_runs(kernel, model, code):
    for _ in range(2):
        model.will(act("before = 1"), act(code), say("not reached"))
        ran = interrupted_when(kernel, model, "begun")
        assert "the run ended interrupted: interrupted by the person" in ran.error
        assert len(ran.error.splitlines()) <= 2
        assert len(model.requests) == 2
    check_that_it_goes_on(kernel, model)
    results = [text for text in model.results() if "interrupted by the person" in text]
    assert len(results) == 2


@pytest.mark.parametrize("module", ["frontends.conversation", "session", "models.anthropic"])
def test_while_the_first_run_is_prepared(model, module):
    press = (
        "import signal, sys\nclass Press:\n    def find_spec(name, *rest):\n"
        f"        if name == 'codeact_jupyter.{module}': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press)"
    )
    with live(model) as kernel:
        assert not kernel.run(press).failed
        model.will(say("not reached"))
        ran = kernel.task("do it")
        assert "the run ended stopped: stopped by the person" in ran.error
        assert not model.requests
        check_that_it_goes_on(kernel, model)


def test_while_the_model_writes_slowly(kernel, model):
    for _ in range(2):
        slow = ScriptedTurn([Text("writing and writing " * 200)], delay=0.05)
        model.will(slow)
        ran = interrupted_when(kernel, model, "writing")
        assert "the run ended stopped" in ran.error
        assert model.wait_for_abandoned(1)
    check_that_it_goes_on(kernel, model)


@pytest.mark.parametrize("after", [0, 3], ids=["before its first byte", "in the middle"])
def test_while_the_model_is_silent(kernel, model, after):
    model.will(
        ScriptedTurn([Text("word " * 50)], fault=Fault(kind="stall", after=after, seconds=60))
    )
    ran = interrupted_when(kernel, model, "thinking")
    assert "the run ended stopped" in ran.error
    check_that_it_goes_on(kernel, model)


def test_while_it_waits_to_ask_again(kernel, model):
    busy = ScriptedTurn(fault=Fault(status=529, headers={"retry-after": "50"}))
    model.will(act("x = 1"), busy)
    ran = interrupted_when(kernel, model, "attempt 2")
    assert "the run ended stopped" in ran.error
    check_that_it_goes_on(kernel, model)


def test_while_it_asks_for_approval(kernel, model):
    for _ in range(2):
        model.will(act("x = 1"), say("not reached"))

        def look(ran: Ran) -> None:
            if any(message["msg_type"] == "input_request" for message in ran.messages):
                ran.messages.clear()
                kernel.interrupt()

        ran = kernel.task("do it", "--approve ask", answers=[], when=look)
        assert "the run ended stopped" in ran.error and len(model.requests) == 1
    check_that_it_goes_on(kernel, model)
    assert any("not run" in text for text in model.results())


def test_while_the_code_asks_for_input(kernel, model):
    model.will(act("input('name? ')"), say("not reached"))

    def look(ran: Ran) -> None:
        if any(message["msg_type"] == "input_request" for message in ran.messages):
            ran.messages.clear()
            kernel.interrupt()

    ran = kernel.task("do it", "--approve never", answers=[], when=look)
    assert "the run ended interrupted" in ran.error
    check_that_it_goes_on(kernel, model)


@pytest.mark.parametrize("code", [SLEEP, AWAIT, AWAIT_THEN_SLEEP], ids=["sleep", "await", "both"])
def test_the_seconds_of_a_run_end_running_code(kernel, model, code):
    model.will(act(code), say("not reached"))
    ran = kernel.task("do it", "--approve never --max-seconds 0.5")
    assert "the run ended limit: the 0 seconds are over" in ran.error or "limit" in ran.error
    check_that_it_goes_on(kernel, model)


def test_code_that_cancels_its_own_task_leaves_the_run_to_go_on(kernel, model):
    model.will(act("import asyncio\nasyncio.current_task().cancel()\n'did it'"), say("Answered."))
    ran = kernel.task("do it", "--approve never")
    assert not ran.failed and "did it" in ran.shown and "Answered." in ran.text
    check_that_it_goes_on(kernel, model)


def test_code_that_cancels_all_tasks_leaves_the_run_in_a_named_state(kernel, model):
    cancels = "import asyncio\nfor task in asyncio.all_tasks():\n    task.cancel()\n'did it'"
    model.will(act(cancels), say("not reached"))
    ran = kernel.task("do it", "--approve never")
    assert "the run ended" in ran.error and len(ran.error.splitlines()) <= 2
    check_that_it_goes_on(kernel, model)


def test_the_persons_own_cells_are_interrupted_as_ever(kernel, model):
    done: list[bool] = []

    def once(ran: Ran) -> None:
        if not done and "begun" in ran.shown:
            done.append(True)
            kernel.interrupt()

    ran = kernel.run(SLEEP, when=once)
    assert ran.reply["content"]["ename"] == "KeyboardInterrupt"
    check_that_it_goes_on(kernel, model)
