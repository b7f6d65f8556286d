"""Reading secrets from the process's environment, and changing it.

Judges `os.environ` and the functions around it, and reaching into this very package, which holds a
key. Ordinary variables such as HOME may be read freely.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding
from .site import CallSite
from .tables import words
from .values import Known, Text

_SECRET = re.compile(
    r"""KEY(?!BOARD|WORD) | SECRET | PASSW | PASSPHRASE | (^|_)PASS$ | _PWD$ | TOKEN(?!IZERS)
    | CREDENTIAL | AUTH(?!OR) | COOKIE | JWT | _PAT$ | WEBHOOK | DSN | CONN(ECTION)?_STR
    | (DB|DATABASE|SQL|POSTGRES|MONGO|MONGODB|REDIS|AMQP|BROKER|RABBITMQ|SENTRY)_UR[IL]""",
    re.IGNORECASE | re.VERBOSE,
)
_READING = frozenset({"os.getenv", "os.getenvb", "os.environ.get", "os.environ.__getitem__"})
_CHANGING = words(
    """os.putenv os.unsetenv os.environ.update os.environ.setdefault os.environ.pop
    os.environ.popitem os.environ.clear os.environ.__setitem__ os.environ.__delitem__"""
)
_WHOLE = words("""os.environ.items os.environ.values os.environ.copy os.environb""")
_ENVIRONMENTS = frozenset({"os.environ", "os.environ.__dict__", "os.environ._data"})
FUNCTIONS = _READING | _CHANGING | _WHOLE | _ENVIRONMENTS
_HARMLESS_CHANGES = words(
    """TOKENIZERS_PARALLELISM OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS
    NUMEXPR_MAX_THREADS CUDA_VISIBLE_DEVICES TF_CPP_MIN_LOG_LEVEL KMP_DUPLICATE_LIB_OK
    PYTHONWARNINGS PYTHONHASHSEED KERAS_BACKEND TF_ENABLE_ONEDNN_OPTS
    POLARS_MAX_THREADS NUMBA_NUM_THREADS NUMEXPR_NUM_THREADS VECLIB_MAXIMUM_THREADS
    LOKY_MAX_CPU_COUNT TF_FORCE_GPU_ALLOW_GROWTH PYTORCH_CUDA_ALLOC_CONF CUBLAS_WORKSPACE_CONFIG
    JAX_PLATFORMS WANDB_DISABLED TZ"""
)
_VARIABLE = re.compile(r"\$\{?(\w+)|%(\w+)%")
_AGENT = re.compile(r"codeact_jupyter(?!\.(demo|__version__)\b)(\.\w+)*$")


def environment_effects(site: CallSite) -> Iterator[Finding]:
    """Judge a call by what it reads from the environment or changes in it."""
    if site.target in _CHANGING:
        if site.word != "setdefault" or may_matter(site.known(0)):
            yield changed(site.source)
    elif site.target in _WHOLE or _of_processes(site):
        yield whole(site.source)
    elif _reads_secret(site):
        yield secret(site.source)
    elif _AGENT.match(site.target):
        yield agent(site.source)


def passed_environment(dotted: str, source: str) -> Finding | None:
    """Judge the environment as a whole, or a part of the agent, named but not called."""
    if dotted in _ENVIRONMENTS:
        return whole(source)
    return agent(source) if _AGENT.match(dotted) else None


def may_matter(name: Known | None) -> bool:
    """Say whether changing a variable may change more than how fast or how loud something is."""
    return not isinstance(name, Text) or name.value not in _HARMLESS_CHANGES


def reaches_agent(module: str) -> bool:
    """Say whether importing this reaches into the agent."""
    return "." in module and bool(_AGENT.match(module))


def may_be_secret(name: Known | None) -> bool:
    """Say whether a variable's name sounds like a secret, or cannot be known."""
    return not isinstance(name, Text) or not name.complete or bool(_SECRET.search(name.value))


def secret(source: str) -> Finding:
    """Put reading one variable into words."""
    return Finding("environment", f"reads a secret from the environment: {source}")


def whole(source: str) -> Finding:
    """Put reading all variables into words."""
    return Finding("environment", f"reads the whole environment: {source}")


def changed(source: str) -> Finding:
    """Put a change into words."""
    return Finding("environment", f"changes the environment: {source}")


def _reads_secret(site: CallSite) -> bool:
    if site.target == "os.path.expandvars":
        return _may_name_secret(site.text(0, "path"))
    return site.target in _READING and may_be_secret(site.known(0, "key"))


def _of_processes(site: CallSite) -> bool:
    """Say whether it reads the environment of processes, as `psutil` does."""
    if site.word == "environ":
        return isinstance(site.node.func, ast.Attribute)
    listed = ast.walk(site.node) if site.target == "psutil.process_iter" else ()
    return any(isinstance(part, ast.Constant) and part.value == "environ" for part in listed)


def _may_name_secret(text: str | None) -> bool:
    """Say whether a variable in a text may be a secret; one of a text that is unknown may."""
    names = (first or second for first, second in _VARIABLE.findall(text or ""))
    return text is None or any(map(_SECRET.search, names))


def agent(source: str) -> Finding:
    """Put reaching into this package into words."""
    return Finding("environment", f"reaches into the agent, which holds a key: {source}")
