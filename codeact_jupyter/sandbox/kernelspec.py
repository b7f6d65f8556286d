"""The sandbox's kernelspec: how Jupyter's launchers and menus come to offer it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..errors import EnvironmentFailure

NAME = "codeact-sandbox"
DISPLAY_NAME = "Python 3 (CodeAct sandbox)"
PROVISIONER = "codeact-sandbox"
LOGO = Path(__file__).parent / "logo-svg.svg"  # by this name Jupyter looks for it


def specification(config: dict[str, Any]) -> dict[str, Any]:
    """The kernelspec for this Python, with these options of the provisioner."""
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": False,
            "kernel_provisioner": {"provisioner_name": PROVISIONER, "config": config},
        },
    }


def install(config: dict[str, Any], *, user: bool = False) -> Path:
    """Write the kernelspec for this environment, or for all of this user's; returns its folder.

    Raises EnvironmentFailure where it cannot be written.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    with tempfile.TemporaryDirectory() as folder:
        written = json.dumps(specification(config), indent=1)
        (Path(folder) / "kernel.json").write_text(written, "utf-8")
        (Path(folder) / LOGO.name).write_text(LOGO.read_text("utf-8"), "utf-8")
        Path(folder).chmod(0o755)
        where: dict[str, Any] = {"user": True} if user else {"prefix": sys.prefix}
        try:
            made = KernelSpecManager().install_kernel_spec(folder, NAME, **where)
        except OSError as error:
            raise EnvironmentFailure(
                f"the kernelspec cannot be written to {error.filename!r} ({error.strerror}); "
                "write it to your own folder: codeact sandbox install --user"
            ) from error
    return Path(made)


def uninstall() -> Path | None:
    """Remove the kernelspec that Jupyter finds; returns its folder, or None when there is none."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return Path(KernelSpecManager().remove_kernel_spec(NAME))
    except (NoSuchKernel, KeyError):
        return None
    except OSError as error:
        raise EnvironmentFailure(
            f"the kernelspec {error.filename!r} cannot be removed ({error.strerror})"
        ) from error


def installed() -> tuple[Path, dict[str, Any]] | None:
    """Where Jupyter finds the kernelspec, and the provisioner's options in it; None without one."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        found = KernelSpecManager().get_kernel_spec(NAME)
    except NoSuchKernel:
        return None
    given = (found.metadata.get("kernel_provisioner") or {}).get("config") or {}
    return Path(found.resource_dir), dict(given)
