"""What recorded code needs of a kernel before any of it is run there: the packages it imports.

Only what must be there from the start counts: a plain import, in a part that went well, before any
that may have changed where modules come from.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator, Sequence

from ..engine.environment import Environment
from ..engine.trajectory import Action
from .recorded import Part

ACTION = "rebuild-0-action"  # front ends show nothing of these requests
MOVES_MODULES = re.compile(
    r"\b(pip|conda|mamba|uv|poetry)\b|\bsys\.(path|modules|meta_path)|\b(chdir|addsitedir)\b"
    r"|^[^\S\n]*%(cd|run|load|load_ext)\b",
    re.M,
)
# Of what is often imported, the packages that are called otherwise.
PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
ASK = "print([n for n in {!r} if not __import__('importlib.util').util.find_spec(n)])"


def to_install(modules: Sequence[str]) -> str:
    """What to install for these modules, as pip takes it."""
    return " ".join(PACKAGES.get(name, name) for name in modules)


async def lacking(parts: Sequence[Part], environment: Environment) -> tuple[str, ...]:
    """The packages that these parts import and the environment has not; asked of it in one go.

    None where it does not say: then it will show when they are run.
    """
    wanted = tuple(needed(parts))
    if not wanted:
        return ()
    action = Action(ASK.format(wanted), ACTION)
    seen = await environment.execute(action, on_output=lambda output: None)
    said = "".join(output.text for output in seen.outputs if output.kind == "stream")
    try:
        found = ast.literal_eval(said.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(name for name in wanted if name in found)


def needed(parts: Sequence[Part]) -> list[str]:
    """The top-level names of the modules that must be there, but for Python's own."""
    codes = "\n".join(part.code for part in parts)
    names: dict[str, None] = {}
    for part in parts:
        if MOVES_MODULES.search(part.code):
            break
        if part.state == "ok":
            names.update(dict.fromkeys(_imported(part.code)))
    return [name for name in names if not _is_made(name, codes, sys.stdlib_module_names)]


def _imported(code: str) -> Iterator[str]:
    """What is imported in any case: not in a function, a branch or a `try`."""
    try:
        statements = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.partition(".")[0]


def _is_made(name: str, codes: str, own: Collection[str]) -> bool:
    """Whether it is Python's own, or the code may write the module itself."""
    return name in own or re.search(rf"\b{re.escape(name)}(\.py\b|['\"/\\])", codes) is not None
