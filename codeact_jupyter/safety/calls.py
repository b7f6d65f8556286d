"""Functions whose very name says what they do: tables of dotted paths, by kind of effect.

Knows nothing of arguments that are paths (files.py) nor of code given as text (dynamic.py).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import EffectKind, Finding
from .site import CallSite, shortened, shown
from .tables import words
from .values import Reference, Text

PHRASES: dict[EffectKind, str] = {
    "delete": "deletes files",
    "process": "starts or signals a process",
    "network": "uses the network",
    "install": "installs or removes packages",
    "environment": "reads secrets",
    "kernel": "ends, resets or rewires the kernel",
    "dynamic": "runs code that cannot be read beforehand",
}

_FUNCTIONS: dict[EffectKind, str] = {
    "delete": """os.remove os.unlink os.rmdir os.removedirs shutil.rmtree send2trash.send2trash""",
    "process": """
        os.system os.popen os.fork os.forkpty os.kill os.killpg os.startfile os.posix_spawn
        os.posix_spawnp os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp
        os.execvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp
        os.spawnvpe asyncio.create_subprocess_exec asyncio.create_subprocess_shell
        signal.raise_signal signal.pthread_kill signal.pidfd_send_signal signal.alarm
        signal.setitimer get_ipython().system get_ipython().getoutput multiprocessing.Pool
        multiprocessing.Process multiprocessing.Manager multiprocessing.pool.Pool
        multiprocessing.get_context().Pool multiprocessing.get_context().Process
        multiprocess.Pool multiprocess.Process concurrent.futures.ProcessPoolExecutor
        concurrent.futures.process.ProcessPoolExecutor psutil.Popen psutil.Process().kill
        psutil.Process().terminate psutil.Process().suspend psutil.Process().send_signal""",
    "network": """
        torch.hub.load torch.hub.load_state_dict_from_url torch.hub.download_url_to_file
        seaborn.load_dataset nltk.download spacy.cli.download datasets.load_dataset
        asyncio.open_connection asyncio.start_server webbrowser.open webbrowser.open_new
        webbrowser.open_new_tab wandb.init wandb.login""",
    "install": "pip.main pip._internal.main ensurepip.bootstrap micropip.install piplite.install",
    "environment": """
        dotenv.load_dotenv dotenv.dotenv_values keyring.get_password keyring.set_password
        keyring.delete_password google.colab.userdata.get""",
    "kernel": """
        exit quit sys.exit os._exit os.abort get_ipython().reset get_ipython().ask_exit
        get_ipython().reset_selective get_ipython().restart_kernel signal.signal
        signal.set_wakeup_fd signal.pthread_sigmask signal.siginterrupt _thread.interrupt_main
        resource.setrlimit""",
    "dynamic": """
        pickle.load pickle.loads pickle.Unpickler _pickle.load _pickle.loads dill.load dill.loads
        cloudpickle.load cloudpickle.loads marshal.load marshal.loads joblib.load pandas.read_pickle
        yaml.unsafe_load yaml.unsafe_load_all shelve.open jsonpickle.decode runpy.run_path
        runpy.run_module code.interact code.InteractiveConsole code.InteractiveInterpreter
        importlib.util.spec_from_file_location types.FunctionType types.CodeType sys.settrace
        get_ipython().user_ns.update get_ipython().user_ns.clear globals().update globals().clear
        get_ipython().ev get_ipython().safe_execfile cffi.FFI""",
}

_MODULES: dict[EffectKind, str] = {
    "process": "subprocess pty pexpect plumbum sh fabric invoke",
    "network": """
        requests httpx urllib.request urllib3 http.client http.server socket socketserver ssl
        aiohttp ftplib smtplib imaplib poplib telnetlib nntplib xmlrpc websockets websocket
        paramiko boto3 botocore s3fs gcsfs google.cloud google.generativeai azure openai anthropic
        selenium playwright kaggle kagglehub huggingface_hub yfinance pandas_datareader gdown wget
        pycurl psycopg2 psycopg asyncpg pymysql MySQLdb mysql.connector pymongo redis
        snowflake.connector clickhouse_connect twilio slack_sdk praw tweepy grpc zmq""",
    "dynamic": "ctypes _ctypes",
}

_HARMLESS = words(
    """socket.gethostname subprocess.list2cmdline ssl.create_default_context
    urllib.request.pathname2url urllib.request.url2pathname ctypes.sizeof"""
)

_BY_FUNCTION: dict[str, EffectKind] = {
    name: kind for kind, names in _FUNCTIONS.items() for name in names.split()
}
_BY_MODULE: dict[str, EffectKind] = {
    name: kind for kind, names in _MODULES.items() for name in names.split()
}
_ANY_RECEIVER: dict[str, EffectKind] = {
    "unlink": "delete",
    "rmdir": "delete",
    "do_shutdown": "kernel",
    "shutdown_kernel": "kernel",
    "restart_kernel": "kernel",
    "exec_module": "dynamic",
    "from_pretrained": "network",
    "__subclasses__": "dynamic",
}
_NO_TRAFFIC = re.compile(r"(Error|Exception|Warning|Timeout|Limits|Headers)$")
_CLIENT = re.compile(r"\.([A-Z]\w*|client|resource|connect|create_connection)\(\)\.(\w+)$")
_QUIET_METHODS = frozenset({"close", "mount", "cursor", "settimeout"})
_DOWNLOADS = re.compile(r"^sklearn\.(\w+\.)*fetch_\w+$|\bdatasets\.\w+\.load_data$")
_INSTALLERS = re.compile(
    r"\b(pip3?|conda|mamba|micromamba|uv|poetry|pipx|apt|apt-get|brew|npm|yarn)\b[^;|&]*"
    r"\b(install|uninstall|add|remove|update|upgrade|sync)\b"
)


def kind_of(dotted: str) -> EffectKind | None:
    """Say what calling this would do, judged by its dotted path alone."""
    found = _BY_FUNCTION.get(dotted)
    if found or dotted in _HARMLESS or "." not in dotted:
        return found
    before, opened, _ = dotted.partition("()")
    parts = before.split(".")
    for length in range(1, len(parts)):
        kind = _BY_MODULE.get(".".join(parts[:length]))
        if kind and opened:
            client = _CLIENT.search(dotted) if kind == "network" else None
            return kind if client and client[2] not in _QUIET_METHODS else None
        if kind:
            return None if _NO_TRAFFIC.search(dotted) else kind
    return "network" if _DOWNLOADS.search(dotted) else None


def names_within(module: str) -> Iterator[str]:
    """Give the listed functions that `from module import *` would bind."""
    for dotted in _BY_FUNCTION:
        if dotted.rpartition(".")[0] == module:
            yield dotted.rpartition(".")[2]


def named_effects(site: CallSite) -> Iterator[Finding]:
    """Judge a call by the name of what is called."""
    kind = kind_of(site.target) or _by_method(site)
    if kind == "process":
        yield process_finding(_command(site), site.source)
    elif kind == "delete" and _made_by_tempfile(site):
        return
    elif kind:
        alias = site.target and not site.source.startswith(site.target)
        known_as = f" (this is {site.target})" if alias else ""
        yield Finding(kind, f"{PHRASES[kind]}: {site.source}{known_as}")


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


def _by_method(site: CallSite) -> EffectKind | None:
    download = site.argument(None, "download")
    if isinstance(download, ast.Constant) and download.value is True:
        return "network"
    return _ANY_RECEIVER.get(site.word) if isinstance(site.node.func, ast.Attribute) else None


def _command(site: CallSite) -> str | None:
    first = site.argument(0, "args", "cmd", "command")
    if isinstance(first, ast.List | ast.Tuple):
        parts = [site.resolve(part) for part in first.elts]
        known = [part.value if isinstance(part, Text) else "…" for part in parts]
        return " ".join(known) if any(isinstance(part, Text) for part in parts) else None
    return site.text(0, "args", "cmd", "command")


def _made_by_tempfile(site: CallSite) -> bool:
    for known in (site.known(0, "path"), site.receiver):
        if isinstance(known, Reference) and known.dotted.startswith("tempfile."):
            return True
    return False
