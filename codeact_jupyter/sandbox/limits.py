"""How much of the machine a sandboxed kernel may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024
SPARE_SECONDS = 5  # in which the watch, which can say why, ends what the system would end


@dataclass(frozen=True)
class Bounds:
    """The limits of one sandboxed kernel; sizes in MiB.

    `memory` and `processes` hold for all of its processes together, `file`, `open_files` and
    `cpu_seconds` for each. `disk` is how much the free space of the workspace's disk may shrink,
    and `new_files` how many files it may get. Where the machine has less memory left than `spare`,
    what the system may hold for the kernel counts as its memory too.
    """

    memory: int = 4096
    processes: int = 256
    file: int = 1024
    disk: int = 2048
    new_files: int = 500_000
    spare: int = 1024
    open_files: int = 1024
    cpu_seconds: int = 12 * 3600
    message: int = 64
    temporary: int = 512
    shared_memory: int = 256
    nice: int = 5

    def resource_limits(self) -> dict[str, int]:
        """What the kernel's own process takes on, by the names of `resource`.

        RLIMIT_DATA and not RLIMIT_AS: numerical libraries reserve addresses that they never use.
        """
        return {
            "CORE": 0,
            "CPU": self.cpu_seconds + SPARE_SECONDS,
            "DATA": self.memory * MIB,
            "FSIZE": self.file * MIB,
            "NOFILE": self.open_files,
            "NPROC": self.processes,
        }


def bounds_of(given: dict[str, Any]) -> Bounds:
    """The bounds with these values; raises ValueError for a name or a number that cannot be one."""
    defaults = Bounds()
    for name, value in given.items():
        if not hasattr(defaults, name) or name.startswith("_"):
            raise ValueError(f"there is no limit {name!r}; there are {', '.join(vars(defaults))}")
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"the limit {name!r} must be a whole number above 0, not {value!r}")
    return Bounds(**given)
