"""`codeact fork`: a notebook with a conversation up to a step; with a task, a run goes on there."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import CodeActError, SettingsError
from ..notebook.reading import parsed_notebook
from ..notebook.writing import free_path, require_new, write_new
from ..record.forking import forked_notebook
from ..record.signing import own_key
from ..session import new_run_id
from .replay import require_notebook


def fork_notebook(options: argparse.Namespace) -> int:
    """Fork the notebook of these options, and do their task there; returns the exit code."""
    if options.allow and options.task is None:
        raise SettingsError(
            f"--allow {options.allow[0]!r} is about code that runs again before a task, and no "
            "task is given; say what to do from there, or leave it out"
        )
    if options.task is not None and not options.task.strip():
        raise SettingsError(f"the task {options.task!r} is empty; say in quotes what to do")
    target = fork_file(options.file, options.at, options.output)
    if options.task is None:
        print(target)
        return 0
    from .running import run_task

    options.notebook, options.rebuild = target, True
    options.cwd = options.cwd or options.file.resolve().parent
    written = target.read_bytes()
    try:
        return run_task(options)
    except CodeActError:  # no run could begin: the fork was made for it
        if target.read_bytes() == written:
            target.unlink()
        raise


def fork_file(source: Path, at: str, target: Path | None = None) -> Path:
    """Write the notebook `source` up to a step as another, and return its path.

    Raises NotebookError when it cannot be read or written, SettingsError for no step of it.
    """
    require_notebook(source)
    content = parsed_notebook(source.read_bytes(), source)
    forked = forked_notebook(content, at, run=new_run_id(), name=source.name, key=own_key())
    target = target or free_path(source, f"fork-{at.replace('.', '-')}")
    require_new(target)
    write_new(forked, target)
    return target
