"""What an expression can plainly be known to be, without running it.

Worth knowing are: what a name refers to, a text, a file path, and that a text was decoded from
something that cannot be read. All else is None.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace

# Characters of a text that is put together: `a = a + a` again and again would fill the memory.
# What is longer raises OverflowError, which makes the whole Concealed: no part of it may be lost.
LONGEST = 20_000


@dataclass(frozen=True)
class Reference:
    """A dotted path such as `os.remove`; a `()` in it stands for what a call returned."""

    dotted: str

    def attribute(self, name: str) -> Reference:
        """Refer to an attribute of this."""
        return Reference(canonical(_bounded(f"{self.dotted}.{name}")))


@dataclass(frozen=True)
class Text:
    """A string; when not complete, only how it begins is known."""

    value: str
    complete: bool = True

    def plus(self, other: Known | None) -> Text:
        """Concatenate, as far as the result can be known."""
        if not self.complete:
            return self
        if isinstance(other, Text):
            return replace(other, value=_bounded(self.value + other.value))
        return Text(self.value, complete=False)


@dataclass(frozen=True)
class FilePath:
    """A pathlib path; when not complete, only the folder it begins with is known."""

    value: str
    complete: bool = True

    def joined(self, other: Known | None) -> FilePath:
        """Join a further part, as far as the result can be known."""
        if isinstance(other, Found) and other.names(self):
            return Found(self.value)
        if not self.complete:
            return FilePath(self.value, complete=False)
        if isinstance(other, Text | FilePath):
            absolute = other.value.startswith("/")
            folder = self.value if self.value.endswith("/") else f"{self.value}/"
            whole = other.value if absolute else _bounded(folder + other.value)
            return FilePath(whole, other.complete)
        return FilePath(f"{self.value}/", complete=False)


@dataclass(frozen=True)
class Found(FilePath):
    """A file that a folder was found to hold, or all of them: which is not known, but it is there.

    `value` is the folder. A `bare` one is known by its name alone, without the folder.
    """

    complete: bool = False
    bare: bool = False

    def names(self, folder: FilePath) -> bool:
        """Say whether it names a file of this folder, once it is joined to it."""
        whole = folder.complete or (isinstance(folder, Found) and not folder.bare)
        same = posixpath.normpath(folder.value) == posixpath.normpath(self.value)
        return self.bare and whole and same

    @property
    def there(self) -> bool:
        """Say whether a file is there under just this name."""
        return not self.bare or self.names(FilePath("."))


@dataclass(frozen=True)
class Concealed:
    """A text that the code decodes from what cannot be read here: plain code has no use for it."""


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise OverflowError(f"{len(text):,} characters")
    return text


Known = Reference | Text | FilePath | Concealed

# Modules that other modules hold: `glob.os.remove` is `os.remove`, and so is `random._os.remove`.
_HELD = "os|sys|subprocess|shutil|builtins|ctypes|socket|importlib|urllib"

_SAME_THING = (
    (re.compile(r"^__main__\.__dict__$"), "globals()"),
    (re.compile(r"^__main__\."), ""),
    (re.compile(r"^(?!codeact_jupyter)\w[\w.]*\._?(?=(" + _HELD + r")\.\w)"), ""),
    (re.compile(r"^(__builtins__|builtins)\.(?!__dict__$)"), ""),
    (re.compile(r"^pandas\.io\.common\.urlopen$"), "urllib.request.urlopen"),
    (re.compile(r"^(io|_io)\.open$"), "open"),
    (re.compile(r"^(posix|nt)\."), "os."),
    (re.compile(r"^(posixpath|ntpath)\."), "os.path."),
    (re.compile(r"^pathlib(\._local)?\.(Pure|Posix|Windows|PurePosix|PureWindows)?Path\b"),
     "pathlib.Path"),
    (re.compile(r"^IPython\.(core\.getipython\.)?get_ipython\b"), "get_ipython"),
    (re.compile(r"^[\w.]+\.(ZMQ|Terminal|Google)?InteractiveShell\(\)"), "get_ipython()"),
    (re.compile(r"^get_ipython\(\)\.kernel\.shell\b"), "get_ipython()"),
    (re.compile(r"^(_site_builtins|IPython\.core\.autocall)\.(Quitter|ExitAutocall|ZMQExitAutocall)"
                r"(\(\))?$"), "exit"),
    (re.compile(r"^get_ipython\(\)\.(user_ns|user_global_ns)$"), "globals()"),
)  # fmt: skip
_MAY_DIFFER = ("__builtins__", "builtins", "io.", "_io.", "posix", "nt", "pathlib", "IPython",
               "_site", "get_ipython()", "__main__.", "ipykernel", "google.colab")  # fmt: skip
_HOLDS = re.compile(r"\._?(" + _HELD + r"|common)\.\w")


def canonical(dotted: str) -> str:
    """Give the one name by which the tables know a thing that has several."""
    if dotted.startswith(_MAY_DIFFER) or _HOLDS.search(dotted):
        for pattern, plain in _SAME_THING:
            dotted = pattern.sub(plain, dotted, count=1)
    return dotted
