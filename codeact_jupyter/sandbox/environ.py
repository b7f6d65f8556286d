"""The environment of a sandboxed kernel: what it needs, by name; nothing of the server's else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

HOME = "/home/sandbox"
NAMES = ("LANG", "LANGUAGE", "TZ", "TERM", "COLUMNS", "JPY_SESSION_NAME", "MPLBACKEND")
BEGINNINGS = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
WELL = "CODEACT_SANDBOX"
HOSTS = "CODEACT_SANDBOX_HOSTS"  # that can be reached, with spaces between


def clean_environ(
    environ: Mapping[str, str],
    *,
    backend: str,
    python: str,
    user: str,
    home: str,
    temporary: str,
    also: Iterable[str] = (),
) -> dict[str, str]:
    """What a sandboxed kernel gets of an environment; `also` are names its kernelspec sets."""
    wanted = {*NAMES, *also}
    kept = {
        name: value
        for name, value in environ.items()
        if name in wanted or name.startswith(BEGINNINGS)
    }
    if user:
        kept["PYTHONUSERBASE"] = user
    kept.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return {
        **kept,
        WELL: backend,
        "HOME": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "JPY_PARENT_PID": "1",  # with another ipykernel looks for a parent; with none it complains
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "PATH": f"{os.path.dirname(python)}:{SYSTEM_PATH}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": temporary,
        "USER": "sandbox",
    }
