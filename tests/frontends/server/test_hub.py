"""Who is told what of a notebook's runs, and what is kept for those who come later."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from codeact_jupyter.frontends.server.hub import Hub
from codeact_jupyter.frontends.server.saving import put_in

PATH = "n.ipynb"


class Tab:
    """A follower that keeps what it is told."""

    def __init__(self, hub: Hub, *, shared: bool = False, seen: Mapping[str, int] | None = None):
        self.told: list[Any] = []
        self.hub = hub
        self.follow(shared=shared, seen=seen or {})

    def tell(self, message: Mapping[str, Any]) -> None:
        self.told.append(message)

    def follow(self, *, shared: bool, seen: Mapping[str, int]) -> None:
        self.hub.follow(PATH, self, shared=shared, seen=seen)

    @property
    def leads(self) -> bool:
        return [m["lead"] for m in self.told if "lead" in m][-1]

    @property
    def numbers(self) -> list[int]:
        return [m["frame"]["number"] for m in self.told if m["type"] == "frame"]


def frame(number: int, kind: str, run: str = "ab", **fields: Any) -> dict[str, Any]:
    return {"version": 1, "run": run, "number": number, "type": kind, **fields}


def cell(number: int, name: str, source: str, after: str = "", **more: Any) -> dict[str, Any]:
    what = {"id": f"ab-{name}", "cell_type": "code", "source": source}
    shown = {**what, "metadata": {"codeact": {"run": "ab"}}, "outputs": [], **more}
    return frame(number, "cell", after=after and f"ab-{after}", phase="final", cell=shown)


def state(number: int, state: str = "running", waiting: str = "") -> dict[str, Any]:
    return frame(number, "run", state=state, waiting=waiting, reason="", task="t")


def test_of_those_who_share_a_document_exactly_one_leads() -> None:
    hub = Hub()
    first, second = Tab(hub), Tab(hub)
    assert first.leads and second.leads  # each has a document of its own
    second.follow(shared=True, seen={})
    first.follow(shared=True, seen={})
    assert second.leads and not first.leads
    hub.leave_all(second)
    assert first.leads
    third = Tab(hub, shared=True)
    first.follow(shared=False, seen={})
    assert third.leads and first.leads


def test_a_frame_that_is_known_is_told_to_nobody_again() -> None:
    hub = Hub()
    tab = Tab(hub)
    for number in (1, 2, 2, 1, 4, 3):
        hub.publish(PATH, frame(number, "typed", step=1, part="code", text="x"))
    assert tab.numbers == [1, 2, 4]


def test_what_became_void_is_not_told_to_who_comes_later() -> None:
    hub = Hub()
    hub.publish(PATH, state(1))
    hub.publish(PATH, frame(2, "typed", step=1, part="code", text="x"))
    hub.publish(PATH, frame(3, "asked", step=1, code="x", hash="h", reasons=[]))
    hub.publish(PATH, state(4, waiting="approval"))
    assert Tab(hub).numbers == [2, 3, 4]
    hub.publish(PATH, frame(5, "step", step=1, state="ok"))
    hub.publish(PATH, state(6))
    assert Tab(hub).numbers == [5, 6]
    assert Tab(hub, seen={"ab": 5}).numbers == [6]


def test_a_cell_that_is_told_again_keeps_its_place_for_who_comes_later() -> None:
    hub = Hub()
    hub.publish(PATH, cell(1, "0-task", "task"))
    hub.publish(PATH, cell(2, "1-action", "1", after="0-task"))
    hub.publish(PATH, cell(3, "2-action", "2", after="1-action"))
    hub.publish(PATH, cell(4, "0-task", "task, folded"))
    notebook: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    put_in(notebook, hub.log(PATH).unsaved(), hub.log(PATH))
    told = [(each["id"], each["source"]) for each in notebook["cells"]]
    assert told == [("ab-0-task", "task, folded"), ("ab-1-action", "1"), ("ab-2-action", "2")]


def test_a_cell_that_is_saved_and_changes_again_is_changed_in_the_file_but_for_the_persons() -> (
    None
):
    hub = Hub()
    log = hub.log(PATH)
    hub.publish(PATH, cell(1, "1-action", "1"))
    hub.publish(PATH, cell(2, "2-action", "2", after="1-action"))
    mine = {"id": "mine", "cell_type": "code", "source": "x", "metadata": {}, "outputs": []}
    notebook = {"cells": [mine], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put_in(notebook, log.unsaved(), log)
    log.saved({"ab": 2})
    notebook["cells"][1]["source"] = "by hand"
    del notebook["cells"][2]
    hub.publish(PATH, cell(3, "1-action", "1, folded"))
    hub.publish(PATH, cell(4, "2-action", "2, folded", after="1-action"))
    put_in(notebook, log.unsaved(), log)
    assert [each["source"] for each in notebook["cells"]] == ["x", "by hand"]


def test_what_a_kernel_wrote_into_a_cell_of_the_file_is_not_trusted() -> None:
    """Code in a sandbox may write its own notebook; a script in it would act for the person."""
    hub = Hub()
    log = hub.log(PATH)
    shown = [{"output_type": "stream", "name": "stdout", "text": "of the run"}]
    hub.publish(PATH, cell(1, "1-action", "1", outputs=shown))
    notebook: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put_in(notebook, log.unsaved(), log)
    assert notebook["cells"][0]["metadata"]["trusted"]
    log.saved({"ab": 1})
    script = {"output_type": "display_data", "data": {"text/html": "<script>"}, "metadata": {}}
    notebook["cells"][0] |= {"outputs": [script]}
    notebook["cells"][0]["metadata"]["trusted"] = False  # as whoever reads a changed file finds it
    hub.publish(PATH, cell(2, "1-action", "1, folded", outputs=shown))
    put_in(notebook, log.unsaved(), log)
    assert notebook["cells"][0]["outputs"] == [script]
    assert not notebook["cells"][0]["metadata"]["trusted"]


def test_a_cell_that_was_edited_in_a_tab_that_was_not_saved_is_saved_as_the_person_has_it() -> None:
    hub = Hub()
    log = hub.log(PATH)
    hub.publish(PATH, {**cell(1, "1-action", ""), "phase": "typing"})
    hub.publish(PATH, cell(2, "1-action", "x = 1", execution_count=3))
    log.runs["ab"].did("edited", "ab-1-action", "x = 'mine'")
    notebook: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put_in(notebook, log.unsaved(), log)
    (saved,) = notebook["cells"]
    assert (saved["source"], saved["execution_count"]) == ("x = 'mine'", 3)


def test_a_cell_that_runs_is_told_again_though_it_is_saved_for_the_file_does_not_say_so() -> None:
    hub = Hub()
    running = {"phase": "running"}
    hub.publish(PATH, cell(1, "0-task", "task"))
    hub.publish(PATH, {**cell(2, "1-action", "x", after="0-task"), **running})
    hub.log(PATH).saved({"ab": 2})
    assert Tab(hub).numbers == [2]
    hub.publish(PATH, cell(3, "1-action", "x", execution_count=1))
    hub.log(PATH).saved({"ab": 3})
    assert Tab(hub).numbers == []


def test_a_save_that_is_told_late_takes_nothing_back() -> None:
    hub = Hub()
    log = hub.log(PATH)
    begun = cell(1, "1-action", "x = 1")
    hub.publish(PATH, {**begun, "phase": "typing"})
    hub.publish(PATH, cell(2, "1-action", "x = 1", execution_count=3))
    log.saved({"ab": 2})
    log.saved({"ab": 1})
    written = log.runs["ab"].written["ab-1-action"]
    assert not written.saved_typing and not log.unsaved()


def test_a_run_of_the_server_is_told_by_the_server_alone() -> None:
    hub = Hub()
    tab = Tab(hub)
    hub.publish(PATH, state(1))
    hub.publish(PATH, state(2, "answered"), "kernel")
    hub.publish(PATH, frame(1, "run", run="cd", state="running", waiting=""), "kernel")
    hub.publish(PATH, frame(2, "run", run="cd", state="answered", waiting=""))
    frames = [m["frame"] for m in tab.told if m["type"] == "frame"]
    assert [frame["state"] for frame in frames] == ["running", "running"]
    hub.end(PATH, "ab", "failed", "why")
    hub.end(PATH, "ab", "failed", "twice")
    told, ended = (message["frame"] for message in tab.told[-2:])
    assert (told["number"], told["cell"]["id"]) == (2, "ab-1-answer")
    assert "why" in told["cell"]["source"], "the notebook says how it ended"
    assert (ended["number"], ended["state"], ended["reason"]) == (3, "failed", "why")


async def test_the_end_of_a_magics_run_may_come_a_moment_later_than_a_task_behind_it() -> None:
    hub = Hub()
    hub.publish(PATH, state(1), teller="a kernel")
    asking = asyncio.ensure_future(hub.told_run_after_a_moment(PATH))
    await asyncio.sleep(0.1)
    hub.publish(PATH, state(2, "answered"), teller="a kernel")
    assert await asking == ""
    hub.publish(PATH, state(1) | {"run": "cd"}, teller="a kernel")
    assert await hub.told_run_after_a_moment(PATH) == "cd", "it goes on"


def test_a_renamed_notebook_keeps_its_runs_and_its_followers() -> None:
    hub = Hub()
    tab = Tab(hub)
    hub.publish(PATH, state(1))
    hub.move(PATH, "new.ipynb")
    assert hub.is_followed("new.ipynb") and not hub.is_followed(PATH)
    hub.publish("new.ipynb", state(2, "answered"))
    assert tab.numbers == [1, 2]


def test_tasks_that_wait_are_told_to_all_and_to_who_comes_later() -> None:
    hub = Hub()
    tab = Tab(hub)
    hub.queued(PATH, ["and then"])
    for each in (tab, Tab(hub)):
        assert each.told[-1] == {"type": "queue", "path": PATH, "tasks": ["and then"]}
    hub.move(PATH, "moved.ipynb")
    hub.queued("moved.ipynb", [])
    assert tab.told[-1]["tasks"] == []


def test_a_run_that_the_person_took_out_is_told_to_nobody_unless_it_goes_on() -> None:
    hub = Hub()
    hub.publish(PATH, state(1))
    hub.log(PATH).forget(["ab", "unknown"])
    assert Tab(hub).numbers == [1]
    hub.publish(PATH, state(2, "answered"))
    hub.log(PATH).forget(["ab"])
    assert Tab(hub).numbers == [] and hub.log(PATH).unsaved() == []
