"""What a peer's process took, as one JSON line; imported by the peers, whatever runs them."""

import json
import resource
import time

MARKS = [time.process_time()]


def mark():
    """A step begins or ends: note the CPU so far."""
    MARKS.append(time.process_time())


def _peak_mib():
    """The most memory that this program held; `ru_maxrss` counts what its parent held before it."""
    try:
        with open("/proc/self/status") as status:
            return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024
    except OSError:  # no Linux
        return None


def report(import_seconds):
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "import": import_seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "cpu_marks": MARKS,
        "peak": _peak_mib() or used.ru_maxrss / 1024,
    }
    print(json.dumps(facts), flush=True)
