"""The machine around a sandbox, as an attacker wants it: a home, keys, a server, a neighbour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from .kernels import Kernel

KEY = "sk-decoy-of-the-server"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Host:
    """Decoys below `root`: `home`, a `workspace`, what is `outside`, and a process to attack."""

    root: Path
    victim: subprocess.Popen[str]
    where: Mapping[str, Any]
    neighbour: str

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def workspace(self) -> Path:
        return self.root / "work"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    def contacts(self) -> str:
        """Which of the victim's sockets were spoken to."""
        return (self.outside / "contacts.log").read_text()

    def known_to_attacks(self) -> str:
        """Python that gives an attack all that it could know of this machine."""
        known = {
            "SERVER": dict(self.where),
            "HOME": str(self.home),
            "WORK": str(self.workspace),
            "OUTSIDE": str(self.outside),
            "NEIGHBOUR": self.neighbour,
            "KEY": KEY,
        }
        return "".join(f"{name} = {value!r}\n" for name, value in known.items())


@contextmanager
def hosting(root: Path) -> Iterator[Host]:
    """A host with its decoys; the home and the keys of this process are decoys meanwhile."""
    _furnish(root)
    variables = {
        "HOME": str(root / "home"),
        "JUPYTER_PATH": str(root / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(root / "home/.local/share/jupyter/runtime"),
        "ANTHROPIC_API_KEY": KEY,
        "JUPYTER_TOKEN": KEY,
    }
    with patch.dict(os.environ, variables):
        os.environ.pop("XDG_RUNTIME_DIR", None)
        victim = subprocess.Popen(
            [sys.executable, str(HERE / "victim.py"), str(root / "outside")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert victim.stdout is not None
        where = json.loads(victim.stdout.readline())
        neighbour = Kernel("python3", root / "outside")
        try:
            yield Host(root, victim, where, str(neighbour.manager.connection_file))
        finally:
            neighbour.close()
            victim.kill()
            victim.wait()
            victim.stdout.close()


def _furnish(root: Path) -> None:
    texts = {
        "home/.ssh/id_rsa": "DECOY KEY",
        "home/.aws/credentials": "DECOY CREDENTIALS",
        "home/.bashrc": "# of the person\n",
        "home/.config/codeact/config.toml": f'api_key = "{KEY}"\n',
        "home/.local/share/jupyter/runtime/jpserver-1.json": '{"token": "DECOY"}',
        "outside/secret.txt": "DECOY SECRET",
        "work/data.csv": "a,b\n1,2\n",
        "work/.git/config": "[core]\n",
        "work/.git/hooks/README": "none yet\n",
        "work/.vscode/settings.json": "{}",
        "work/lib/.git/config": "[core]\n",
        "work/store/config": "[core]\n",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "work/linked").mkdir()
    (root / "work/linked/.git").symlink_to("../store")
