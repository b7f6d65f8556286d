"""The embedded demo model: a few recorded stories, and the honesty to say when none fits.

Its words were recorded; the code in them runs live. So it plays a story only for that story's
task, and only as long as the code ends as it did when the words were recorded.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..engine.messages import Message
from .scripted import Line, ScriptedModel, place_in

NO_STORY = """\
**This is the demo, and none of its stories fits this task.** Its words are recorded, so it cannot \
do tasks of your own; it ran nothing. Type one of these tasks to see it work:

{stories}

For tasks of your own use a real model: `codeact doctor` says how."""
OFF_THE_RECORD = """\
**The demo stops here.** This code ended otherwise than when the words were recorded, so what \
comes next in them might not be true. The story needs {needs}."""


@dataclass(frozen=True)
class Story:
    """One recorded turn: `when` are the groups of words of which a task must have one whole."""

    task: str
    when: tuple[tuple[str, ...], ...]
    needs: str
    lines: tuple[Line, ...]
    fails: tuple[int, ...]

    def fits(self, task: str) -> bool:
        """Whether the task asks for this story."""
        return any(
            all(re.search(rf"\b{re.escape(word)}", task, re.IGNORECASE) for word in group)
            for group in self.when
        )


def demo_model(*, pace: float = 0.0) -> ScriptedModel:
    """The demo; `pace` is the seconds between the pieces of its words."""
    return ScriptedModel(_line, name="demo", pace=pace)


def _line(messages: tuple[Message, ...]) -> Line:
    task, place = place_in(messages)
    story = next((story for story in stories() if story.fits(task)), None)
    if story is None:
        listed = "\n".join(f"- {story.task} (needs {story.needs})" for story in stories())
        return Line(NO_STORY.format(stories=listed))
    failed = any(block.get("is_error") for block in messages[-1].blocks)
    if place and failed != (place - 1 in story.fails):
        return Line(OFF_THE_RECORD.format(needs=story.needs))
    return story.lines[min(place, len(story.lines) - 1)]


@cache
def stories() -> tuple[Story, ...]:
    """The stories that the demo can play."""
    text = (files("codeact_jupyter.demo") / "stories.json").read_text("utf-8")
    return tuple(
        Story(
            task=story["task"],
            when=tuple(map(tuple, story["when"])),
            needs=story["needs"],
            lines=tuple(Line(line["text"], line.get("code", "")) for line in story["lines"]),
            fails=tuple(n for n, line in enumerate(story["lines"]) if line.get("fails")),
        )
        for story in json.loads(text)
    )
