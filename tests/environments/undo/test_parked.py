"""The fork that holds large arrays does no harm to a real kernel, and never outlives it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.frontends.live import LiveKernel

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there it forks")
SERVING = "__import__('codeact_jupyter.environments.undo.serving', fromlist=['_'])"
TAKE = f"{SERVING}.take(get_ipython(), 'run', 20.0, {{most}}, '', ())"
PID = f"{SERVING}._kept['run'].checkpoint.parked.pid"


@pytest.fixture
def kernel() -> Iterator[LiveKernel]:
    live = LiveKernel()
    try:
        yield live
    finally:
        live.close()


def parked(kernel: LiveKernel, most: int = 512 << 20) -> int:
    """Have a large array, and a fork that holds it; returns its process id."""
    made = kernel.run("import numpy as np; big = np.zeros(4_000_000); big[:] = 0")
    assert not made.failed, made.error
    assert "'parked': True" in kernel.value(TAKE.format(most=most))
    return int(kernel.value(PID))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def held_by(pid: int) -> list[str]:
    """What a process has open beside pipes; a fork begins with all that its parent had."""
    held = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it is closed meanwhile
            held.append(os.readlink(each))
    return [each for each in held if each != os.devnull and not each.startswith("pipe:")]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_holds_no_descriptor_of_the_kernels_and_ignores_its_interrupts(kernel) -> None:
    pid = parked(kernel)
    until(lambda: held_by(pid) == [f"/proc/{pid}/smaps_rollup"])
    kernel.interrupt()
    os.kill(pid, signal.SIGTERM)
    assert kernel.run("big[5] = 1; print(big.sum())").stdout == "1.0\n"
    assert is_running(pid)
    kernel.value(f"{SERVING}.close('run', True)")
    kernel.value(f"{SERVING}.put_back('run', False)")
    assert kernel.run("print(big.sum())").stdout == "0.0\n"


def test_it_is_waited_for_when_it_is_dropped_and_runs_nothing_at_its_end(kernel, tmp_path) -> None:
    ran, held = tmp_path / "ran", tmp_path / "held"
    kernel.run(
        f"import atexit, pathlib; atexit.register(pathlib.Path({str(ran)!r}).touch)\n"
        f"held = open({str(held)!r}, 'w'); held.write('once')"
    )
    pid = parked(kernel)
    kernel.value(f"{SERVING}.forget()")
    assert not Path(f"/proc/{pid}").exists()
    kernel.run("held.close()")
    assert held.read_text() == "once" and not ran.exists()


@pytest.mark.parametrize("how", ["killed", "restarted"])
def test_it_ends_with_its_kernel(kernel, how) -> None:
    pid = parked(kernel)
    if how == "killed":
        os.kill(int(kernel.value("__import__('os').getpid()")), signal.SIGKILL)
    else:
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=60)
        assert kernel.run("print(1 + 1)").stdout == "2\n"
    until(lambda: not is_running(pid))


def test_it_gives_up_when_it_holds_more_than_it_may_and_that_is_told(kernel) -> None:
    pid = parked(kernel, most=16 << 20)
    kernel.run("big[:] = 1")
    until(lambda: not is_running(pid))
    assert "rewrote more" in kernel.value(f"{SERVING}.lost('run')")
    kernel.value(f"{SERVING}.close('run', True)")
    assert "rewrote more" in kernel.value(f"{SERVING}.look('run')['gaps']['big']")


def test_a_kernel_with_warnings_as_errors_and_threads_can_be_forked(kernel) -> None:
    kernel.run("import warnings; warnings.simplefilter('error')")
    assert is_running(parked(kernel))


def test_pools_and_processes_of_the_runs_own_go_on_beside_it(kernel) -> None:
    pid = parked(kernel)
    ran = kernel.run(
        "import subprocess, sys\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "print(subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True).stdout)\n"
        "print(sum(ThreadPoolExecutor(2).map(float, range(5))), (big[:9] @ big[:9]))"
    )
    assert ran.stdout == "b'7\\n'\n10.0 0.0\n"
    assert is_running(pid)


def test_nothing_of_ours_is_in_the_names_the_history_or_the_counts(kernel) -> None:
    count = kernel.run("1").count
    names = kernel.value("sorted(get_ipython().user_ns)")
    parked(kernel)
    assert kernel.run("1").count == count + 2
    assert "codeact" not in kernel.value("dict(get_ipython().user_ns, _ih=0, In=0).keys()")
    assert "codeact" not in kernel.value("get_ipython().user_ns['In']") and names
