"""What a peer's process took, as one JSON line; imported by the peers, whatever runs them."""

import json
import resource
import time

MARKS = [time.process_time()]


def mark():
    """A step begins or ends: note the CPU so far."""
    MARKS.append(time.process_time())


def report(import_seconds):
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "import": import_seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "cpu_marks": MARKS,
        "peak": used.ru_maxrss / 1024,
    }
    print(json.dumps(facts), flush=True)
