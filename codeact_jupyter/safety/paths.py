"""Which paths are inside the person's folder, and what touching one amounts to.

Compares whole components of resolved paths, so `/srv/data-secret` is not inside `/srv/data` and a
link that leads out is out. Knows nothing of the code a path came from.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .kinds import Finding, Touch
from .tables import words
from .telling_names import holds_secrets, is_obeyed, may_match_secrets, within
from .values import Concealed, FilePath, Known, Reference, Text

_URL = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")
_USER = re.compile(r"//[^/@]*@")
_FILE_URL = re.compile(r"^file:(//(localhost)?)?(?=/)")
_FILE_QUERY = re.compile(r"^(file:[^?]*)\?.*", re.DOTALL)
_DATABASE_URL = re.compile(r"^(sqlite|duckdb)(\+\w+)?:///")  # a file's path comes after it
_PLACE = re.compile(r"^(~|\.{0,2}/|\.\w)\S*$")  # how a text begins that names a place by itself
_LONGEST_PATH = 1000
_LONGEST_NAME = 32_767  # no system opens a longer one, and each part of it is looked at
# How `tempfile` names what it makes. Others' files, and names that code chose, are outside.
_MADE = re.compile(r"tmp[a-z0-9_]{8}(\.\w+)?$")
# Where a system and its users keep what programs run and obey, whatever a file there is called.
_SYSTEMS = re.compile(
    r"^(/private)?/(etc|usr|s?bin|lib\w*|boot|proc|sys|var/spool|Library|System)/"
    r"|/Launch(Agents|Daemons)/|^/\(where "
)
_PACKAGES = re.compile(r"(^|/)(site|dist)-packages/")
# The agent's approvals, journal, settings and key, wherever a system keeps such files.
_AGENTS = re.compile(
    r"/(\.config|[Jj]upyter|Application Support|Local|Roaming)/codeact[^/]*/"
    r"|/codeact[^/]*/(approvals\.json|journal\.sqlite3[^/]*|config\.toml)/"
)
_OF_PROCESSES = re.compile(r"^/proc/(\?|[^/]+/(.*/)?(\?|environ|mem|maps|cmdline|fd|root|cwd))/")
_HOMES = re.compile(r"^(/home/[^/]+|/Users/[^/]+|/root)$")
_REMOTE = words(
    """http https ftp ftps sftp ssh ws wss tcp tls ray rtsp s3 s3a s3n gs gcs abfs abfss az adl
    wasb wasbs hdfs webhdfs hf postgresql postgres mysql mariadb mssql oracle mongodb redis
    snowflake clickhouse"""
)


@dataclass(frozen=True)
class Workspace:
    """The folder the code may work in, with links already followed.

    `directory` is where a relative path begins, which may lie outside of `root`. `changed` collects
    the paths that are judged for being written or deleted, for the caller to take: files, or the
    folders of such whose name is not known.
    """

    root: Path
    directory: Path
    exists: Callable[[Path], bool]
    changed: list[Path] = field(default_factory=list, compare=False)
    _led: dict[str, Path | None] = field(default_factory=dict, compare=False)

    def moved(self, to: str) -> Workspace:
        """Follow a change of the directory."""
        path = self.resolved(FilePath(to))
        return self if path is None else Workspace(self.root, path, self.exists, self.changed)

    def touched(self, known: Known | None, touch: Touch) -> Finding | None:
        """Judge touching this path; None when that is fine or the path cannot be known."""
        if isinstance(known, Concealed):
            return Finding("dynamic", "uses a file or an address that the code decodes")
        if known is None or isinstance(known, Reference):
            return None
        address = remote_address(known)
        if address:
            return Finding("network", f"uses the network: {address}")
        path = self.resolved(known)
        if path is None:
            return None
        if touch == "read":
            return self._read(path, known)
        self.changed.append(path)
        if not self.contains(path):
            verb = "deletes" if touch == "delete" else "writes"
            return Finding("write-outside", f"{verb} outside the working directory: {path}")
        if touch == "replace" and known.complete and self._present(path):
            return Finding("overwrite-file", f"overwrites an existing file: {known.value}")
        return None

    def meant_for_others(self, path: Path) -> Finding | None:
        """Judge changing a file by who else reads it: the agent, or programs that obey it."""
        if self._is_the_agents(path):
            return Finding("locked", f"changes the agent's own files: {path}")
        name = self._inner(path)
        obeyed = _SYSTEMS.search(name) or _PACKAGES.search(name) or is_obeyed(path, self.root)
        if obeyed and not self._is_temporary(path):
            return Finding("startup-file", f"changes a file that other programs obey: {name}")
        return None

    def _is_the_agents(self, path: Path) -> bool:
        return bool(_AGENTS.search(f"/{self._inner(path)}/"))

    def _inner(self, path: Path) -> str:
        """The path as it is below the root; of one elsewhere the whole."""
        parts = within(path, self.root)
        return str(path) if parts is None else os.sep.join(parts) or "."

    def _read(self, path: Path, known: Text | FilePath) -> Finding | None:
        # Of a file whose name is not known the folder tells what it may be.
        if self._is_secret(path if known.complete else path / "?"):
            return Finding("environment", f"reads a file that usually holds secrets: {known.value}")
        if self.contains(path):
            return None
        if _HOMES.match(str(path)) or path == Path(os.path.expanduser("~")).resolve():
            return Finding("environment", f"reads a home directory, where secrets lie: {path}")
        return Finding("read-outside", f"reads outside the working directory: {path}")

    def _is_secret(self, path: Path) -> bool:
        of_process = _OF_PROCESSES.search(f"{path}/") is not None
        return of_process or holds_secrets(path) or self._is_the_agents(path)

    def mentioned(self, known: Known | None) -> Finding | None:
        """Judge naming a place, whatever is done with the name: code may hand it on anywhere.

        Of places outside only those count that are there, and so are no other kind of text.
        """
        if not isinstance(known, Text | FilePath) or not known.complete:
            return None
        value = _DATABASE_URL.sub("", known.value)
        if len(value) > _LONGEST_PATH or not _PLACE.match(value):
            return None
        path = self.resolved(Text(value))
        if path is None:
            return None
        if self._is_secret(path):
            return Finding("environment", f"names what usually holds secrets: {known.value}")
        absolute = value.startswith(("/", "~/")) and len(path.parts) > 2
        if absolute and not self.contains(path) and self._present(path):
            detail = f"names a file or folder outside the working directory: {known.value}"
            return Finding("read-outside", detail)
        return None

    def resolved(self, known: Text | FilePath) -> Path | None:
        """Find where a path leads; for one not known to its end, the folder it begins in."""
        text = _FILE_URL.sub("", _FILE_QUERY.sub(r"\1", known.value))
        if not known.complete:
            text = text[: text.rfind("/") + 1]
        if not text or len(text) > _LONGEST_NAME:
            return None
        if text not in self._led:
            self._led[text] = self._where(text)
        return self._led[text]

    def _where(self, text: str) -> Path | None:
        try:
            return (self.directory / os.path.expanduser(text)).resolve()
        except (OSError, RuntimeError, ValueError):
            return None

    def contains(self, path: Path) -> bool:
        """Say whether a resolved path may be used without asking."""
        if within(path, self.root) is not None or str(path) == os.devnull:
            return True
        temporary = Path(tempfile.gettempdir()).resolve()
        made = within(path, temporary)
        return bool(made and _MADE.match(made[0]))

    def sought(self, pattern: Known | None) -> Finding | None:
        """Judge looking for files by a pattern such as `.env*`."""
        if isinstance(pattern, Text) and may_match_secrets(pattern.value):
            detail = f"looks for files that usually hold secrets: {pattern.value}"
            return Finding("environment", detail)
        return None

    def _is_temporary(self, path: Path) -> bool:
        temporary = Path(tempfile.gettempdir()).resolve()
        return within(path, temporary) is not None and within(self.root, temporary) is None

    def landing(self, source: Known | None, target: Known | None) -> Known | None:
        """Say which file a copy makes: its target, or one inside it when that is a folder."""
        if not isinstance(target, Text | FilePath):
            return target if isinstance(target, Concealed) else None
        path = self.resolved(target)
        try:
            if path is None or not path.is_dir():
                return target
        except OSError:
            return target
        folder = FilePath(target.value, target.complete)
        if isinstance(source, Text | FilePath) and source.complete:
            with suppress(OverflowError):  # a name of that length is no file's
                return folder.joined(Text(os.path.basename(source.value.rstrip("/"))))
        return folder.joined(None)

    def _present(self, path: Path) -> bool:
        try:
            return self.exists(path)
        except (OSError, ValueError):
            return False


def remote_address(known: Known | None) -> str | None:
    """Give the address, without user and password, when the text is one of another machine."""
    if not isinstance(known, Text | FilePath):
        return None
    scheme = _URL.match(known.value)
    # "postgresql+psycopg2://" names a driver after the scheme.
    remote = scheme and scheme[1].lower().partition("+")[0] in _REMOTE
    address = _USER.sub("//", known.value)
    return (address if known.complete else f"{address}…") if remote else None
