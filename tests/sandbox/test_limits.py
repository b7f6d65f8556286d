"""Cells that use up the machine; every bomb is bounded, far below what the machine has."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from codeact_jupyter.sandbox.limits import Bounds, bounds_of

from .conftest import Start
from .kernels import Kernel

pytestmark = pytest.mark.timeout(120)

MEMORY_OF_ONE = "held = bytearray(600 << 20)"
MEMORY_OF_MANY = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 120
        time.sleep(30); os._exit(0)
time.sleep(30)
"""
FORKS = """
import os, signal, time
for _ in range(400):
    if os.fork() == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(20); os._exit(0)
time.sleep(20)
"""
ONE_FILE = """
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open('big', 'wb') as file:
    for _ in range(40): file.write(bytes(1 << 20))
"""
MANY_FILES = """
import os, time
for number in range(30):
    with open(f'big{number}', 'wb') as file:
        file.write(os.urandom(8 << 20)); file.flush(); os.fsync(file.fileno())
time.sleep(5)
"""
MEMORY_FILES = """
for folder in ('/tmp', '/dev/shm', '/home/sandbox'):
    with open(folder + '/big', 'wb') as file:
        for _ in range(120): file.write(bytes(1 << 20))
"""
HIDDEN_PAGES = """
import mmap, time
held = mmap.mmap(-1, 400 << 20)
for at in range(0, 400 << 20, 4 << 20):
    held[at : at + (4 << 20)] = bytes(4 << 20)
    held.madvise(mmap.MADV_DONTNEED)
time.sleep(5)
"""
FULL_SOCKETS = """
import socket, time
held = [socket.socketpair() for _ in range(400)]
for one, _ in held:
    one.setblocking(False)
    try:
        while True: one.send(bytes(4096))
    except BlockingIOError: pass
time.sleep(5)
"""
EMPTY_FILES = """
import os, time
os.makedirs('{folder}/many')
for number in range({count}): os.mknod(f'{folder}/many/{{number}}')
time.sleep(5)
"""


def ended_for(kernel: Kernel) -> str:
    """Why the watch ended the kernel."""
    deadline = time.monotonic() + 20
    while not kernel.provisioner.why_ended and time.monotonic() < deadline:
        time.sleep(0.05)
    return str(kernel.provisioner.why_ended)


def test_a_process_that_asks_for_too_much_memory_is_refused_it(start: Start) -> None:
    kernel = start(limits={"memory": 500})
    assert kernel.run(MEMORY_OF_ONE).error.startswith("MemoryError")
    assert kernel.run("1 + 1").end == "ok"


def test_addresses_that_are_reserved_and_never_used_count_for_nothing(start: Start) -> None:
    kernel = start(limits={"memory": 500})
    reserve = (
        "import mmap; held = mmap.mmap(-1, 64 << 30, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)"
    )
    assert kernel.run(reserve).end == "ok"


def test_processes_that_use_too_much_memory_together_are_ended(start: Start) -> None:
    kernel = start(limits={"memory": 400})
    assert kernel.run(MEMORY_OF_MANY, seconds=40).end == "died"
    assert "of memory" in ended_for(kernel)


def test_forked_children_that_share_their_memory_are_counted_once(start: Start) -> None:
    kernel = start(limits={"memory": 500})
    code = "held = bytearray(150 << 20)\nimport os, time\n"
    code += "for _ in range(8):\n    if os.fork() == 0: time.sleep(1.5); os._exit(0)\n"
    assert kernel.run(code + "time.sleep(1.6); print('alive')").text == "alive\n"
    assert kernel.provisioner.why_ended == ""


def test_a_fork_bomb_is_ended_also_when_it_is_roots(start: Start) -> None:
    kernel = start(limits={"processes": 60})
    ran = kernel.run(FORKS, seconds=30)
    if ran.end == "died":
        assert "processes" in ended_for(kernel)
    else:  # for others than root the system refuses the children itself
        assert "BlockingIOError" in ran.error
    assert kernel.manager.is_alive() == (ran.end != "died")


def test_a_file_has_a_largest_size(start: Start) -> None:
    kernel = start(limits={"file": 20})
    assert kernel.run(ONE_FILE).error.startswith("OSError: [Errno 27]")
    assert (kernel.workspace / "big").stat().st_size <= 20 << 20


def test_files_that_fill_the_disk_end_the_kernel(start: Start) -> None:
    kernel = start(limits={"disk": 60})
    assert kernel.run(MANY_FILES, seconds=40).end == "died"
    assert "disk" in ended_for(kernel)


def test_files_in_memory_have_an_end(start: Start) -> None:
    kernel = start(limits={"temporary": 100, "shared_memory": 100})
    assert "No space left" in kernel.run(MEMORY_FILES).error


def test_files_without_content_have_an_end_on_disk(start: Start) -> None:
    kernel = start(limits={"new_files": 2_000})
    assert kernel.run(EMPTY_FILES.format(folder=".", count=20_000)).end == "died"
    assert "files more" in ended_for(kernel)


def test_files_without_content_count_as_memory_where_they_are_in_memory(start: Start) -> None:
    kernel = start(limits={"memory": 250})
    assert kernel.run(EMPTY_FILES.format(folder="/tmp", count=250_000)).end == "died"
    assert "of memory" in ended_for(kernel)


@pytest.mark.parametrize("code", [HIDDEN_PAGES, FULL_SOCKETS], ids=["pages", "sockets"])
def test_memory_that_counts_to_no_process_has_an_end_where_it_runs_short(
    code: str, start: Start
) -> None:
    every_machine = 1 << 40
    kernel = start(limits={"memory": 300, "spare": every_machine})
    assert kernel.run("import pandas").end == "ok"
    assert kernel.run(code).end == "died"
    assert "sockets and shared pages" in ended_for(kernel)


def test_seconds_of_the_processor_have_an_end(start: Start) -> None:
    kernel = start(limits={"cpu_seconds": 3})
    assert kernel.run("while True: pass", seconds=40).end == "died"
    assert "the processor" in ended_for(kernel)


def test_open_files_have_an_end(start: Start) -> None:
    kernel = start(limits={"open_files": 200})
    ran = kernel.run("held = [open('/dev/null') for _ in range(300)]")
    assert "Too many open files" in ran.error


def test_a_huge_message_never_reaches_this_process_and_that_is_said(start: Start) -> None:
    kernel = start(limits={"message": 2})
    before = psutil.Process().memory_info().rss
    ran = kernel.run("import sys; sys.stdout.write('x' * 60_000_000); sys.stdout.flush()")
    assert ran.end == "ok" and len(ran.text) < 2 << 20
    assert "left out, because this kernel is a sandbox: output of 60 MB" in ran.text
    ran = kernel.run("from IPython.display import HTML; HTML('x' * 9_000_000)")
    assert "output of 9 MB" in str(ran.messages)
    assert "at most 2 MB pass" in kernel.run("raise ValueError('x' * 9_000_000)").error
    grown = psutil.Process().memory_info().rss - before
    assert grown < 30 << 20


def test_one_who_sends_it_all_the_same_is_not_heard(start: Start) -> None:
    kernel = start(limits={"message": 2})
    kernel.run(
        "own = get_ipython().kernel.session; own.serialize = type(own).serialize.__get__(own)"
    )
    before = psutil.Process().memory_info().rss
    kernel.run("import sys; sys.stdout.write('x' * 60_000_000); sys.stdout.flush()", seconds=3)
    assert psutil.Process().memory_info().rss - before < 30 << 20


def test_nor_by_a_server_which_connects_by_the_kernels_manager(start: Start) -> None:
    kernel = start(limits={"message": 2})
    heard = kernel.manager.connect_iopub()
    kernel.run(
        "own = get_ipython().kernel.session; own.serialize = type(own).serialize.__get__(own)"
    )
    kernel.run("import sys; sys.stdout.write('x' * 60_000_000); sys.stdout.flush()", seconds=3)
    sizes: list[int] = []
    with closing(heard):
        while heard.poll(500):
            sizes += map(len, heard.recv_multipart())
    assert sizes and max(sizes) <= 2 << 20


def test_why_a_kernel_was_ended_is_not_said_of_its_next_end(start: Start) -> None:
    kernel = start(limits={"cpu_seconds": 2})
    assert kernel.run("while True: pass", seconds=40).end == "died"
    assert "the processor" in ended_for(kernel)
    kernel.restart()
    assert "the processor" in kernel.provisioner.why_ended
    assert kernel.run("import os; os._exit(1)").end == "died"
    assert kernel.provisioner.why_ended == "" and kernel.provisioner.endings == 1


def test_output_without_an_end_can_be_stopped(start: Start) -> None:
    kernel = start()
    assert kernel.run("while True: print('x' * 1000)", most=1_000_000).end == "too much"
    kernel.manager.interrupt_kernel()
    kernel.run("pass")
    assert kernel.run("print('alive')").text == "alive\n"


@pytest.mark.parametrize(
    "code",
    [
        "import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass",
    ],
    ids=["ignores signals", "swallows interrupts"],
)
def test_a_cell_that_ignores_interrupts_dies_at_once_when_it_is_killed(
    code: str, start: Start
) -> None:
    kernel = start()
    assert kernel.run(code, seconds=1).end == "timeout"
    kernel.manager.interrupt_kernel()
    kernel.manager.shutdown_kernel(now=True)
    assert not kernel.manager.is_alive()


def test_a_daemon_ends_with_its_kernel(start: Start) -> None:
    kernel = start()
    code = "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    code += "        os.execvp('sleep', ['sleep', '98765'])\n    os._exit(0)"
    kernel.run(code)
    kernel.run("import time; time.sleep(1)")
    assert _sleepers()
    kernel.manager.shutdown_kernel(now=True)
    deadline = time.monotonic() + 10
    while _sleepers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _sleepers()


@pytest.mark.parametrize(
    "code", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"], ids=["exit", "crash"]
)
def test_a_kernel_that_ends_itself_leaves_nothing_and_starts_again(
    code: str, start: Start, tmp_path: Path
) -> None:
    kernel = start()
    assert kernel.run(code).end == "died"
    kernel.restart()
    assert kernel.run("print('again')").text == "again\n"
    assert list(kernel.workspace.iterdir()) == []


def test_a_limit_that_cannot_be_one_is_named() -> None:
    assert bounds_of({"memory": 100}) == Bounds(memory=100)
    with pytest.raises(ValueError, match="no limit 'memroy'"):
        bounds_of({"memroy": 100})
    with pytest.raises(ValueError, match="not '1G'"):
        bounds_of({"memory": "1G"})


def _sleepers() -> list[int]:
    """The processes that a test of ours left asleep."""
    wanted = ["sleep", "98765"]
    return [each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == wanted]
