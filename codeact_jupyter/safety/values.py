"""What an expression can plainly be known to be, without running it.

Worth knowing are: what a name refers to, a text, a file path, and that a text was decoded from
something that cannot be read. All else is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reference:
    """A dotted path such as `os.remove`; a `()` in it stands for what a call returned."""

    dotted: str

    def attribute(self, name: str) -> Reference:
        """Refer to an attribute of this."""
        return Reference(canonical(f"{self.dotted}.{name}"))


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
            return replace(other, value=self.value + other.value)
        return Text(self.value, complete=False)


@dataclass(frozen=True)
class FilePath:
    """A pathlib path; when not complete, only the folder it begins with is known."""

    value: str
    complete: bool = True

    def joined(self, other: Known | None) -> FilePath:
        """Join a further part, as far as the result can be known."""
        if not self.complete:
            return self
        if isinstance(other, Text | FilePath):
            absolute = other.value.startswith("/")
            folder = self.value if self.value.endswith("/") else f"{self.value}/"
            return FilePath(other.value if absolute else folder + other.value, other.complete)
        return FilePath(f"{self.value}/", complete=False)


@dataclass(frozen=True)
class Concealed:
    """A text that the code decodes from what cannot be read here: plain code has no use for it."""


Known = Reference | Text | FilePath | Concealed

# Modules that other modules hold: `glob.os.remove` is `os.remove`, and so is `random._os.remove`.
_HELD = "os|sys|subprocess|shutil|builtins|ctypes|socket|importlib|urllib"

_SAME_THING = (
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
