"""Hostile cells in a sandboxed kernel, and in a plain one: there they must succeed, or they test
nothing."""

from __future__ import annotations

import importlib
import os

import pytest

from .battery import ACTIONS, PREAMBLE, VERDICT, Hostile
from .contained import CONTAINED, Contained
from .hosting import Host
from .kernels import Kernel
from .table import contained_row_of, row_of, rows_in_document

pytestmark = pytest.mark.timeout(120)
# Of root's rights a plain kernel of this run may lack some; of a person's it never does.
OF_ROOT = {
    *("shadow", "mount", "raw_sockets", "proc_sys", "capabilities", "fill_root", "inherited"),
    *("vsock", "risky_calls", "namespaces", "routes", "ptrace_server", "ptrace_parent"),
    *("server_memory", "process_vm_readv", "other_sources", "dns", "abstract_socket"),
    "site_packages",  # where root installed them
}


def tried(action: Hostile, kernel: Kernel, host: Host) -> str:
    """Run an action in a kernel; gives what it said."""
    before = host.contacts().count("udp")
    code = action.code.replace("HOST_HEARD", "True")
    ran = kernel.run(f"{PREAMBLE}{host.known_to_attacks()}{code}{VERDICT}")
    assert ran.end == "ok", ran
    if action.name == "udp" and "DONE" in ran.text:  # it is sent into the void, or it arrives
        kernel.run("import time; time.sleep(0.3)")
        return "DONE" if host.contacts().count("udp") > before else "REFUSED"
    return ran.text


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_in_the_sandbox_a_hostile_cell_gains_nothing(
    action: Hostile, sandboxed: Kernel, host: Host
) -> None:
    said = tried(action, sandboxed, host)
    assert said.startswith("DONE" if action.sandbox else "REFUSED"), said


def test_outside_nothing_has_changed_then(sandboxed: Kernel, host: Host) -> None:
    assert (host.outside / "secret.txt").read_text() == "DECOY SECRET"
    assert (host.home / ".bashrc").read_text() == "# of the person\n"
    assert not (host.outside / "planted").exists()
    assert not (host.workspace / ".git/hooks/post-commit").exists()
    assert host.contacts() == ""
    assert host.victim.poll() is None


@pytest.mark.parametrize(
    "action",
    [each for each in ACTIONS if each.plain],
    ids=lambda action: action.name,
)
def test_in_a_plain_kernel_the_same_cell_does_what_it_wants(
    action: Hostile, plain: Kernel, host: Host
) -> None:
    said = tried(action, plain, host)
    if action.name in OF_ROOT and os.getuid() != 0 and said.startswith("REFUSED"):
        pytest.skip("it takes root's rights, which this plain kernel has not")
    assert said.startswith("DONE"), said


def test_the_tables_in_the_documents_are_true() -> None:
    rows = [*map(row_of, ACTIONS), *map(contained_row_of, CONTAINED)]
    documented = rows_in_document()
    assert [row.says for row in documented] == [row.says for row in rows]
    for true, written in zip(rows, documented, strict=True):
        assert written._replace(gate="") == true._replace(gate="")
        assert written.gate == true.gate or true.gate == "asks"  # a better gate needs no new table


@pytest.mark.parametrize("cell", CONTAINED, ids=lambda cell: cell.says)
def test_each_test_that_the_documents_name_is_there(cell: Contained) -> None:
    assert callable(getattr(importlib.import_module(cell.module), cell.test))


def test_there_are_more_than_forty_of_them() -> None:
    assert len({action.name for action in ACTIONS}) > 40
