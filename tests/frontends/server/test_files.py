"""What a run changed on disk, asked for by the panel: each file can be seen and put back."""

from __future__ import annotations

from typing import Any

from tests.frontends.live import ScriptedModel, act, say

from .live_server import LiveNotebook

CHANGES = """
import os
os.makedirs('results', exist_ok=True)
open('results/table.csv', 'w').write('a\\n1\\n')
open('notes.txt', 'a').write('more\\n')
"""


def asked(notebook: LiveNotebook, run: str, *restore: str, overwrite: bool = False) -> Any:
    fields = {"path": notebook.path, "restore": list(restore), "overwrite": overwrite}
    answer = notebook.tell(run, "files", fields)
    assert answer.status == 200, answer.text
    return answer.json


def test_files_are_seen_put_back_one_by_one_and_the_model_is_told(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    notes = notebook.server.files / "notes.txt"
    notes.write_text("first\n")
    model.will(act(CHANGES), say("Done."))
    tab = notebook.follow()
    run = notebook.start("change files")
    tab.end(run)
    seen = {each["path"]: each for each in asked(notebook, run)["files"]}
    assert {path: each["what"] for path, each in seen.items()} == {
        "notes.txt": "changed",
        "results": "added",
        "results/table.csv": "added",
    }
    assert "+more" in seen["notes.txt"]["difference"]
    put = asked(notebook, run, "notes.txt")
    assert put["said"] == ["Put back: notes.txt"] and notes.read_text() == "first\n"
    assert {each["path"]: each["restored"] for each in put["files"]}["notes.txt"]
    notes.write_text("mine\n")
    assert "Left as they are" in " ".join(asked(notebook, run, "notes.txt")["said"])
    assert notes.read_text() == "mine\n"
    model.will(say("Seen."))
    tab.end(notebook.start("and now", **notebook.parts()))
    assert "put these files back" in model.told and "notes.txt" in model.told


def test_what_is_asked_wrongly_or_of_no_run_is_said(notebook: LiveNotebook) -> None:
    answer = notebook.tell("0123abcd", "files", {"path": notebook.path, "restore": []})
    assert answer.status == 400 and answer.json["message"]
    answer = notebook.tell("0123abcd", "files", {"path": notebook.path, "restore": [1]})
    assert answer.status == 400 and "cannot hold 1" in answer.json["message"]
