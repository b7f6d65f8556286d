"""The demo model: it plays its stories, says what it is, and never says what did not happen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeact_jupyter.engine.messages import Message
from codeact_jupyter.engine.trajectory import Reply
from codeact_jupyter.models.demo import Story, demo_model, stories

from .talking import ask, request, said

EXAMPLES = Path(__file__).parents[2] / "examples" / "notebooks"


def its_task(story: Story) -> str:
    return story.task


async def played(task: str, *, failing: tuple[int, ...] = ()) -> list[Reply]:
    """All replies to a task, when the actions of these numbers fail and the others do not."""
    model, replies, messages = demo_model(), list[Reply](), said(task)
    while not replies or not replies[-1].is_answer:
        reply, _ = await ask(model, request(messages))
        replies.append(reply)
        result = {"content": "seen", "tool_use_id": "".join(reply.calls), "type": "tool_result"}
        if len(replies) - 1 in failing:
            result["is_error"] = True  # type: ignore[assignment]
        messages = (*messages, Message("assistant", reply.blocks), Message("user", (result,)))
    return replies


@pytest.mark.parametrize("story", stories(), ids=its_task)
async def test_each_story_is_played_to_its_end_for_its_own_task(story: Story) -> None:
    replies = await played(story.task, failing=story.fails)
    assert [reply.code or "" for reply in replies] == [line.code for line in story.lines]
    for line in story.lines[:-1]:
        compile(line.code, "demo", "exec")
    assert story.lines[-1].code == ""


def test_every_task_that_is_shown_to_people_has_a_story() -> None:
    tasks = ["Load the revenue file, add it up by quarter", "Add up the revenue by quarter."]
    for path in EXAMPLES.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            magic, _, task = "".join(cell["source"]).partition("\n")
            tasks += [task] * magic.startswith("%%codeact")
    assert len(tasks) > 5
    for task in tasks:
        assert sum(story.fits(task) for story in stories()) == 1, task


@pytest.mark.parametrize(
    "task",
    ["hello", "What is the error rate of my classifier?", "Withdraw the most recent order.", ""],
)
async def test_for_another_task_it_says_what_it_is_and_what_it_can_play(task: str) -> None:
    (reply,) = await played(task)
    assert reply.code is None
    assert "This is the demo" in reply.text
    assert "ran nothing" in reply.text
    assert all(f"- {story.task} (needs {story.needs})" in reply.text for story in stories())
    assert "codeact doctor" in reply.text


async def test_a_story_stops_when_the_code_ends_otherwise_than_when_it_was_recorded() -> None:
    story = stories()[0]
    for failing in ((), (0,), (*story.fails, 2)):
        replies = await played(story.task, failing=failing)
        assert "The demo stops here" in replies[-1].text
        assert "pandas and matplotlib" in replies[-1].text
        assert len(replies) < len(story.lines)
