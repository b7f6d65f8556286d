"""A session: what it is made of, and that its record is on disk before and after each step."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter import session as composition
from codeact_jupyter.choosing import choose_model
from codeact_jupyter.engine import events
from codeact_jupyter.engine.digests import output_digest
from codeact_jupyter.engine.environment import News
from codeact_jupyter.engine.trajectory import (
    Display,
    Observation,
    RunState,
    Step,
    Stream,
    Trajectory,
)
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.verify import verify_file
from codeact_jupyter.session import Session
from codeact_jupyter.settings import SDK_CREDENTIALS, Settings
from tests.engine.twins import AllowAll
from tests.loopback import LoopbackModel, ScriptedTurn, Text, ToolUse

RED_DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHx"
    "gljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="
)


def act(code: str) -> ScriptedTurn:
    return ScriptedTurn([Text("I run this."), ToolUse("python", {"code": code})])


def say(text: str = "Done.") -> ScriptedTurn:
    return ScriptedTurn([Text(text)])


def settings_for(model: LoopbackModel, **more: Any) -> Settings:
    return Settings(base_url=model.url, api_key="sk-test", profile="claude", **more)


@asynccontextmanager
async def session(
    server: LoopbackModel, path: Path, **more: Any
) -> AsyncIterator[tuple[Session, KernelEnvironment]]:
    """A session on a kernel of its own, with its notebook at `path`."""
    environment = await KernelEnvironment.start(workspace=path.parent)
    made = Session(settings_for(server, **more), environment, AllowAll(), document=Document(path))
    try:
        yield made, environment
    finally:
        await made.close()
        await environment.close()


def slow_say(seconds: float) -> ScriptedTurn:
    return ScriptedTurn([Text("Done.")], latency=seconds)


def observed(step: Step) -> Observation:
    assert step.observation is not None
    return step.observation


async def do(made: Session, task: str) -> RunState:
    async for _ in made.run(task):
        pass
    return made.turn.state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", *SDK_CREDENTIALS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


async def test_the_intent_is_on_disk_before_the_action_runs_and_each_step_after_it(
    path: Path,
) -> None:
    finds_itself = (
        "import json\n"
        f"cells = json.load(open({str(path)!r}))['cells']\n"
        "print('\\n'.join(cells[-1]['source']), cells[-1]['outputs'])"
    )
    with LoopbackModel([act("x = 1\nx"), act(finds_itself), say()]) as model:
        async with session(model, path) as (made, _):
            on_disk = []
            async for event in made.run("look at yourself"):
                recorded = Document(path).trajectory
                if isinstance(event, events.StepStarted | events.StepFinished):
                    assert recorded.turns[0].steps[-1] == event.step
                    on_disk.append((event.kind, recorded.turns[0].steps[-1].state))
                assert recorded == (made.trajectory if on_disk else Trajectory())
            told = model.requests[-1]["messages"][-1]["content"][0]["content"]
    assert on_disk == [
        *(("step-started", "unknown"), ("step-finished", "ok")),
        *(("step-started", "unknown"), ("step-finished", "ok")),
    ]
    assert "cells = json.load" in told
    assert "its end was not seen" in told
    assert Document(path).trajectory == made.trajectory
    assert made.turn.state == "answered"


async def test_a_conversation_goes_on_from_its_file_with_the_bytes_it_was_begun_with(
    path: Path,
) -> None:
    with LoopbackModel([act("7 * 6"), say("42"), act("1 / 0"), say("no")]) as model:
        async with session(model, path) as (made, environment):
            assert await do(made, "multiply") == "answered"
            first = json.dumps(model.requests[-1]["messages"], sort_keys=True)
            again = Session(settings_for(model), environment, AllowAll(), document=Document(path))
            assert again.trajectory == made.trajectory
            assert await do(again, "divide") == "answered"
            await again.close()
        assert model.requests[1]["system"] == model.requests[-1]["system"]
        said = model.requests[-1]["messages"]
    begun = json.loads(first)
    assert said[: len(begun)] == begun
    assert [turn.task for turn in Document(path).trajectory.turns] == ["multiply", "divide"]


@pytest.mark.parametrize(
    "damaged", [None, 5, {}, {"version": "x"}, {"version": 1, "tools": {"a": 1}}]
)
async def test_a_notebook_whose_own_record_was_removed_or_damaged_is_continued(
    path: Path, damaged: Any
) -> None:
    with LoopbackModel([act("7 * 6"), say("42"), say("again")]) as model:
        async with session(model, path) as (made, environment):
            assert await do(made, "multiply") == "answered"
            content = json.loads(path.read_text())
            content["metadata"]["codeact"] = damaged
            path.write_text(json.dumps(content))
            again = Session(settings_for(model), environment, AllowAll(), document=Document(path))
            assert await do(again, "go on") == "answered"
            await again.close()
        assert model.requests[-1]["tools"] == model.requests[0]["tools"]
        assert model.requests[-1]["system"] == model.requests[0]["system"]
    assert Document(path).trajectory == again.trajectory
    assert [turn.task for turn in again.trajectory.turns] == ["multiply", "go on"]


async def test_a_run_whose_program_died_is_told_as_unknown_and_not_run_again(path: Path) -> None:
    with LoopbackModel([act("x = 1"), say(), say("I see.")]) as model:
        async with session(model, path) as (made, environment):
            async for event in made.run("first"):
                if isinstance(event, events.StepStarted):
                    died_here = path.read_bytes()
            path.write_bytes(died_here)
            assert Document(path).trajectory.turns[0].state == "running"
            again = Session(settings_for(model), environment, AllowAll(), document=Document(path))
            assert await do(again, "go on") == "answered"
            await again.close()
        said = model.requests[-1]["messages"]
    assert "outcome unknown" in json.dumps(said[2])
    broken, whole = Document(path).trajectory.turns
    assert (broken.state, broken.steps[0].state) == ("interrupted", "unknown")
    assert whole.state == "answered"
    shown = [cell for cell in Document(path).content["cells"] if cell["cell_type"] == "code"]
    assert "unknown" in json.dumps(shown[0]["outputs"])


async def test_a_later_update_changes_the_earlier_cell_and_nothing_that_was_told(
    path: Path,
) -> None:
    show = "from IPython.display import display\nh = display('before', display_id='h')"
    turns = [act(show), act("h.update('after')"), say(), act("h.update('anew')"), say()]
    with LoopbackModel(turns) as model:
        async with session(model, path) as (made, _):
            await do(made, "show")
            first = json.dumps(model.requests[-1]["messages"], sort_keys=True)
            assert Document(path).trajectory == made.trajectory
            shown, updating = made.turn.steps
            (output,), (update,) = observed(shown).outputs, observed(updating).updated
            assert update == Display({"text/plain": "'after'"}, display_id="h")
            first_shown = output_digest(Display({"text/plain": "'before'"}, display_id="h"))
            assert output == replace(update, was=first_shown)
            assert verify_file(path, None).holds
            assert observed(updating).outputs == ()
            await do(made, "show it anew")
            said = model.requests[-1]["messages"]
    assert verify_file(path, None).holds
    begun = json.loads(first)
    assert said[: len(begun)] == begun
    assert "'before'" in json.dumps(said[2]) and "now shows] 'after'" in json.dumps(said[4])
    assert Document(path).trajectory == made.trajectory
    cells = [cell for cell in Document(path).content["cells"] if cell["cell_type"] == "code"]
    assert [output["data"]["text/plain"] for output in cells[0]["outputs"]] == [["'anew'"]]
    assert [cell["outputs"] for cell in cells[1:]] == [[], []]


async def test_what_comes_after_the_last_action_is_in_its_cell_and_told_in_the_next_turn(
    path: Path,
) -> None:
    code = "import threading, time\ndef f():\n    time.sleep(0.2)\n    print('late')\n"
    turns = [act(f"{code}threading.Thread(target=f).start()"), slow_say(2.0), say("again")]
    with LoopbackModel(turns) as model:
        async with session(model, path) as (made, _):
            turn, heard = None, []
            async for event in made.run("begin"):
                heard.append(event)
                turn = events.apply(turn or made.turn, event)
            assert turn == made.turn
            assert [event.kind for event in heard[-2:]] == ["late-output", "run-finished"]
            assert observed(made.turn.steps[0]).outputs == (Stream("late\n"),)
            assert Document(path).trajectory == made.trajectory
            await do(made, "go on")
            assert "late" in json.dumps(model.requests[-1]["messages"][-1])
            assert Document(path).trajectory == made.trajectory


async def test_another_model_is_used_from_the_next_turn_on(path: Path) -> None:
    with LoopbackModel([say("one"), say("two")]) as model:
        async with session(model, path) as (made, _):
            await do(made, "first")
            made.use(replace(made.settings, model="claude-sonnet-5-0"))
            await do(made, "second")
        assert [request["model"] for request in model.requests] == [
            "claude-opus-5-5",
            "claude-sonnet-5-0",
        ]


async def test_a_picture_goes_with_the_task_and_is_seen_in_its_cell(path: Path) -> None:
    with LoopbackModel([say("A red dot.")]) as server:
        async with session(server, path) as (made, _):
            async for _event in made.run("What is this?", [("image/png", RED_DOT)]):
                pass
        (block,) = [
            b for b in server.requests[-1]["messages"][0]["content"] if b["type"] == "image"
        ]
        assert block["source"]["data"] == RED_DOT
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[0].attachments == {"image-1": {"image/png": RED_DOT}}
        assert "attachment:image-1" in notebook.cells[0].source
        assert Document(path).trajectory == made.trajectory


async def test_a_picture_that_is_none_is_named_and_leaves_no_turn(path: Path) -> None:
    with LoopbackModel() as server:
        async with session(server, path) as (made, _):
            with pytest.raises(SettingsError, match="image 1 of the task"):
                await anext(made.run("What is this?", [("image/png", "bm90IGFuIGltYWdl")]))
            assert made.trajectory.turns == ()


async def test_an_empty_task_is_refused_and_leaves_no_turn(path: Path) -> None:
    with LoopbackModel() as model:
        async with session(model, path) as (made, _):
            with pytest.raises(SettingsError, match="the task is empty"):
                await do(made, " \n ")
    assert not made.trajectory.turns
    assert not path.exists()


@pytest.mark.parametrize("end", ["stop", "interrupt"])
@pytest.mark.parametrize("before", ["", "an earlier turn"])
async def test_a_stop_while_the_run_is_prepared_ends_it_before_the_model_is_asked(
    path: Path, end: str, before: str
) -> None:
    with LoopbackModel([say(), say()] if before else [say()]) as model:
        async with session(model, path) as (made, environment):
            if before:
                await do(made, before)
            asked = len(model.requests)
            await environment._link.request({"code": "person = 1", "silent": False})
            if not before:
                await environment.news()  # of another conversation
            running = asyncio.ensure_future(do(made, "do it"))
            await asyncio.sleep(0)  # it begins
            getattr(made, end)()
            assert await running == "stopped"
            assert (made.turn.task, made.turn.reason) == ("do it", "stopped by the person")
            assert len(model.requests) == asked
            assert Document(path).trajectory == made.trajectory
            assert await do(made, "go on") == "answered"
            assert "person: int" in str(model.requests[-1]["messages"][-1])


async def test_the_model_is_told_what_the_task_names_among_many_variables(path: Path) -> None:
    with LoopbackModel([say()]) as model:
        async with session(model, path) as (made, environment):
            many = "person = 1\nfor at in range(800): globals()[f'v{at}'] = at"
            await environment._link.request({"code": many, "silent": False})
            await environment._link.request({"code": "person = [1]\ndel v3", "silent": False})
            assert await do(made, "double `v400` of these") == "answered"
            told = str(model.requests[-1]["messages"][-1])
            assert "v400: int" in told and "v401: int" not in told and "(and 7" in told


async def test_a_stop_ends_the_wait_for_a_kernel_that_does_not_answer(path: Path) -> None:
    with LoopbackModel([act("1"), say()]) as model:
        async with session(model, path) as (made, environment):
            asked = asyncio.Event()

            class Silent(KernelEnvironment):
                async def news(
                    self, *, anew: bool = False, mentioned: Collection[str] = ()
                ) -> News:
                    asked.set()
                    await asyncio.Event().wait()
                    raise AssertionError

            environment.__class__ = Silent
            running = asyncio.ensure_future(do(made, "do it"))
            await asked.wait()
            made.interrupt()
            assert await running == "stopped"
            assert not model.requests


@pytest.mark.usefixtures("no_credentials")
def test_without_a_model_the_error_lists_the_four_ways_on() -> None:
    with pytest.raises(SettingsError) as told:
        choose_model(Settings(), ports=[("Ollama", 9)])
    for way in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "Ollama", "--model demo", "config.toml"):
        assert way in str(told.value)


@contextmanager
def model_list(*names: str) -> Iterator[int]:
    """A server that lists these models, on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": name} for name in names]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.usefixtures("no_credentials")
def test_a_local_server_is_used_when_there_is_no_key_and_named() -> None:
    with model_list("qwen3", "other") as port:
        ports = (("Ollama", 9), ("llama-server", port))
        chosen = choose_model(Settings(), ports=ports)
        named = choose_model(Settings(model="other", given=frozenset({"model"})), ports=ports)
    assert chosen.model.name == "qwen3"
    assert chosen.notice == (
        f"No key is set: using qwen3 of llama-server at http://127.0.0.1:{port}. "
        "No price is known for qwen3: max_cost is not watched."
    )
    assert named.model.name == "other"


def test_a_key_is_enough_and_the_demo_needs_none() -> None:
    chosen = choose_model(Settings(api_key="sk-test"))
    assert (chosen.model.name, chosen.notice) == ("claude-opus-5-5", "")
    demo = choose_model(Settings(model="demo"))
    assert demo.model.name == "demo"
    assert "recorded" in demo.notice


def test_that_no_price_watches_the_cost_is_said_where_there_is_a_limit_to_it() -> None:
    elsewhere = Settings(base_url="http://127.0.0.1:9", api_key="sk-test")
    assert choose_model(elsewhere).notice.endswith(": max_cost is not watched.")
    assert choose_model(replace(elsewhere, max_cost=None)).notice == ""


def test_ids_of_runs_are_short_and_differ() -> None:
    made = {composition.new_run_id() for _ in range(100)}
    assert len(made) == 100
    assert all(len(name) == 8 for name in made)


async def test_a_run_that_nobody_listens_to_any_more_leaves_a_whole_record(path: Path) -> None:
    with LoopbackModel([act("import time; time.sleep(60)"), say()]) as model:
        async with session(model, path) as (made, _):
            happenings = made.run("sleep")
            async for event in happenings:
                if isinstance(event, events.StepStarted):
                    break
            await asyncio.wait_for(happenings.aclose(), 20)
    assert Document(path).trajectory.turns[0].steps[0].state in ("unknown", "interrupted")
