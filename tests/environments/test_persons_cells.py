"""Which cells of the person's the model is told of, and with what they showed."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.persons_cells import PersonsCells


def test_a_cell_that_runs_others_is_told_as_the_one_that_it_is(shell: InteractiveShell) -> None:
    cells = PersonsCells(shell)
    cells.watch()
    inside = "%%capture kept\nprint('kept')"
    cell = f"print('before')\nget_ipython().run_cell({inside!r})\nprint('after')"
    shell.run_cell(cell, store_history=True)
    shell.run_cell("print('next')", store_history=True)
    cells.unwatch()
    told = [(ran.code, ran.output) for ran in cells.take()]
    assert told == [(cell, "before\nafter"), ("print('next')", "next")]
