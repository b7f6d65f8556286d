"""The search for the key finds it in every kind of file that a run leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeact_jupyter.engine.trajectory import Trajectory, Turn
from codeact_jupyter.record.journal import Journal

from .canary import holders

KEY = "one-that-only-these-tests-plant"


def test_the_key_is_found_in_a_file_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / ".b").mkdir(parents=True)
    (tmp_path / "clean.txt").write_text("sk-test")
    (tmp_path / "gone").symlink_to("nowhere")
    assert holders(tmp_path, KEY) == []
    held = tmp_path / "a" / ".b" / "c.bin"
    held.write_bytes(b"\xff" + KEY.encode() + b"\x00")
    assert holders(tmp_path, KEY) == [str(held)]


@pytest.mark.parametrize("around", ["", "x" * 2_000, "x" * 10_000])
def test_the_key_is_found_in_a_journal_also_where_its_text_is_packed(
    tmp_path: Path, around: str
) -> None:
    journal = Journal(tmp_path / "codeact")
    for run, task, found in (("a", "clean", []), ("b", f"{around}{KEY}{around}", ["journal"])):
        journal.begin(Trajectory(turns=(Turn(run, task),)), "/a/b.ipynb")
        journal.close()
        assert [Path(name).stem for name in holders(tmp_path, KEY)] == found
