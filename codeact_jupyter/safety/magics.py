"""Magics and shell escapes: which are harmless, which hold Python, which touch the system.

A magic nobody listed is unknown and says so. Nothing is looked up in a running IPython.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .calls import PHRASES, process_finding
from .databases import writes
from .environment import changed, may_be_secret, may_matter, secret, whole
from .kinds import EffectKind, Finding, Moved, Outcome, Python, Reads, Touch
from .pages import in_page
from .paths import Workspace, remote_address
from .site import CallSite, shortened
from .tables import words
from .values import Text

_HARMLESS = words(
    """autoawait autocall automagic autoreload cls clear code_wrap colors color
    dhist dirs doctest_mode gui html latex less_help lsmagic magic markdown page pdb pdef pdoc
    pfile pinfo pinfo2 pip_list pprint precision
    psearch psource pwd pylab quickref subplot svg tb unload_ext unalias who who_ls whos
    xmode"""
)
_HOLDS_PYTHON = words("time timeit prun capture memit mprun lprun mprof scalene pyinstrument")
_OWN_NAMES = frozenset({"timeit", "prun", "memit", "lprun"})
_PROCESS = words(
    """! system sx sc bash sh script cmd perl ruby python python2 python3 pypy js_node node R
    killbgscripts qtconsole mv cp ln mkdir man"""
)
_PACKAGES = words("pip conda mamba micromamba uv")
_LOOKING = re.compile(r"^\s*(list|show|freeze|check|info|config|--version|-V|cache|search|tree)\b")
_PATHS: dict[str, Touch] = {
    **dict.fromkeys(("cat", "less", "more", "pycat", "head", "tail"), "read"),
    **dict.fromkeys(("writefile", "file", "save"), "replace"),
}
_ALWAYS: dict[str, EffectKind] = {
    **dict.fromkeys(("rm", "rmdir"), "delete"),
    **dict.fromkeys(("reset", "reset_selective"), "kernel"),
}
_MOVES = frozenset({"cd", "pushd"})
_LISTING = words("ls ldir lf lk ll lx")  # aliases: the shell reads the rest of the line
_SHELL_SIGNS = re.compile(r"[;&|`$<>(\n]")
_HISTORY = words("hist history")
_OPTIONS = re.compile(r"^(\s*(-[nrplsTDfi]\s*\S+|--?[A-Za-z][\w-]*)(?=\s|$))+\s*")
_AUTOMAGIC = re.compile(r"(\w+)(?![\w.*]|\s*[=,])[^\n]*")
# Extensions that bring magics and nothing that acts by itself.
_EXTENSIONS = words(
    """autoreload line_profiler memory_profiler tensorboard sql rpy2.ipython watermark autotime
    google.colab.data_table cudf.pandas codeact_jupyter storemagic heat scalene pyinstrument
    nb_black jupyter_black lab_black itables snakeviz"""
)
_OTHERS = words(
    """alias alias_magic config load_ext reload_ext matplotlib reset reset_selective rm rmdir env
    set_env run xdel"""
)
_UNJUDGED = words(  # of IPython itself: they run, show or keep what is not read here
    """autosave bookmark connect_info debug ed edit load loadpy logoff logon logstart logstate
    logstop macro notebook pastebin popd recall rehashx rep rerun store subshell"""
)
_KNOWN = (
    *(_HARMLESS | _MOVES | _HOLDS_PYTHON | _PROCESS | _PACKAGES | _PATHS.keys() | _OTHERS),
    *(_LISTING | _HISTORY | _UNJUDGED),
)


def is_automagic(line: str) -> str | None:
    """Give the name when a line that is all of a cell would run as a magic though it has no `%`.

    A name that is assigned to is none: `rm = 1`, `rm, mv = 1, 2`.
    """
    match = _AUTOMAGIC.fullmatch(line)
    return match[1] if match and match[1] in _KNOWN else None


def magic_effects(site: CallSite, workspace: Workspace) -> Iterator[Outcome]:
    """Judge a magic, after IPython's own transformer has made it a call."""
    if site.target in {"get_ipython().run_line_magic", "get_ipython().run_cell_magic"}:
        name, line = site.text(0, "magic_name"), _beginning(site, 1)
    elif site.target == "get_ipython().magic":
        whole_line = site.text(0, "arg_s")
        name, _, line = (whole_line or "").lstrip("%").partition(" ")
        name = None if whole_line is None else name
    else:
        return
    if name is None:
        yield Finding("dynamic", f"runs a magic whose name is computed: {site.source}")
        return
    body = site.text(2, "cell") if site.target.endswith("run_cell_magic") else ""
    yield from _one_magic(name, line, body, site, workspace)


def _beginning(site: CallSite, position: int) -> str:
    known = site.known(position, "line")
    return known.value if isinstance(known, Text) else ""


def _one_magic(
    name: str, line: str, body: str | None, site: CallSite, workspace: Workspace
) -> Iterator[Outcome]:
    shown = shortened(f"%{name} {line}")
    if name in _HOLDS_PYTHON:
        yield from _held(name, line, body, shown)
    elif name in _PROCESS:
        command = body or line if name in {"!", "system", "sx", "bash", "sh"} else shown
        yield process_finding(command.strip() or shown, shown)
    elif name in _PACKAGES:
        if not _LOOKING.match(line):
            yield Finding("install", f"{PHRASES['install']}: {shown}")
    elif name in _PATHS:
        yield from _paths(name, line, workspace)
    elif name in _LISTING | _HISTORY:
        yield from (_listed if name in _LISTING else _history)(line, shown, workspace)
    elif name in _MOVES:
        yield Moved(next(iter(_places(line)), "~"))
    elif name in _ALWAYS:
        yield from _always(_ALWAYS[name], line, shown, workspace)
    elif name in {"alias", "alias_magic"}:
        yield Finding("kernel", f"gives a command another name: {shown}")
    elif name == "config":
        yield Python(line.partition("=")[2].strip(), local=True)  # IPython evaluates it
    elif name in {"load_ext", "reload_ext"}:
        if line.strip() not in _EXTENSIONS:
            yield Finding("dynamic", f"loads an extension that is not known: {shown}")
    elif name == "matplotlib":
        if "module://" in line:
            yield Finding("dynamic", f"{PHRASES['dynamic']}: {shown}")
    elif name == "xdel":
        yield Python(f"del {line}")
    elif name in {"env", "set_env"}:
        yield from _environment(line, shown)
    elif name == "sql":
        yield from _sql(f"{line}\n{body or ''}", shown)
    elif name in {"html", "svg", "markdown", "latex"}:
        yield from in_page(body or "")
    elif name not in _HARMLESS:
        yield Finding("dynamic", f"runs a magic whose effect is not known: {shown}")


def _held(name: str, line: str, body: str | None, shown: str) -> Iterator[Outcome]:
    """Give the Python that a timing or capturing magic runs."""
    if body is None:
        yield Finding("dynamic", f"{PHRASES['dynamic']}: {shown}")
        return
    statement = line if name == "time" else _OPTIONS.sub("", line, count=1)
    if name == "capture":
        target = statement.split()[:1]
        statement = f"{target[0]} = None" if target else ""
    local = name in _OWN_NAMES
    if statement.strip():
        yield Python(statement.strip(), local=local)
    if body:
        yield Python(body, shift=1, local=local)


def _always(kind: EffectKind, line: str, shown: str, workspace: Workspace) -> Iterator[Outcome]:
    yield Finding(kind, f"{PHRASES[kind]}: {shown}")
    if kind == "delete":
        yield from _touched(_places(line), "delete", workspace)


def _paths(name: str, line: str, workspace: Workspace) -> Iterator[Outcome]:
    touch: Touch = "add" if "-a" in line.split() else _PATHS[name]
    yield from _touched(_places(line)[:1], touch, workspace)


def _listed(line: str, shown: str, workspace: Workspace) -> Iterator[Outcome]:
    if _SHELL_SIGNS.search(line):
        yield process_finding(shown, shown)
    yield from _touched(_places(line) or ["."], "read", workspace)


def _history(line: str, shown: str, workspace: Workspace) -> Iterator[Outcome]:
    """Judge what lists the inputs of this session, or of all, or writes them to a file."""
    parts = line.split()
    for option, after in zip(parts, [*parts[1:], ""], strict=False):
        if option.startswith("-") and "f" in option:
            finding = workspace.touched(Text(after), "replace")
            if finding:
                yield finding
        if (
            (option.startswith("-") and set(option) & set("gl"))
            or option[:1] in "~"
            or "/" in option
        ):
            yield Finding("read-outside", f"reads what was run in other sessions: {shown}")


def _places(line: str) -> list[str]:
    """Give the words that are no options."""
    return [each.strip("'\"") for each in line.split() if not each.startswith("-")]


def _touched(places: Iterable[str], touch: Touch, workspace: Workspace) -> Iterator[Outcome]:
    if touch == "read":
        yield Reads()
    for place in places:
        finding = workspace.touched(Text(place), touch)
        if finding:
            yield finding


def _environment(line: str, shown: str) -> Iterator[Outcome]:
    parts = line.replace("=", " ").split()
    if not parts:
        yield whole(shown)
    elif len(parts) > 1:
        if may_matter(Text(parts[0])):
            yield changed(shown)
    elif may_be_secret(Text(parts[0])):
        yield secret(shown)


def _sql(text: str, shown: str) -> Iterator[Outcome]:
    selects = re.search(r"\bselect\b", text, re.IGNORECASE)
    if selects:
        yield Reads()
    if writes(text):
        yield Finding("database", f"writes to a database: {shortened(text)}")
    elif remote_address(Text(text.strip())):
        yield Finding("network", f"uses the network: {shown}")
    elif not selects:
        yield Finding("dynamic", f"runs a magic whose effect is not known: {shown}")
