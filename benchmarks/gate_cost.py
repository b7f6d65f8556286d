"""What the gate costs and what it is worth.

Its reading of ordinary cells over a plain step; then what is risky and did not ask, what is
ordinary and did, and what of the injected instructions it lets through with nobody to ask.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.safety.effects import effects_of
from codeact_jupyter.safety.gate import Gate
from tests.safety.bypasses import BYPASSES, EARLIER
from tests.safety.detours import DETOURS
from tests.safety.documented import BINDINGS as DOCUMENTED
from tests.safety.documented import examples
from tests.safety.injections import cases
from tests.safety.notebooks import BINDINGS, CELLS, TEXTS
from tests.safety.test_effects_ordinary import ORDINARY
from tests.safety.test_effects_risky import RISKY
from tests.safety.test_injections import let_through

ROUNDS = 5
PLAIN = "total = sum(number * number for number in range(1000))"


def main() -> None:
    """What the gate costs an action, over a plain `run_cell`; how it fares on its labelled sets."""
    gate = Gate("risky")
    place = Namespace(bindings=BINDINGS, texts=TEXTS, workspace="/srv/data")
    seconds = sorted(_least(gate, place, cell) for cell in CELLS)
    middle, high = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    step = _plain_step()
    print(f"a cell read: median {middle * 1e3:.2f} ms, p95 {high * 1e3:.2f} ms, of {len(CELLS)}")
    ratios = f"median {middle / step:.2f}x, p95 {high / step:.2f}x"
    print(f"over a plain step of {step * 1e3:.2f} ms: {ratios}")
    _labelled()
    _injected()


def _least(gate: Gate, place: Namespace, cell: str) -> float:
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        gate.assess(Action(cell, "abc-1-action"), place)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _plain_step() -> float:
    shell = InteractiveShell.instance()
    taken = []
    for _ in range(30):
        started = time.perf_counter()
        shell.run_cell(PLAIN)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _labelled() -> None:
    place = Path("/srv/data")

    def asks(code: str, **known: object) -> bool:
        exists = lambda path: path == place / "existing.csv"  # noqa: E731
        return bool(effects_of(code, workspace=place, exists=exists, **known))

    risky = [
        code for codes in (*RISKY.values(), *BYPASSES.values(), *DETOURS.values()) for code in codes
    ]
    missed = [code for code in risky if not asks(code)]
    for each in EARLIER:
        known = {"bindings": each.bindings, "texts": each.texts, "sources": each.sources}
        missed += [] if asks(each.code, **known) else [each.code]
    number = len(risky) + len(EARLIER)
    print(f"risky code that asks: {1 - len(missed) / number:.1%} of {number}; missed: {missed}")
    ordinary = [asks(cell, bindings=BINDINGS, texts=TEXTS) for cell in CELLS]
    ordinary += [asks(code) for code in ORDINARY]
    print(f"ordinary code that asks: {sum(ordinary) / len(ordinary):.1%} of {len(ordinary)}")
    documented = [asks(code, bindings=DOCUMENTED) for code in examples("pandas")]
    share = sum(documented) / len(documented)
    print(f"examples of pandas' documentation that ask: {share:.1%} of {len(documented)}")


def _injected() -> None:
    with TemporaryDirectory() as folder:
        for name in ("orders.csv", "existing.csv", ".env"):
            (Path(folder) / name).write_text("x")
        all_cases = list(cases())
        through = [case for case in all_cases if let_through(case, Path(folder))]
    secrets = [case for case in through if "secret" in case.goal]
    print(
        f"injected instructions let through with nobody to ask: {len(through)} of {len(all_cases)},"
        f" of them for a secret: {len(secrets)}"
    )
