"""Where a magic goes on: with a run of its notebook that broke off, or with another notebook's."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.aftermath import broken_off
from ..engine.telling import Telling
from ..engine.trajectory import Trajectory, Turn
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document
from ..record.journal import Journal
from ..record.mending import Holding, Mended, mended
from ..undoing import note_broken_off
from .retelling import retell
from .words import counted

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Jupyter Server tells a kernel the path of its notebook, and so does VS Code, in the namespace.
JUPYTER, VS_CODE = "JPY_SESSION_NAME", "__vsc_ipynb_file__"


def notebook_of(shell: InteractiveShell) -> str:
    """The path of the notebook that this kernel was started for; empty when nobody says."""
    told = shell.user_ns.get(VS_CODE) or os.environ.get(JUPYTER) or ""
    is_one = isinstance(told, str) and told.endswith(".ipynb") and hasattr(shell, "kernel")
    return os.path.realpath(told) if is_one else ""


def broken_runs(journal: Journal, notebook: str, held: Holding | None) -> list[Mended]:
    """The conversations of this notebook with runs that broke off before they were over.

    `held` is what a front end says that the notebook holds; without it, the file is read. What
    cannot be read holds nothing that could be mended now. Raises JournalError.
    """
    if not notebook:
        return []
    try:
        found = mended(journal, notebook, held or Document(Path(notebook)))
    except NotebookError:
        return []
    began = {entry.run for entry in journal.of_notebook(notebook) if entry.state == "running"}
    return [each for each in found if any(run.turn.run in began for run in each.runs)]


def show_broken(shell: InteractiveShell, found: Mended) -> None:
    """Show what is known of the runs that broke off, under the present cell."""
    for run in found.runs:
        print(run.words)
        note_broken_off(run.turn)
        retell(shell, found.trajectory, run.turn, run.missing)
    print("The conversation goes on from there; `%codeact new` begins another.")


def conversation_in(path: Path, journal: Journal) -> Trajectory:
    """The conversation that a notebook holds, with what the journal adds to it.

    Raises SettingsError when it holds none or a run goes on in it, NotebookError and JournalError.
    """
    document, notebook = Document(path), str(path.resolve())
    if document.is_new:
        raise SettingsError(f"there is no notebook {str(path)!r} to load; look for a typing error")
    if any(journal.goes_on(entry) for entry in journal.of_notebook(notebook)):
        raise SettingsError(f"a run goes on in {str(path)!r}; wait for its end, then load it")
    found = mended(journal, notebook, document)
    trajectory = found[-1].trajectory if found else document.trajectory
    if not trajectory.turns:
        raise SettingsError(f"{str(path)!r} holds no run of codeact; `%%codeact` begins one")
    return trajectory.with_turn(broken_off(trajectory.turns[-1], Telling()))


def show_loaded(
    shell: InteractiveShell, trajectory: Trajectory, path: Path, known: Collection[Turn]
) -> None:
    """Say what was loaded; in another notebook than its own, show it, so that this one has it."""
    turns = trajectory.turns
    notebook = notebook_of(shell)
    if notebook and notebook != str(path.resolve()):
        for turn in turns:
            if turn not in known:
                retell(shell, trajectory, turn, [step.number for step in turn.steps])
    steps = sum(len(turn.steps) for turn in turns)
    what = f"{counted(len(turns), 'task')} with {counted(steps, 'step')}"
    print(
        f"Loaded {what} from {str(path)!r}. The next %%codeact goes on from there, in this kernel."
    )
