"""A run is taken back from the panel, all together, and brought again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .tabs import Tab, outputs

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
    tab.page.screenshot(path=str(tmp_path / "undo.png"))
    card.get_by_role("button", name="Undo", exact=True).click()
    expect(tab.page.get_by_role("button", name="Redo this run…")).to_be_visible()
    tab.until(lambda: tab.roles == roles[:2], "the run's cells gone")
    tab.run(1)
    tab.until(lambda: BEFORE in outputs(tab.cells[1]), "what was before the run")

    tab.page.get_by_role("button", name="Redo this run…").click()
    card = tab.page.get_by_role("group", name="Redo this run?")
    card.get_by_role("button", name="Redo", exact=True).click()
    tab.until(lambda: tab.roles == roles, "the run's cells again")
    tab.run(1)
    tab.until(lambda: AFTER in outputs(tab.cells[1]), "what the run did, again")
