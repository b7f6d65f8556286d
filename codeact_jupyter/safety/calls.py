"""Calls that are judged by the name of what is called, and how each is told to a person.

Knows nothing of arguments that are paths (files.py) nor of code given as text (dynamic.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .functions import BY_METHOD, kind_of, module_kind
from .kinds import EffectKind, Finding
from .paths import remote_address
from .site import CallSite, shortened, shown
from .tables import words
from .values import FilePath, Reference, Text

PHRASES: dict[EffectKind, str] = {
    "startup-file": "writes files that other programs obey",
    "read-outside": "reads files outside the working directory",
    "write-outside": "writes files outside the working directory",
    "overwrite-file": "overwrites files",
    "overwrite-name": "overwrites your variables",
    "locked": "touches what you locked",
    "database": "writes to a database",
    "delete": "deletes files",
    "process": "starts, signals or limits a process",
    "network": "uses the network",
    "install": "installs or removes packages",
    "environment": "reads secrets",
    "kernel": "ends, resets or rewires the kernel",
    "dynamic": "runs code that cannot be read beforehand",
}

_INSTALLER = r"\b(?:pip3?|conda|mamba|micromamba|uv|poetry|pipx|apt|apt-get|brew|npm|yarn)\b"
_INSTALLERS = re.compile(  # up to the next one, so that each command is read once
    rf"{_INSTALLER}(?:(?!{_INSTALLER})[^;|&])*"
    r"\b(install|uninstall|add|remove|update|upgrade|sync)\b"
)

_NAMING_MODELS = ("model_name_or_path", "pretrained_model_name_or_path")
_FORMATS = words("csv json parquet text arrow pandas imagefolder audiofolder")

_MADE = re.compile(r"tempfile\.(mkdtemp|mkstemp|TemporaryDirectory|\w*TemporaryFile)\(\)")


def named_effects(site: CallSite) -> Iterator[Finding]:
    """Judge a call by the name of what is called."""
    kind = kind_of(site.target) or _by_method(site)
    if kind == "process":
        yield process_finding(_command(site), site.source)
    elif (kind == "delete" and _made_by_tempfile(site)) or (kind == "network" and _local(site)):
        return
    elif kind:
        alias = site.target and not site.source.startswith(site.target)
        known_as = f" (this is {site.target})" if alias else ""
        yield Finding(kind, f"{PHRASES[kind]}: {_host(kind, site)}{site.source}{known_as}")


def passed_function(dotted: str, node: ast.expr) -> Finding | None:
    """Judge a function that is handed on rather than called, as in `map(os.remove, names)`."""
    last = dotted.rpartition(".")[2]
    kind = kind_of(dotted) if last[:1].islower() else None
    return Finding(kind, f"{PHRASES[kind]}: {shown(node)}") if kind else None


def process_finding(command: str | None, source: str) -> Finding:
    """Put a command into words, and tell an installation from other commands."""
    kind: EffectKind = "install" if command and _INSTALLERS.search(command) else "process"
    if command is None:
        return Finding(kind, f"{PHRASES[kind]}: {source}")
    phrase = PHRASES[kind] if kind == "install" else "runs a shell command"
    return Finding(kind, f"{phrase}: {shortened(command)}")


def everything_from(module: str) -> Finding | None:
    """Judge `from module import *`: which of its functions are used then cannot be followed."""
    kind = module_kind(module)
    return Finding(kind, f"{PHRASES[kind]}: from {module} import *") if kind else None


def _host(kind: EffectKind, site: CallSite) -> str:
    """The address that a call of the network is given, where it can be read."""
    if kind != "network":
        return ""
    found = (remote_address(site.resolve(each)) for each in site.arguments())
    address = next(filter(None, found), "")
    return f"{address}, " if address and address not in site.source else ""


def _local(site: CallSite) -> bool:
    """Say whether what might be fetched is plainly a file or folder of this machine."""
    if site.argument(None, "trust_remote_code"):
        return False
    if site.word == "IFrame":
        place = site.text(0, "src")
        return place is not None and ":" not in place and not place.startswith("//")
    if site.target == "fsspec.filesystem":
        return site.text(0, "protocol") in {"file", "local", "memory"}
    if site.target == "datasets.load_dataset":
        texts = (part.value for part in ast.walk(site.node) if isinstance(part, ast.Constant))
        remote = any(isinstance(text, str) and remote_address(Text(text)) for text in texts)
        return site.text(0, "path") in _FORMATS and not remote
    model = site.known(None if site.word == "pipeline" else 0, "model", *_NAMING_MODELS)
    return isinstance(model, FilePath) or (
        isinstance(model, Text) and model.value.startswith(("./", "../", "/", "~"))
    )


def _by_method(site: CallSite) -> EffectKind | None:
    download = site.argument(None, "download")
    if isinstance(download, ast.Constant) and download.value is True:
        return "network"
    known = isinstance(site.node.func, ast.Attribute) or "." in site.target
    return BY_METHOD.get(site.word) if known else None


def _command(site: CallSite) -> str | None:
    first = site.argument(0, "args", "cmd", "command")
    if isinstance(first, ast.List | ast.Tuple):
        parts = [site.resolve(part) for part in first.elts]
        known = [part.value if isinstance(part, Text) else "…" for part in parts]
        return " ".join(known) if any(isinstance(part, Text) for part in parts) else None
    return site.text(0, "args", "cmd", "command")


def _made_by_tempfile(site: CallSite) -> bool:
    made = (site.known(0, "path"), site.receiver)
    return any(isinstance(each, Reference) and _MADE.match(each.dotted) for each in made)
