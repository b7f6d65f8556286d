"""A run is taken back from the panel, all together, and brought again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect

from codeact_jupyter.record.verify import verify_file
from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import LOAD, MAGIC, Tab, outputs

MADE = (
    "import pandas as pd, pathlib\n"
    "df = pd.DataFrame({'a': [1, 2]}); alias = df; n = 1\n"
    "_ = pathlib.Path('undone.txt').write_text('old')"
)
SHOWS = (
    "print(n, int(df.loc[0, 'a']), alias is df, 'new' in globals(), "
    "pathlib.Path('undone.txt').read_text())"
)
RUN = "n = 2; new = 5; df.loc[0, 'a'] = 99\n_ = pathlib.Path('undone.txt').write_text('changed')"
BEFORE, AFTER = "1 1 True False old", "2 99 True True changed"


def test_a_run_is_undone_with_its_cells_and_redone(
    tab: Tab, model: ScriptedModel, tmp_path: Path
) -> None:
    model.will(act(RUN), say("Changed."))
    tab.write(MADE, SHOWS)
    tab.run(0)
    tab.task("change them")
    tab.until_ended()
    roles = tab.roles
    tab.run(1)
    tab.until(lambda: AFTER in outputs(tab.cells[1]), "what the run did")

    tab.page.get_by_role("button", name="Undo this run…").click()
    card = tab.page.get_by_role("group", name="Undo this run?")
    for words in (
        "removed: new",
        "as before: n",
        "df (pandas.DataFrame)",
        "undone.txt",
        "cells go",
    ):
        expect(card).to_contain_text(words)
    picture(tab, tmp_path / "undo.png")
    card.get_by_role("button", name="Undo", exact=True).click()
    expect(tab.page.get_by_role("button", name="Redo this run…")).to_be_visible()
    tab.until(lambda: tab.roles == roles[:2], "the run's cells gone")
    tab.run(1)
    tab.until(lambda: BEFORE in outputs(tab.cells[1]), "what was before the run")

    tab.save()
    tab.load()
    open_panel(tab)
    tab.page.get_by_role("button", name="Redo this run…").click()
    card = tab.page.get_by_role("group", name="Redo this run?")
    picture(tab, tmp_path / "redo.png")
    card.get_by_role("button", name="Redo", exact=True).click()
    tab.until(lambda: tab.roles == roles, "the run's cells again")
    tab.run(1)
    tab.until(lambda: AFTER in outputs(tab.cells[1]), "what the run did, again")


def test_the_command_undoes_a_magics_run_in_the_server_that_has_its_kernel(
    tab: Tab, model: ScriptedModel
) -> None:
    shows = "print(items, 'new' in dir())"
    tab.write(LOAD, "items = [1]", f"{MAGIC}change", shows)
    model.will(act("items.append(2); new = 1"), say("Done."))
    for index in (0, 1, 2):
        tab.run(index)
    tab.until_ended()
    tab.save()
    codeact = Path(sys.executable).with_name("codeact")
    done = subprocess.run(
        [codeact, "undo", tab.file, "--yes"], env=tab.lab.environ, capture_output=True, text=True
    )
    for words in ("removed: new", "items (list)", "load it from disk there"):
        assert words in done.stdout, done
    assert [cell["source"] for cell in tab.saved()] == [
        LOAD,
        "items = [1]",
        f"{MAGIC}change",
        shows,
    ]
    tab.run(tab.index(shows))
    tab.until(lambda: "[1] False" in outputs(tab.cells[-1]), "what was before")


def test_a_step_is_undone_from_its_card_and_a_magics_run_with_its_cells(
    tab: Tab, model: ScriptedModel, tmp_path: Path
) -> None:
    model.will(act("one = 1"), act("two = 2"), say("Done."))
    sees = "print('one' in dir(), 'two' in dir(), 'three' in dir())"
    tab.write(
        "%load_ext codeact_jupyter",
        sees,
        "%%codeact\ngo",
        "%codeact undo --yes",
        "%codeact redo --yes",
    )
    tab.run(0)
    tab.run(2)
    tab.until_ended()
    roles = tab.roles
    tab.run(1)
    tab.until(lambda: "True True False" in outputs(tab.cells[1]), "what the run did")
    tab.run(roles.index("%codeact undo --yes"))
    tab.until(lambda: len(tab.roles) == 5, "the magic's cells gone")
    tab.run(1)
    tab.until(lambda: "False False False" in outputs(tab.cells[1]), "what was before")
    tab.run(4)
    tab.until(lambda: tab.roles == roles, "the magic's cells again")
    tab.run(1)
    tab.until(lambda: "True True False" in outputs(tab.cells[1]), "what the run did, again")

    open_panel(tab)
    tab.page.get_by_role("button", name="Undo from here…").nth(1).click()
    card = tab.page.get_by_role("group", name="Undo from step 2 on?")
    expect(card).to_contain_text("from its step 2 on")
    picture(tab, tmp_path / "step.png")
    card.get_by_role("button", name="Undo", exact=True).click()
    tab.until(lambda: "action 1" in tab.roles and "action 2" not in tab.roles, "the step gone")
    tab.run(1)
    tab.until(lambda: "True False False" in outputs(tab.cells[1]), "what was before the step")

    model.will(say("More."))
    tab.task("and more")
    tab.until_ended()
    tab.save()
    verdict = verify_file(tab.file, None)
    assert verdict.holds and "from step 2 on was undone" in " ".join(verdict.notes), verdict


def open_panel(tab: Tab) -> None:
    tab.page.evaluate(OPEN_PANEL)


def picture(tab: Tab, path: Path) -> None:
    """Keep what the panel shows, for who looks at it."""
    tab.page.screenshot(path=str(path))
