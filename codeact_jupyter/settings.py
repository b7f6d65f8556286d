"""Settings: every option once, with its default and where its value may come from.

The sources, strongest first: an argument or flag, the environment (`CODEACT_*`, then the SDK's own
variables), the person's config file (TOML, in their config directory). Never a notebook, the
working directory or a repository: these must not choose where a key is sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

from .engine.limits import Limits
from .errors import SettingsError

Approve = Literal["ask", "risky", "never"]
DEFAULT_MODEL = "claude-opus-5-5"
SDK_VARIABLES = {"api_key": "ANTHROPIC_API_KEY", "base_url": "ANTHROPIC_BASE_URL"}
NO_LIMIT = ("none", "unlimited")


@dataclass(frozen=True)
class Settings:
    """What a session is made with; `given` are the names that somebody set."""

    model: str = DEFAULT_MODEL
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    profile: str = ""
    effort: str = ""
    output_tokens: int | None = None
    context_tokens: int | None = None
    max_steps: int | None = 50
    max_tokens: int | None = 5_000_000
    max_cost: Decimal | None = Decimal(2)
    max_seconds: float | None = 1800.0
    approve: Approve = "risky"
    kernel: str = "python3"
    given: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_steps, self.max_tokens, self.max_cost, self.max_seconds)


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings from all sources; `flags` may hold None for what was not given.

    Raises SettingsError, naming the source and the value, for what cannot be used.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for source, found in (
        (str(config or config_path()), _from_file(config or config_path())),
        ("the environment", _from_environment(environ)),
        (
            "the arguments",
            {key: value for key, value in (flags or {}).items() if value is not None},
        ),
    ):
        for name, value in found.items():
            values[name] = parsed(name, value, source)
    return Settings(**values, given=frozenset(values))


def config_path() -> Path:
    """The person's config file; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_config_dir("codeact", appauthor=False)) / "config.toml"


def parsed(name: str, value: Any, source: str) -> Any:
    """A value of the option `name` as its type; raises SettingsError when it is none."""
    parse = PARSERS.get(name)
    if parse is None:
        options = ", ".join(sorted(PARSERS))
        raise SettingsError(f"{source}: there is no option {name!r}; the options are: {options}")
    try:
        return parse(value)
    except (ValueError, TypeError, InvalidOperation) as error:
        shown = "the value" if name == "api_key" else repr(value)
        raise SettingsError(f"{source}: {name} cannot be {shown}: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {
        option.name: environ[variable]
        for option in fields(Settings)
        if (variable := f"CODEACT_{option.name.upper()}") in environ and option.name != "given"
    }
    for name, variable in SDK_VARIABLES.items():
        if name not in found and environ.get(variable):
            found[name] = environ[variable]
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"cannot read the config file {str(path)!r}: {error}") from error
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise SettingsError(f"the config file {str(path)!r} is not TOML: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it must be a text that is not empty")
    return value.strip()


def _count(value: Any) -> int:
    if isinstance(value, bool) or int(str(value).replace("_", "")) < 1:
        raise ValueError("it must be a whole number from 1")
    return int(str(value).replace("_", ""))


def _positive(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite() or number <= 0:
        raise ValueError("it must be a number above 0")
    return number


def _limit(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def limit(value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in NO_LIMIT:
            return None
        try:
            return parse(value)
        except (ValueError, InvalidOperation):
            raise ValueError('it must be a number above 0, or "none"') from None

    return limit


def _approve(value: Any) -> Approve:
    modes = get_args(Approve)
    if value not in modes:
        raise ValueError(f"choose one of: {', '.join(modes)}")
    return value  # type: ignore[no-any-return]


def _url(value: Any) -> str:
    if not _text(value).startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    return str(value).strip().rstrip("/")


PARSERS: dict[str, Callable[[Any], Any]] = {
    "api_key": _text,
    "approve": _approve,
    "base_url": _url,
    "context_tokens": _count,
    "effort": _text,
    "kernel": _text,
    "max_cost": _limit(_positive),
    "max_seconds": _limit(lambda value: float(_positive(value))),
    "max_steps": _limit(_count),
    "max_tokens": _limit(_count),
    "model": _text,
    "output_tokens": _count,
    "profile": _text,
}
