"""The embedded demo model: a few recorded stories, one of which fits the task best.

Its words were recorded; the code in them runs live. It needs no key and says what it is.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from .scripted import Line, ScriptedModel


def demo_model(*, pace: float = 0.0) -> ScriptedModel:
    """The demo; `pace` is the seconds between the pieces of its words."""
    return ScriptedModel(_lines, name="demo", pace=pace)


def _lines(task: str) -> list[Line]:
    """The story whose words stand in the task; the first one when none do."""
    words = task.lower()
    fitting = (story for story in _stories() if any(word in words for word in story["when"]))
    story = next(fitting, _stories()[0])
    return [Line(**line) for line in story["lines"]]


@cache
def _stories() -> list[dict[str, Any]]:
    text = (files("codeact_jupyter.demo") / "stories.json").read_text("utf-8")
    stories: list[dict[str, Any]] = json.loads(text)
    return stories
