"""What a peer's process took, as one JSON line; imported by the peers, whatever runs them."""

import json
import resource


def report(import_seconds):
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "import": import_seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
    }
    print(json.dumps(facts), flush=True)
