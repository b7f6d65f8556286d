"""The forms that a run can be exported in, for who writes them and for who lists them.

Imports nothing: `codeact --help` lists them too.
"""

from __future__ import annotations

FORMATS = {
    "ipynb": "a notebook, with the cells of a run that a magic showed under its own",
    "py": "a script",
    "md": "text, with its images in a folder beside it",
    "html": "one page, without any script",
    "jsonl": "a line of JSON for each turn: what was said, what ran, what it cost",
}
