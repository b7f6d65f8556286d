"""Settings: every option once, with its default and where its value may come from.

The sources, strongest first: an argument or flag, the environment (`CODEACT_*`, then the SDK's own
variables), the person's config file (TOML, in their config directory), and for the key alone where
`codeact key set` keeps it. Never a notebook, the working directory or a repository: these must not
choose where a key is sent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from .engine.limits import Limits
from .engine.undoing import Bounds
from .errors import SettingsError
from .key_store import stored_key

Approve = Literal["ask", "risky", "never"]
DEFAULT_MODEL = "claude-opus-5-5"
SDK_VARIABLES = {
    "api_key": "ANTHROPIC_API_KEY",
    "auth_token": "ANTHROPIC_AUTH_TOKEN",
    "base_url": "ANTHROPIC_BASE_URL",
}
KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CODEACT_API_KEY", "CODEACT_AUTH_TOKEN")
HEADERS = "ANTHROPIC_CUSTOM_HEADERS"  # which the SDK sends with each request: a gateway's key too
# The variables that a server takes out of its environment, so that its kernels do not inherit them.
TAKEN = (*KEYS, HEADERS)
NO_LIMIT = ("none", "unlimited")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
PROFILES = "claude compatible compatible-images fenced litellm llama-server lm-studio ollama vllm"
SDK_CREDENTIALS = (
    *("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_IDENTITY_TOKEN"),
    *("ANTHROPIC_IDENTITY_TOKEN_FILE", "ANTHROPIC_PROFILE"),
)
# The names of the variables that hold credentials of ours.
CREDENTIALS = re.compile(r"(ANTHROPIC|CODEACT)_.*(KEY|TOKEN|SECRET|HEADERS)$")
SHORTEST_SECRET = 8  # a shorter text may well be a word of the person's data
MOST = 1_000_000_000  # of dollars or seconds; beyond it a timer overflows


@dataclass(frozen=True)
class Settings:
    """What a session is made with; `given` are the names that somebody set."""

    model: str = DEFAULT_MODEL
    api_key: str = field(default="", repr=False)
    auth_token: str = field(default="", repr=False)
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
    undo_seconds: float = 1.0
    undo_megabytes: int = 512
    given: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_steps, self.max_tokens, self.max_cost, self.max_seconds)

    @property
    def undo_bounds(self) -> Bounds | None:
        """What a run's checkpoint may take; None when none is to be made."""
        if not self.undo_seconds:
            return None
        return Bounds(self.undo_seconds, self.undo_megabytes << 20)


_taken: dict[str, str] = {}


def take_credentials() -> tuple[str, ...]:
    """Take our credentials out of this process's environment; returns the variables' names.

    What is started from now on does not inherit them; the settings of this process go on to have
    them, and they stay secrets.
    """
    _taken.update({name: os.environ.pop(name) for name in TAKEN if name in os.environ})
    return tuple(_taken)


def sent_headers() -> dict[str, str]:
    """The headers that the SDK would send with each request, also where they were taken out."""
    lines = os.environ.get(HEADERS, _taken.get(HEADERS, "")).splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    key: Callable[[Path], str] = stored_key,
) -> Settings:
    """The settings from all sources; `flags` may hold None, and `key` gives the stored key.

    Raises SettingsError, naming the source and the value, for what cannot be used.
    """
    environ = {**_taken, **os.environ} if environ is None else environ
    values: dict[str, Any] = {}
    path = config or config_path()
    for name, value in from_file(path).items():
        values[name] = parsed(name, value, f"{name} in the config file {str(path)!r}")
    for name, (variable, text) in _from_environment(environ).items():
        values[name] = parsed(name, text, f"the environment variable {variable}")
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = parsed(name, value, f"--{name.replace('_', '-')}")
    if not ("api_key" in values or "auth_token" in values) and (stored := key(path.parent)):
        values["api_key"] = parsed("api_key", stored, "the stored key")
    return Settings(**values, given=frozenset(values))


def secrets_of(settings: Settings, typed: Iterable[str] = ()) -> tuple[str, ...]:
    """What nobody may be shown of these settings and of this process's credentials, longest first.

    Of headers each word counts by itself, and of an address its password. `typed` are the passwords
    that the person typed.
    """
    urls = (settings.base_url, os.environ.get(SDK_VARIABLES["base_url"], ""))
    found = {settings.api_key, settings.auth_token, *typed, *(_password(url) for url in urls)}
    here = (os.environ.get(name, "") for name in filter(CREDENTIALS.match, os.environ))
    for value in (*here, *_taken.values()):
        found |= {value.strip(), *value.split()}
    secrets = (each for each in found if len(each) >= SHORTEST_SECRET)
    return tuple(sorted(secrets, key=len, reverse=True))


def has_other_credentials() -> bool:
    """Whether the SDK will find credentials that are not a key: a token, a header, a profile."""
    if any(os.environ.get(name) for name in SDK_CREDENTIALS):
        return True
    if {"authorization", "x-api-key"} & {name.lower() for name in sent_headers()}:
        return True
    folder = Path.home() / ".config" / "anthropic"  # which may be there, and empty
    profiles = (folder / "active_config", *folder.glob("configs/*.json"))
    return any(path.is_file() for path in profiles)


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def config_path() -> Path:
    """The person's config file; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_config_dir("codeact", appauthor=False)) / "config.toml"


def parsed(name: str, value: Any, given_as: str) -> Any:
    """A value of the option `name` as its type; raises SettingsError when it is none.

    `given_as` names the flag, variable or line that the person wrote it in.
    """
    try:
        return PARSERS[name](value)
    except (ValueError, TypeError) as error:
        secret = name in ("api_key", "auth_token") or (name == "base_url" and "@" in str(value))
        shown = "this value" if secret else repr(value)
        raise SettingsError(f"{given_as} cannot be {shown}: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By option, the variable that sets it and its text; an empty variable sets nothing."""
    found = {}
    for option in PARSERS:
        for variable in filter(None, (f"CODEACT_{option.upper()}", SDK_VARIABLES.get(option))):
            if option not in found and environ.get(variable, "").strip():
                found[option] = (variable, environ[variable])
    return found


def from_file(path: Path) -> dict[str, Any]:
    """What the config file says, as it is written; raises SettingsError when it cannot be read."""
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
        values = tomllib.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise SettingsError(f"the config file {str(path)!r} is not TOML: {error}") from error
    for name in values.keys() - PARSERS.keys():
        options = ", ".join(sorted(PARSERS))
        raise SettingsError(
            f"the config file {str(path)!r} has no option {name!r}; the options are: {options}"
        )
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it must be a text that is not empty; write it, or leave it out")
    return value.strip()


def _count(value: Any) -> int:
    text = str(value).strip().replace("_", "")
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise ValueError("it must be a whole number from 1")
    return int(text)


def _positive(value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 < number <= MOST:
        raise ValueError(f"it must be a number above 0 and at most {MOST:,}")
    return number


def _seconds(value: Any) -> float:
    """Seconds that may be none: `0` turns off what takes them."""
    return 0.0 if str(value).strip() in ("0", "0.0") else float(_positive(value))


def _limit(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def limit(value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in NO_LIMIT:
            return None
        try:
            return parse(value)
        except ValueError as error:
            raise ValueError(f'{error}, or "none" for no limit') from None

    return limit


def _one_of(known: Sequence[str], value: Any) -> Any:
    if value not in known:
        raise ValueError(f"it must be one of: {', '.join(known)}")
    return value


def _url(value: Any) -> str:
    text = _text(value)
    if not text.startswith(("http://", "https://", "http+unix://")) or not urlsplit(text).netloc:
        raise ValueError(
            "it must begin with http:// or https:// and name a host, or with http+unix:// and "
            "name a socket, with %2F for each slash"
        )
    return text.rstrip("/")


def _key(value: Any) -> str:
    text = _text(value)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("it must be one word of ASCII characters; was it copied whole?")
    return text


PARSERS: dict[str, Callable[[Any], Any]] = {
    "api_key": _key,
    "approve": partial(_one_of, get_args(Approve)),
    "auth_token": _key,
    "base_url": _url,
    "context_tokens": _count,
    "effort": partial(_one_of, EFFORTS),
    "kernel": _text,
    "max_cost": _limit(_positive),
    "max_seconds": _limit(lambda value: float(_positive(value))),
    "max_steps": _limit(_count),
    "max_tokens": _limit(_count),
    "model": _text,
    "output_tokens": _count,
    "profile": partial(_one_of, PROFILES.split()),
    "undo_megabytes": _count,
    "undo_seconds": _seconds,
}
