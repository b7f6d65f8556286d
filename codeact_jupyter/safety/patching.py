"""Putting something else in the place of what a library or the interpreter offers.

`sys.stdout = f` and `pd.DataFrame.to_csv = f` act on all code that runs later, the person's too.
"""

from __future__ import annotations

from .kinds import Finding
from .tables import words

_ROOTS = words(
    """builtins os sys subprocess shutil socket io pathlib importlib threading signal atexit gc
    asyncio IPython ipykernel codeact_jupyter pickle ssl urllib requests"""
)
_SETTINGS = words("dont_write_bytecode tracebacklimit ps1 ps2 showwarning formatwarning")


def replaced(owner: str, attribute: str, source: str, *, library: bool = False) -> Finding | None:
    """Judge setting an attribute of something that has a dotted path.

    `library` says that a function is put there, into what was imported.
    """
    root = owner.partition(".")[0].partition("()")[0]
    if attribute in _SETTINGS or attribute.isupper():
        return None
    last = owner.rpartition(".")[2]
    of_module = library and "()" not in owner
    a_library = of_module or owner in {"pandas", "numpy"}  # their submodules have settings
    a_class = "." in owner and "()" not in owner and last[:1].isupper()
    if (
        a_library
        or a_class
        or (root in _ROOTS and "()" not in owner)
        or owner.startswith("get_ipython()")
    ):
        return Finding("kernel", f"replaces a part of {owner}: {source}")
    return None
