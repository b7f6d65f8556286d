"""Export: every form, from a command's notebook and from one that a magic wrote into."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from codeact_jupyter.cleaning import Patience
from codeact_jupyter.engine.context import messages
from codeact_jupyter.engine.trajectory import Display, Result, Trajectory
from codeact_jupyter.errors import CodeActError, NotebookError, SettingsError
from codeact_jupyter.notebook.beginning import new_notebook
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.record import page
from codeact_jupyter.record.export import export_file, export_trajectory
from codeact_jupyter.record.formats import FORMATS
from codeact_jupyter.record.page import LEFT_OUT, PATIENCE, SHARE, cleaned
from codeact_jupyter.record.signing import own_key
from codeact_jupyter.record.verify import verify, verify_file
from tests.notebook.stories import conversation, step, story

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
    "RU5ErkJggg=="
)
ROW = f"<tr>{'<td>1.25</td>' * 10}</tr>"
HOSTILE = "<script>steal()</script><img src=x onerror=steal()><a href='javascript:steal()'>x</a>"


def plotted() -> Trajectory:
    """A run with a picture, and with HTML that means harm."""
    shown = Display({"image/png": PIXEL, "text/plain": "<Figure>"})
    table = Result({"text/html": f"<table><tr><td>6</td></tr></table>{HOSTILE}", "text/plain": "6"})
    steps = (step(1, "plot()", shown), step(2, "table", table))
    answer = story().answer
    assert answer is not None
    return conversation(
        replace(story(), steps=steps, answer=replace(answer, text=f"Six. {HOSTILE}"))
    )


@pytest.fixture(scope="module")
def command_notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("command") / "rev q1 (new).ipynb"
    Document(path).show(plotted())
    return path


@pytest.fixture(scope="module")
def magic_notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo under a magic's own cell, twice, as nbclient runs it."""
    path = tmp_path_factory.mktemp("magic") / "magic.ipynb"
    magic = "%%codeact --model demo\nAdd up the revenue by quarter."
    sources = ["%load_ext codeact_jupyter", magic, "mine = 1", magic]
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in sources])
    NotebookClient(
        content, timeout=120, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    nbformat.write(content, path)
    return path


def exported(source: Path, form: str, folder: Path) -> Path:
    return export_file(source, form, folder / f"{source.stem}.{form}")


def test_a_notebook_is_exported_with_the_same_trajectory(
    command_notebook: Path, tmp_path: Path
) -> None:
    target = exported(command_notebook, "ipynb", tmp_path)
    nbformat.validate(nbformat.read(target, as_version=4))
    assert Document(target).trajectory == plotted()


def test_a_script_is_python_with_the_words_as_comments(
    command_notebook: Path, tmp_path: Path
) -> None:
    text = exported(command_notebook, "py", tmp_path).read_text("utf-8")
    compile(text, "exported", "exec")
    assert "# **Task.** Add up the numbers." in text
    assert "plot()" in text


def test_markdown_shows_images_that_exist(command_notebook: Path, tmp_path: Path) -> None:
    target = exported(command_notebook, "md", tmp_path)
    links = re.findall(r"!\[[^]]*\]\(([^)]*\.png)\)", target.read_text("utf-8").replace("%20", " "))
    links = [link.replace("%28", "(").replace("%29", ")") for link in links]
    assert len(links) == 1
    assert (tmp_path / links[0]).read_bytes() == base64.b64decode(PIXEL)


def test_a_notebook_names_no_file_of_its_markdown_beyond_the_folder_for_pictures(
    tmp_path: Path,
) -> None:
    (tmp_path / "deep").mkdir()
    source = tmp_path / "deep" / "hostile.ipynb"
    theirs = {name: tmp_path / name for name in ("theirs.txt", "theirs.png")}
    for each in theirs.values():
        each.write_text("mine")
    named = ({"metadata": {"filename": name}} for name in ("own", "../../theirs"))
    shown = [{"data": {"image/png": PIXEL}, **each} for each in named]
    text: Any = nbformat.v4.new_markdown_cell("![](attachment:../../theirs.txt)")
    text["attachments"] = {"../../theirs.txt": {"text/plain": PIXEL}}
    outputs = [nbformat.v4.new_output("display_data", **each) for each in shown]
    code = nbformat.v4.new_code_cell("plot()", outputs=outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[text, code]), source)
    export_file(source, "md")
    assert {each.read_text() for each in theirs.values()} == {"mine"}
    pictures = source.with_name("hostile_files")
    assert sorted(each.name for each in pictures.iterdir()) == [
        "own.png",
        "theirs.png",
        "theirs.txt",
    ]


@pytest.mark.parametrize("form", ["md", "html", "py"])
def test_a_cell_that_cannot_be_exported_is_named(tmp_path: Path, form: str) -> None:
    said = conversation(replace(story(), steps=(step(1, "x"),)))
    cells = new_notebook(said)["cells"]
    around = {"cells": [{**cells[0], "attachments": 5}, *cells[1:]], "metadata": {}}
    why = rf"cannot be exported as '{form}' \(\w+: .*\); mend or delete it"
    with pytest.raises(NotebookError, match=why):
        export_trajectory(said, tmp_path / f"x.{form}", around=around)


def test_html_has_the_analysis_and_nothing_in_it_acts(
    command_notebook: Path, tmp_path: Path
) -> None:
    text = exported(command_notebook, "html", tmp_path).read_text("utf-8")
    acts = r"<script|<[^>]*(steal\(|\bonerror|javascript:)"  # as text between tags it does not
    assert not re.search(acts, text, re.IGNORECASE)
    assert "&lt;p&gt;" not in text
    assert PIXEL in text
    assert "<tbody><tr><td>6</td></tr></tbody>" in text
    assert "<strong>Task.</strong> Add up the numbers." in text


DANGERS = {
    "<b>x</b>": "<b>x</b>",
    "<style>p {}</style>x": "x",
    "<SCRIPT>a()": "",
    "<img src='data:image/png;base64,aa' onload='a()'>": '<img src="data:image/png;base64,aa">',
    "<img src='data:text/html;base64,aa'>": "<img>",
    "<a href=' JaVaScRiPt:a()'>x</a>": "<a>x</a>",
    "<a href='data:text/html,<b>'>x</a>": "<a>x</a>",
    "<a href='https://x'>x</a>": '<a href="https://x">x</a>',
    "<iframe src='https://x'></iframe>x": "x",
    "<p style='background:url(https://x)'>x</p>": "<p>x</p>",
    "<svg><script>a()</script></svg>": "",
    "<form action='https://x'><input></form>": "",
}


@pytest.mark.parametrize("markup", DANGERS)
def test_what_acts_is_taken_out_of_html(markup: str) -> None:
    assert cleaned(markup, Patience()) == DANGERS[markup]


@pytest.mark.parametrize("markup", ["<div>" * 100_000, "<p><b>" * 50_000], ids=["deep", "disorder"])
def test_html_that_would_take_hours_is_left_out_and_said_to_be(markup: str) -> None:
    assert cleaned(markup, Patience()) == LEFT_OUT


def test_a_table_of_four_thousand_rows_stays_whole() -> None:
    patience = Patience(PATIENCE, SHARE)
    assert cleaned(f"<table>{ROW * 4_000}</table>", patience).count(ROW) == 4_000


def test_tables_of_one_page_share_its_patience_and_leave_some_for_its_text() -> None:
    patience = Patience(1, SHARE)
    pieces = [f"<table>{ROW * 200}</table>"] * 4 + ["<b>x</b>"]
    shown = [cleaned(piece, patience).count(ROW) or cleaned(piece, patience) for piece in pieces]
    assert shown == [200, 200, LEFT_OUT, LEFT_OUT, "<b>x</b>"]


def test_a_page_leaves_out_what_all_its_tables_together_take_too_long_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PATIENCE", 0.2)
    tables = [Result({"text/html": f"<table>{ROW * 40}</table>"})] * 4
    steps = tuple(step(number, "table", table) for number, table in enumerate(tables, 1))
    said = conversation(replace(story(), steps=steps))
    text = export_trajectory(said, tmp_path / "x.html").read_text("utf-8")
    assert (text.count(ROW), text.count(LEFT_OUT)) == (80, 2)
    assert "<strong>Task.</strong> Add up the numbers." in text


def test_a_drawing_is_shown_as_a_picture_in_html(tmp_path: Path) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'><script>steal()</script></svg>"
    shown = Display({"image/svg+xml": drawing, "text/plain": "drawing"})
    said = conversation(replace(story(), steps=(step(1, "draw()", shown),)))
    text = export_trajectory(said, tmp_path / "x.html").read_text("utf-8")
    assert "steal()" not in text
    assert base64.b64encode(drawing.encode()).decode() in text


def test_json_lines_have_one_for_each_turn(tmp_path: Path) -> None:
    said = conversation(story("0000000a"), story("0000000b", "And \ud800?"))
    target = export_trajectory(said, tmp_path / "run.jsonl")
    lines = [json.loads(line) for line in target.read_text("ascii").splitlines()]
    assert [(line["run"], line["turn"], line["state"]) for line in lines] == [
        ("0000000a", 1, "answered"),
        ("0000000b", 2, "answered"),
    ]
    alone = Trajectory(said.system, said.tools, said.turns[:1])
    assert lines[0]["messages"] == [
        {"role": message.role, "content": list(message.blocks)} for message in messages(alone)
    ]
    assert [action["state"] for action in lines[0]["actions"]] == ["error", "ok", "ok"]
    assert lines[0]["cost"] == pytest.approx(0.0045)
    assert lines[1]["task"] == "And \ud800?"


def test_a_magics_run_is_read_back_as_the_cells_it_would_have_been(magic_notebook: Path) -> None:
    document = Document(magic_notebook)
    first, second = document.trajectory.turns
    for turn in (first, second):
        assert (turn.task, turn.state) == ("Add up the revenue by quarter.", "answered")
        assert [each.state for each in turn.steps] == ["ok", "error", "ok", "ok", "ok"]
        last = turn.steps[-1].observation
        assert last is not None
        assert any("image/png" in out.data for out in last.outputs if isinstance(out, Display))
    assert document.trajectory.system


def test_a_picture_beside_markdown_is_not_overwritten_unasked(
    command_notebook: Path, tmp_path: Path
) -> None:
    target = tmp_path / "rev.md"
    export_file(command_notebook, "md", target)
    (picture,) = (tmp_path / "rev_files").iterdir()
    ours = picture.read_bytes()
    picture.write_bytes(b"theirs")
    target.unlink()
    with pytest.raises(NotebookError, match=f"{re.escape(str(picture))}' exists; .*--force"):
        export_file(command_notebook, "md", target)
    assert (picture.read_bytes(), target.exists()) == (b"theirs", False)
    export_file(command_notebook, "md", target, replace=True)
    assert (picture.read_bytes(), target.exists()) == (ours, True)


def test_a_magics_notebook_is_verified_cell_by_cell(magic_notebook: Path) -> None:
    verdict = verify_file(magic_notebook, own_key())
    assert verdict.holds, verdict
    assert verdict.signed
    content = json.loads(magic_notebook.read_text("utf-8"))
    outputs = content["cells"][3]["outputs"]
    plot = next(each for each in outputs if "image/png" in each.get("data", {}))
    plot["data"]["image/png"] = PIXEL
    found = verify(content, None).first
    assert found is not None
    assert (found.place, found.what) == (4, "output 1")


def test_a_magics_notebook_is_exported_as_cells_in_every_form(
    magic_notebook: Path, tmp_path: Path
) -> None:
    for form in FORMATS:
        assert exported(magic_notebook, form, tmp_path).stat().st_size > 1_000
    target = tmp_path / "magic.ipynb"
    content = nbformat.read(target, as_version=4)
    nbformat.validate(content)
    assert Document(target).trajectory == Document(magic_notebook).trajectory
    assert verify_file(target, own_key()).holds
    ours = [cell.metadata.codeact.role for cell in content.cells if mark_of(cell)]
    assert ours == ["task", *["thought", "action"] * 5, "answer"] * 2
    assert len((tmp_path / "magic.jsonl").read_text().splitlines()) == 2
    assert len(list((tmp_path / "magic_files").iterdir())) == 2
    assert "<script" not in (tmp_path / "magic.html").read_text("utf-8")


def test_a_command_continues_a_magics_notebook_without_doubling_its_runs(
    magic_notebook: Path, tmp_path: Path
) -> None:
    path = tmp_path / "continued.ipynb"
    path.write_bytes(magic_notebook.read_bytes())
    document = Document(path)
    both = document.trajectory.begin(story("0000000b"))
    before = json.loads(path.read_text("utf-8"))["cells"]
    document.show(both)
    after = json.loads(path.read_text("utf-8"))["cells"]
    assert after[: len(before)] == before
    assert len(after) == len(before) + 8
    assert Document(path).trajectory == both


@pytest.mark.parametrize("form", FORMATS)
def test_a_notebook_without_a_run_is_exported_where_that_makes_sense(
    form: str, tmp_path: Path
) -> None:
    source = tmp_path / "plain.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), source)
    target = tmp_path / f"out.{form}"
    if form == "jsonl":
        with pytest.raises(NotebookError, match="no run in this notebook"):
            export_file(source, form, target)
        assert not target.exists()
    else:
        assert "x = 1" in re.sub(
            r"<[^>]*>", "", export_file(source, form, target).read_text("utf-8")
        )


BAD: dict[str, tuple[type[CodeActError], str, Any]] = {
    "itself": (NotebookError, "overwrite itself.*-o", lambda at: export_file(at, "ipynb")),
    "gone": (NotebookError, "no notebook", lambda at: export_file(at.with_name("x"), "py")),
    "no place": (
        NotebookError,
        "there is no directory",
        lambda at: export_file(at, "py", at.parent / "no" / "x.py"),
    ),
    "no form": (
        SettingsError,
        r"'.*x\.pdf'.*\.jsonl",
        lambda at: export_trajectory(conversation(), at.with_name("x.pdf")),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_exported_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    Document(path).show(conversation())
    kind, words, do = BAD[name]
    with pytest.raises(kind, match=words):
        do(path)
    assert [found.name for found in tmp_path.iterdir()] == ["run.ipynb"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.ipynb").touch()
    with pytest.raises(NotebookError, match=r"'.*empty\.ipynb' is an empty file"):
        export_file(tmp_path / "empty.ipynb", "md")
    assert [found.name for found in tmp_path.iterdir()] == ["empty.ipynb"]


def test_a_script_of_the_story_runs(tmp_path: Path) -> None:
    steps = story().steps
    source = conversation(replace(story(), steps=(steps[1], steps[2])))
    target = export_trajectory(source, tmp_path / "run.py")
    done = subprocess.run([sys.executable, target], capture_output=True, text=True, check=True)
    assert done.stdout == "drawing\n"
