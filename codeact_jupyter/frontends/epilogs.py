"""The words at the end of the subcommands' help: exit codes, formats, examples."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from ..record.formats import FORMATS
from ..record.normalising import Normalising
from ..safety.kinds import KINDS

WIDTH = 80


def _wrapped(words: Sequence[str]) -> str:
    return fill(", ".join(words), WIDTH, initial_indent="  ", subsequent_indent="  ")


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(fill(it, WIDTH, initial_indent="- ", subsequent_indent="  ") for it in lines)


RUN_WORDS = """\
The notebook is written after every step. On one that exists, the conversation
in it is continued in a new kernel, and what is new is appended.

exit codes:
  0  answered           2  bad input
  3  at a limit         4  failed, or its kernel died
130  interrupted by you; a second Ctrl-C kills its kernel
143  interrupted by SIGTERM, 129 by SIGHUP

example:
  codeact run "plot revenue per quarter of sales.csv" --notebook sales.ipynb"""
DEMO_WORDS = "The words were recorded; the code runs live. It needs pandas and matplotlib."
EXPORT_WORDS = "\n".join(["formats:", *(f"  {name:<5}  {it}" for name, it in FORMATS.items())])
KEY_WORDS = """\
`codeact key set` asks for the key without showing it, or reads a line that is
piped in, and keeps it in the system's keyring (with `pip install keyring`),
else in a file that only you can read. It never takes a key as an argument, and
never shows one."""
LAB_WORDS = """\
Without a notebook it begins in a new one, codeact-welcome.ipynb, with a demo.
Options go to JupyterLab: `codeact lab sales.ipynb --no-browser --port 9999`."""
APPROVALS_WORDS = """\
They are kept in your own data folder, by notebook, and never in a notebook."""
DOCTOR_WORDS = """\
It starts a kernel and asks the model one short question. No key is printed.
Exits with 1 when something is missing that a run needs."""
REPLAY_WORDS = f"""\
No model is asked. What failed when it was recorded is run too, and must fail in
the same way; what never ran is not, nor what has no end in the record:
interrupted, or of an unknown outcome; that counts for no difference. Code that
plainly touches more than variables is skipped, with what depends on it, unless
--allow says its kind:
{_wrapped(KINDS)}, all.

What may differ without counting:
{_listed(Normalising().said())}

exit codes:
  0  every cell is the same       1  some are not, or were not run
  2  bad input                  130  interrupted by you"""
FORK_WORDS = """\
FILE stays as it is. With a task, what the notebook ran up to the step is run
again in a new kernel first, as `codeact replay` would; code that plainly
touches more than variables only if --allow says its kind. Without one, the
notebook is written, and `codeact run TASK --notebook OUT --rebuild` goes on.

example:
  codeact fork sales.ipynb --at 2.3 "try a log scale instead"
"""
RECOVER_WORDS = """\
It runs nothing and asks no model. `codeact run`, the panel and the magic do the
same when they open the notebook."""
