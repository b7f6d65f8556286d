"""The filter of system calls as data: what Linux would make of it on either machine.

The program is interpreted here, as the kernel does, so that the one of a machine that no test runs
on is tried too.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.sandbox.inside import seccomp

MACHINES = [*seccomp.COLUMNS]
ARCHITECTURES = seccomp.ARCHITECTURES
NAMESPACE_OF_USERS, THREAD = 0x10000000, 0x003D0F00
AF_VSOCK, AF_PACKET, AF_ALG = 40, 17, 38
REFUSED, AS_IF_DONE = seccomp.ERRNO | seccomp.EPERM, seccomp.ERRNO | seccomp.DONE
NO_SUCH_CALL, NO_SUCH_FAMILY = (seccomp.ERRNO | each for each in (38, 97))
# Calls that no Python does without, by the numbers of x86_64 and aarch64.
NEEDED = {
    "read": (0, 63),
    "write": (1, 64),
    "openat": (257, 56),
    "mmap": (9, 222),
    "futex": (202, 98),
    "execve": (59, 221),
    "wait4": (61, 260),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "exit_group": (231, 94),
    "sched_yield": (24, 124),
    "madvise": (28, 233),
    "renameat2": (316, 276),
    "unlinkat": (263, 35),
    "getrandom": (318, 278),
    "rseq": (334, 293),
}
# `#define __NR_mount 40`; of the file for all newer machines some names are those of 64 bits.
DEFINED = re.compile(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)")
HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}
# Newer than the headers of some systems, and the same for all machines.
NEWEST = {
    "fchmodat2": 452,
    "file_setattr": 469,
    "memfd_secret": 447,
    "open_tree_attr": 467,
    "process_mrelease": 448,
    "quotactl_fd": 443,
    "removexattrat": 466,
    "setxattrat": 463,
}


def verdict(machine: str, call: int, *arguments: int, architecture: int = 0, **options: Any) -> int:
    """What the filter returns for this call, with its arguments."""
    architecture = architecture or ARCHITECTURES[machine]
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", call, architecture, 0, *given)
    program = seccomp.assembled(machine=machine, **options)
    at, held = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("HBBI", program, at * 8)
        at += 1
        if code == seccomp.RETURN:
            return int(value)
        if code == seccomp.LOAD:
            (held,) = struct.unpack_from("<I", data, value)
            continue
        holds = {
            seccomp.EQUAL: held == value,
            seccomp.AT_LEAST: held >= value,
            seccomp.ANY_BIT: bool(held & value),
        }[code]
        at += yes if holds else no


@pytest.mark.parametrize("machine", MACHINES)
def test_each_call_that_is_denied_is_refused_and_what_is_needed_passes(machine: str) -> None:
    column = seccomp.COLUMNS[machine]
    for beside in (False, True):
        denied = {**seccomp.DENIED, **(seccomp.BESIDE if beside else {})}
        for name, numbers in denied.items():
            if numbers[column] is not None:
                assert verdict(machine, numbers[column], beside=beside) == REFUSED, name
        for name, numbers in NEEDED.items():
            assert verdict(machine, numbers[column], beside=beside) == seccomp.ALLOW, name
        expected = AS_IF_DONE if beside else seccomp.ALLOW
        for name, numbers in seccomp.OF_RIGHTS.items():
            if numbers[column] is not None:
                assert verdict(machine, numbers[column], beside=beside) == expected, name


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_are_judged_by_their_arguments(machine: str) -> None:
    def of(call: tuple[int, int], *arguments: int, **options: Any) -> int:
        return verdict(machine, call[seccomp.COLUMNS[machine]], *arguments, **options)

    assert of(seccomp.CLONE, THREAD) == seccomp.ALLOW
    assert of(seccomp.CLONE, NAMESPACE_OF_USERS) == REFUSED
    assert of(seccomp.CLONE3) == NO_SUCH_CALL
    assert of(seccomp.IOCTL, 0, 0x5413) == seccomp.ALLOW  # how large the terminal is
    for types in (seccomp.TIOCSTI, seccomp.TIOCLINUX, seccomp.TIOCSTI | 1 << 32):
        assert of(seccomp.IOCTL, 0, types) == REFUSED
    for family in (seccomp.AF_UNIX, seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK):
        assert of(seccomp.SOCKET, family) == seccomp.ALLOW
    for family in (AF_VSOCK, AF_PACKET, AF_ALG, 0):
        assert of(seccomp.SOCKET, family) == NO_SUCH_FAMILY
    weak: dict[str, Any] = {"families": [seccomp.AF_NETLINK], "beside": True}
    assert of(seccomp.SOCKET, seccomp.AF_NETLINK, **weak) == seccomp.ALLOW
    assert of(seccomp.SOCKET, seccomp.AF_INET, **weak) == NO_SUCH_FAMILY
    assert of(seccomp.PRLIMIT, 0, **weak) == seccomp.ALLOW
    assert of(seccomp.PRLIMIT, 4321, **weak) == REFUSED
    assert of(seccomp.SCHEDULER, 0, 0, **weak) == seccomp.ALLOW
    assert of(seccomp.SCHEDULER, 4321, 1, **weak) == REFUSED


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_in_the_way_of_another_machine_ends_the_process(machine: str) -> None:
    (other,) = set(ARCHITECTURES.values()) - {ARCHITECTURES[machine]}
    read = NEEDED["read"][seccomp.COLUMNS[machine]]
    for architecture in (other, 0x40000003, 0x40000028):  # of 32 bits: i386, ARM
        assert verdict(machine, read, architecture=architecture) == seccomp.KILL
    if machine == "x86_64":  # calls of x32
        assert verdict(machine, read | 0x40000000) == NO_SUCH_CALL


@pytest.mark.parametrize("machine", MACHINES)
def test_links_and_devices_are_denied_where_they_are_to_be(machine: str) -> None:
    for numbers in seccomp.LINKS.values():
        if (number := numbers[seccomp.COLUMNS[machine]]) is not None:
            assert verdict(machine, number) == seccomp.ALLOW
            assert verdict(machine, number, links=False) == REFUSED


@pytest.mark.parametrize("machine", [*HEADERS])
def test_the_numbers_of_the_calls_are_those_of_linuxs_own_headers(machine: str) -> None:
    header, column = Path(HEADERS[machine]), seccomp.COLUMNS[machine]
    if not header.exists():
        pytest.skip(f"{header} comes with linux-libc-dev")
    numbers = {name: int(number) for name, number in DEFINED.findall(header.read_text())}
    ours = {**seccomp.DENIED, **seccomp.LINKS, **seccomp.BESIDE, **seccomp.OF_RIGHTS, **NEEDED}
    ours |= {"clone": seccomp.CLONE, "clone3": seccomp.CLONE3, "socket": seccomp.SOCKET}
    ours |= {"ioctl": seccomp.IOCTL, "prlimit64": seccomp.PRLIMIT}
    ours |= {"sched_setscheduler": seccomp.SCHEDULER}
    wrong = {}
    for name, both in ours.items():
        there = numbers.get(name, NEWEST.get(name))
        if there != both[column]:
            wrong[name] = (both[column], there)
    assert wrong == {}


def test_a_program_fits_and_there_is_none_for_other_machines() -> None:
    for machine in MACHINES:
        program = seccomp.assembled(machine=machine, beside=True, links=False)
        assert len(program) % 8 == 0 and len(program) // 8 < 4096
    with pytest.raises(KeyError):
        seccomp.assembled(machine="riscv64")
