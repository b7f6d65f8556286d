"""A filter of system calls (Linux, seccomp), assembled here: no library is needed for it.

Denied are the calls that a notebook never makes and that have led out of sandboxes, new namespaces,
and sockets of other families than those named: a network namespace does not confine AF_VSOCK.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

from .calls import SET_NO_NEW_PRIVILEGES, prctl

# name: (x86_64, aarch64); None where the architecture has no such call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),  # memory that counts to no process
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysfs": (139, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
LINKS = {"symlink": (88, None), "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33)}
# Whose a file is and who may use it: Landlock leaves that to everybody, whatever the path. These do
# nothing, and say that it is done, as on file systems without rights: `shutil.copy` goes on.
OF_RIGHTS = {
    "chmod": (90, None),
    "chown": (92, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "file_setattr": (469, 469),
    "lchown": (94, None),
}
# Where the host's processes and files are beside it: ways to their memory, limits, priorities,
# processors and attributes.
BESIDE = {
    "fremovexattr": (199, 16),
    "fsetxattr": (190, 7),
    "ioprio_set": (251, 30),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "process_mrelease": (448, 448),
    "removexattr": (197, 14),
    "removexattrat": (466, 466),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setpriority": (141, 140),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
}
COLUMNS = {"x86_64": 0, "aarch64": 1}
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE, CLONE3, SOCKET, IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)
PRLIMIT, SCHEDULER = (302, 261), (144, 119)
FIRST, SECOND = 16, 24  # where the arguments of a call are
NEW_NAMESPACES = 0x7E020080
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
DONE, EPERM, ENOSYS, EAFNOSUPPORT = 0, 1, 38, 97
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SET_SECCOMP, MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]


def is_known_here(machine: str = "") -> bool:
    """Whether the numbers of this machine's system calls are known."""
    return (machine or os.uname().machine) in COLUMNS


def assembled(
    families: Iterable[int] = (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK),
    *,
    links: bool = True,
    beside: bool = False,
    machine: str = "",
) -> bytes:
    """The filter as the kernel takes it; `links` leaves symbolic links and devices allowed.

    With `beside` the host's processes and files are beside it, in no other namespace.

    Raises KeyError for a machine whose system calls are not known.
    """
    machine = machine or os.uname().machine
    column = COLUMNS[machine]
    denied = {**DENIED, **({} if links else LINKS), **(BESIDE if beside else {})}
    numbers = [each[column] for each in denied.values()]
    code: list[Instruction] = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),  # a call in the way of another architecture
        (LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":
        code += [(AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, ERRNO | ENOSYS)]  # x32
    for number in numbers:
        if number is not None:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    for number in (each[column] for each in OF_RIGHTS.values() if beside):
        if number is not None:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | DONE)]
    # libc goes back to `clone`, whose flags can be seen.
    code += [(EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, ERRNO | ENOSYS)]
    code += _unless_new_namespaces(CLONE[column]) + _unless_typing(IOCTL[column])
    if beside:
        # Of its own a process says 0; and libzmq ends it where no thread may be scheduled as usual.
        code += _only_with_zero(PRLIMIT[column], FIRST) + _only_with_zero(SCHEDULER[column], SECOND)
    code += [*_of_families(SOCKET[column], tuple(families)), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *each) for each in code)


def load(program: bytes) -> None:
    """Filter this process and its children from now on; raises OSError where that is refused."""
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    held = Program(len(program) // 8, ctypes.addressof(buffer))
    prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    prctl(SET_SECCOMP, MODE_FILTER, ctypes.byref(held), 0, 0)


def _unless_new_namespaces(clone: int) -> list[Instruction]:
    return [
        (EQUAL, 0, 4, clone),
        (LOAD, 0, 0, 16),
        (ANY_BIT, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _only_with_zero(call: int, argument: int) -> list[Instruction]:
    return [
        (EQUAL, 0, 4, call),
        (LOAD, 0, 0, argument),
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _unless_typing(ioctl: int) -> list[Instruction]:
    """Nothing may be typed into the terminal that the kernel was started from."""
    return [
        (EQUAL, 0, 5, ioctl),
        (LOAD, 0, 0, 24),
        (EQUAL, 1, 0, TIOCSTI),
        (EQUAL, 0, 1, TIOCLINUX),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]


def _of_families(socket: int, families: tuple[int, ...]) -> list[Instruction]:
    count = len(families)
    tests = [(EQUAL, count - index, 0, each) for index, each in enumerate(families)]
    refuse = (RETURN, 0, 0, ERRNO | EAFNOSUPPORT)
    return [
        (EQUAL, 0, count + 3, socket),
        (LOAD, 0, 0, 16),
        *tests,
        refuse,
        (RETURN, 0, 0, ALLOW),
    ]
