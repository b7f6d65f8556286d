"""`codeact doctor`: what is there, what is missing, and what to do about it. No key is shown."""

from __future__ import annotations

import asyncio
import importlib.metadata
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .. import __version__
from ..engine.messages import Message, Request
from ..errors import CodeActError
from ..settings import Settings, config_path, load_settings

PACKAGES = ("ipython", "ipykernel", "jupyterlab", "anthropic", "nbformat", "ipywidgets")
EXTENSION = "codeact-jupyter-labextension"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `advice` says what to do when it is not as it should be."""

    subject: str
    found: str
    ok: bool = True
    advice: str = ""


def examine() -> int:
    """Print all findings; returns 0 when everything that a run needs is there, else 1."""
    checks: tuple[Callable[[], Finding], ...] = (
        _versions,
        _settings_file,
        _key,
        _model,
        _kernel,
        _extension,
    )
    console, needed = Console(), True
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        finding = check()
        mark = "[green]ok[/]" if finding.ok else "[yellow]![/]"
        table.add_row(mark, finding.subject, finding.found)
        if finding.advice:
            table.add_row("", "", f"[yellow]{finding.advice}[/]")
        needed = needed and (finding.ok or check is _extension)
    console.print(table, highlight=False)
    return 0 if needed else 1


def _versions() -> Finding:
    found, missing = [f"codeact {__version__}", f"Python {platform.python_version()}"], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    advice = f"pip install {' '.join(missing)}" if missing else ""
    return Finding("versions", ", ".join(found), not missing, advice)


def _settings_file() -> Finding:
    path = config_path()
    try:
        load_settings()
    except CodeActError as error:
        return Finding("settings", str(error), False, "Correct this value, or remove it.")
    return Finding("settings", f"{path} {'' if path.exists() else '(none, which is fine)'}")


def _key() -> Finding:
    import os

    from ..session import has_other_credentials

    for variable in ("CODEACT_API_KEY", "ANTHROPIC_API_KEY"):
        if os.environ.get(variable):
            return Finding("key", f"found in the environment variable {variable}")
    settings = _settings()
    if settings is not None and settings.api_key:
        return Finding("key", f"found in {config_path()}", *_private(config_path()))
    if has_other_credentials():
        return Finding("key", "none, but a token or profile of the Anthropic SDK")
    advice = f"Set ANTHROPIC_API_KEY, or write `api_key` to {config_path()}; or use --model demo."
    return Finding("key", "none found", False, advice)


def _private(path: Path) -> tuple[bool, str]:
    """Whether nobody else can read the file that holds the key, and what to do if they can."""
    import os

    if os.name == "posix" and path.stat().st_mode & 0o077:
        return False, f"Others on this machine can read it: chmod 600 {path}"
    return True, ""


def _model() -> Finding:
    from ..session import choose_model

    settings = _settings()
    if settings is None:
        return Finding("model", "not looked for", False, "First correct the settings.")
    try:
        chosen = choose_model(settings)
        hello = Message("user", ({"text": "Say hello.", "type": "text"},))
        request = Request("Answer in one word.", (), (hello,), 64)
        asyncio.run(_reach(chosen.model, request))
    except CodeActError as error:
        return Finding("model", f"{settings.model}: {error}".splitlines()[0], False, str(error))
    return Finding("model", f"{chosen.model.name} answers. {chosen.notice}".strip())


async def _reach(model: object, request: Request) -> None:
    from ..engine.model import Model

    reached: Model = model  # type: ignore[assignment]
    try:
        await asyncio.wait_for(reached.reply(request, on_delta=lambda delta: None), 60)
    finally:
        await reached.close()


def _kernel() -> Finding:
    from ..environments.kernel import KernelEnvironment

    settings = _settings() or Settings()

    async def start() -> None:
        with tempfile.TemporaryDirectory() as folder:
            environment = await KernelEnvironment.start(settings.kernel, workspace=Path(folder))
            await environment.close()

    try:
        asyncio.run(start())
    except CodeActError as error:
        advice = "python -m ipykernel install --user"
        return Finding("kernel", str(error).splitlines()[0], False, advice)
    return Finding("kernel", f"{settings.kernel} starts")


def _extension() -> Finding:
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        if (Path(folder) / EXTENSION).is_dir():
            return Finding("JupyterLab", "the extension is installed")
    advice = "The magic shows its work under its own cell, which needs no extension."
    return Finding("JupyterLab", "the extension is not installed", False, advice)


def _settings() -> Settings | None:
    try:
        return load_settings()
    except CodeActError:
        return None
