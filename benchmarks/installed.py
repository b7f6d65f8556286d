"""Virtual environments with pinned peers, one each: what they need need not agree with ours."""

from __future__ import annotations

import subprocess
import sys

from .driving import PEERS, ROOT


def python_with(peer: str) -> str:
    """The Python that has what `peers/{peer}.txt` pins; empty when it cannot be installed."""
    venv, pinned = ROOT / f".venv-{peer}", PEERS / f"{peer}.txt"
    python, done = venv / "bin" / "python", venv / "installed"
    if not done.exists() or done.read_text() != pinned.read_text():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", "-r", str(pinned)]
            subprocess.run(install, check=True, timeout=900)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{peer} could not be installed and is left out: {error}")
            return ""
        done.write_text(pinned.read_text())
    return str(python)
