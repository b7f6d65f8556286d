"""To Jupyter and to the person a sandboxed kernel is a kernel like any other."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from codeact_jupyter.sandbox.watching import descendants

from .conftest import Start
from .hosting import KEY, Host
from .kernels import Kernel

pytestmark = pytest.mark.timeout(120)
SLEEPS = {
    "a sleep": "import time\nx = 42\ntime.sleep(30)",
    "a child": "import subprocess\nx = 42\nsubprocess.run(['sleep', '30'])",
    "a busy loop": "x = 42\nwhile True: pass",
}


@pytest.mark.parametrize("code", SLEEPS.values(), ids=SLEEPS.keys())
def test_an_interrupt_ends_the_cell_and_leaves_the_kernel(code: str, sandboxed: Kernel) -> None:
    request = sandboxed.client.execute(code)
    assert sandboxed.follow(request, seconds=1).end == "timeout"
    sandboxed.manager.interrupt_kernel()
    ran = sandboxed.follow(request, seconds=20)
    assert ran.error.startswith("KeyboardInterrupt")
    assert sandboxed.value("x") == 42
    assert sandboxed.provisioner.process.poll() is None


def test_plots_packages_shells_and_processes_work_as_they_do(sandboxed: Kernel) -> None:
    plot = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()"
    ran = sandboxed.run(plot)
    assert any("image/png" in m["content"].get("data", {}) for m in ran.messages), ran
    assert sandboxed.run("import pandas as pd; pd.read_csv('data.csv')").end == "ok"
    assert sandboxed.run("!echo from a shell").text.strip() == "from a shell"
    pool = "from concurrent.futures import ProcessPoolExecutor\n"
    pool += "with ProcessPoolExecutor(2) as pool: print(sum(pool.map(abs, [-1, -2])))"
    assert sandboxed.run(pool).text == "3\n"
    assert (
        sandboxed.run("import socket; socket.create_server(('127.0.0.1', 0)).close()").end == "ok"
    )


def test_packages_are_those_of_the_virtual_environment_and_read_only(sandboxed: Kernel) -> None:
    assert sandboxed.value("__import__('sys').prefix") == sys.prefix
    assert sandboxed.run("import codeact_jupyter").end == "ok"


def test_what_it_writes_in_the_workspace_is_there(sandboxed: Kernel, host: Host) -> None:
    sandboxed.run("import os; open('made.txt', 'w').write('of the kernel')")
    assert (host.workspace / "made.txt").read_text() == "of the kernel"
    sandboxed.run("os.makedirs('a/b', exist_ok=True); os.rename('made.txt', 'a/b/made.txt')")
    assert (host.workspace / "a/b/made.txt").exists()


def test_a_restart_forgets_and_a_shutdown_leaves_nothing(start: Start) -> None:
    kernel = start()
    folder = kernel.provisioner._folder
    assert folder.exists()
    kernel.run("x = 1")
    kernel.restart()
    assert kernel.run("x").error.startswith("NameError")
    inside = descendants(kernel.provisioner._first)
    kernel.manager.shutdown_kernel()
    assert not folder.exists()
    deadline = time.monotonic() + 10
    while any(map(_runs, inside)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_runs, inside))


def test_what_it_writes_past_jupyter_reaches_no_terminal_and_is_read_off(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    kernel = start()
    escape = "import os\nfor fd in (1, 2): os.write(fd, b'\\x1b]0;title\\x07' + b'x' * 300_000)"
    assert kernel.run(escape).end == "ok"
    kernel.run("!printf '\\033[2J' > /proc/1/fd/2")
    assert "\x1b" not in "".join(capfd.readouterr())


def test_neither_the_first_process_nor_any_other_shows_what_the_server_knows(
    sandboxed: Kernel, host: Host
) -> None:
    shown = sandboxed.run(
        "import glob\nfor path in glob.glob('/proc/[0-9]*/[ec][nm][vd]*'):\n"
        "    try: print(path, open(path, 'rb').read())\n"
        "    except OSError as error: print(path, error)"
    ).text
    assert "/proc/1/environ" in shown and "bwrap" in shown
    assert KEY not in shown and str(host.home) not in shown


def test_its_parent_is_no_process_of_the_host_and_it_says_nothing_about_it(
    sandboxed: Kernel,
) -> None:
    assert sandboxed.value("__import__('os').environ['JPY_PARENT_PID']") == "1"
    assert sandboxed.value("__import__('os').getppid()") == 1


def test_the_sockets_folder_is_not_inside(sandboxed: Kernel) -> None:
    folder = sandboxed.provisioner._folder
    assert folder.stat().st_mode & 0o077 == 0
    assert sandboxed.value(f"__import__('os').path.exists({str(folder)!r})") is False
    shown = sandboxed.value("sorted(__import__('os').listdir('/run'))")
    connection = Path(sandboxed.manager.connection_file).name
    assert shown == sorted(["codeact", connection, "policy.json"])


def test_where_paths_are_too_long_for_sockets_they_lie_in_tmp(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setattr("tempfile.tempdir", str(long))
    kernel = start()
    assert kernel.provisioner._folder.parent == Path("/tmp")
    assert kernel.run("print('alive')").text == "alive\n"


def test_an_interrupt_reaches_what_the_kernel_started(sandboxed: Kernel, host: Host) -> None:
    waits = "trap 'echo yes > interrupted; exit' INT; echo > waiting; while :; do sleep 0.05; done"
    request = sandboxed.client.execute(
        f"import subprocess; subprocess.Popen({waits!r}, shell=True).wait()"
    )
    deadline = time.monotonic() + 20
    while not (host.workspace / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    sandboxed.manager.interrupt_kernel()
    assert sandboxed.follow(request, seconds=20).error.startswith("KeyboardInterrupt")
    while not (host.workspace / "interrupted").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (host.workspace / "interrupted").read_text() == "yes\n"


def test_a_signal_to_the_kernel_is_not_one_to_the_walls(sandboxed: Kernel) -> None:
    sandboxed.manager.signal_kernel(signal.SIGWINCH)
    assert sandboxed.run("print('alive')").text == "alive\n"


def test_modules_in_the_workspace_do_not_take_the_place_of_the_kernels(
    start: Start, tmp_path: Path
) -> None:
    work = tmp_path / "shadowed"
    work.mkdir()
    for name in ("zmq", "inside", "ipykernel", "json"):
        (work / f"{name}.py").write_text("raise RuntimeError('the wrong one')")
    kernel = start(work)
    assert kernel.run("print('alive')").text == "alive\n"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    status = Path(f"/proc/{process}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
