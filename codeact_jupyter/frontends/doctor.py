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
from rich.text import Text

from .. import __version__
from ..engine.messages import Delta, Request, Retry
from ..engine.model import Model
from ..errors import CodeActError, ModelError
from ..settings import Settings, config_path, load_settings
from .labextension import WITHOUT_PANEL, is_built, kept_off

PACKAGES = ("ipython", "ipykernel", "jupyterlab", "anthropic", "nbformat", "ipywidgets")
REACH_SECONDS = 60.0


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
    console, needed, at_length = Console(), True, []
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        finding = check()
        mark = Text("ok", "green") if finding.ok else Text("!", "yellow")
        table.add_row(mark, finding.subject, Text(finding.found))
        if "\n" in finding.advice:  # as a list of its own, a narrow column would break it up
            at_length.append(Text(f"\n{finding.advice}", "yellow"))
        elif finding.advice:
            table.add_row("", "", Text(finding.advice, "yellow"))
        needed = needed and (finding.ok or check in (_key, _extension))
    console.print(table)
    console.print(*at_length, sep="\n", soft_wrap=True, end="\n" if at_length else "")
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

    from ..settings import has_other_credentials

    for variable in ("CODEACT_API_KEY", "ANTHROPIC_API_KEY"):
        if os.environ.get(variable):
            return Finding("key", f"found in the environment variable {variable}")
    from ..key_store import place_of

    settings = _settings()
    if settings is not None and settings.api_key and (place := place_of(config_path().parent)):
        return Finding("key", f"found in {place}")
    if settings is not None and settings.api_key:
        return Finding("key", f"found in {config_path()}", *_private(config_path()))
    for variable in ("CODEACT_AUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"):
        if os.environ.get(variable):
            return Finding("key", f"none, but a token in the variable {variable}")
    if settings is not None and settings.auth_token:
        return Finding("key", f"none, but a token in {config_path()}", *_private(config_path()))
    if has_other_credentials():
        return Finding("key", "none, but a token or profile of the Anthropic SDK")
    advice = (
        f"codeact key set, or set ANTHROPIC_API_KEY, or write `api_key` to {config_path()}; "
        "or use --model demo."
    )
    return Finding("key", "none found", False, advice)


def _private(path: Path) -> tuple[bool, str]:
    """Whether nobody else can read the file that holds the key, and what to do if they can."""
    import os

    if os.name == "posix" and path.stat().st_mode & 0o077:
        return False, f"Others on this machine can read it: chmod 600 {path}"
    return True, ""


def _model() -> Finding:
    from ..choosing import choose_model, greeting

    settings = _settings()
    if settings is None:
        return Finding("model", "not looked for", False, "First correct the settings.")
    try:
        chosen = choose_model(settings)
        asyncio.run(_reach(chosen.model, greeting()))
    except CodeActError as error:
        found = f"{settings.model} cannot be asked"
        return Finding("model", found, False, str(error))
    return Finding("model", f"{chosen.model.name} answers. {chosen.notice}".strip())


async def _reach(model: Model, request: Request) -> None:
    """Ask once: what fails now is a finding, and is not tried again."""

    def on_delta(delta: Delta) -> None:
        if isinstance(delta, Retry):
            raise ModelError(delta.reason, fault="connection")

    try:
        await asyncio.wait_for(model.reply(request, on_delta=on_delta), REACH_SECONDS)
    except (asyncio.TimeoutError, TimeoutError) as error:
        words = f"{model.name} did not answer within {REACH_SECONDS:.0f} s; is its server busy?"
        raise ModelError(words, fault="connection") from error
    finally:
        await model.close()


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
        return Finding("kernel", f"{settings.kernel!r} does not start", False, str(error))
    return Finding("kernel", f"{settings.kernel} starts")


def _extension() -> Finding:
    if not is_built():
        return Finding("JupyterLab", "the extension is not built", False, WITHOUT_PANEL)
    if (off := kept_off()) is not None:
        return Finding("JupyterLab", off[0], False, off[1])
    return Finding("JupyterLab", "the extension is installed")


def _settings() -> Settings | None:
    try:
        return load_settings()
    except CodeActError:
        return None
