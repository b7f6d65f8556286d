"""Cells of the person's that are about us, by their text: to run one again would begin a run."""

from __future__ import annotations

import re

# Comments and blank lines, each read in one way only: where there are two, their number is the
# power of two by which a text that does not match takes longer.
ABOVE = r"(?:[^\S\n]*(?:#.*)?\n)*"
OURS = re.compile(
    ABOVE + r"[^\S\n]*(%%codeact\b|(%codeact\b|%(re)?load_ext codeact_jupyter).*\s*\Z)"
)
