"""The policy: what asks, what a yes counts for, what taints, what is locked."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.engine.outside import first_from_outside
from codeact_jupyter.engine.policy import Answered, Scope, Verdict
from codeact_jupyter.engine.trajectory import (
    Action,
    Approval,
    Observation,
    Reply,
    Step,
    Trajectory,
    Turn,
)
from codeact_jupyter.engine.wire import decode, encode
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.safety.gate import Gate
from codeact_jupyter.safety.locking import locked_by_cells
from codeact_jupyter.safety.remembered import Entry, Remembered, chosen

DELETES, FETCHES = "import os\nos.remove('x')", "import requests\nrequests.get('https://a.org')"
HERE = "/home/me/a.ipynb"


def action(code: str) -> Action:
    return Action(code, "abc-1-action")


def judged(gate: Gate, code: str) -> Verdict:
    return gate.assess(action(code), Namespace(workspace="/srv/data"))


def answering(scope: Scope) -> Gate:
    async def ask(action: Action, verdict: Verdict) -> Answered:
        return Answered("allow", scope=scope)

    return Gate("risky", ask)


def step(code: str, kinds: tuple[str, ...], state: str = "ok") -> Step:
    reply = Reply((), code=code)
    approval = Approval("allowed", "policy", "", kinds=kinds)
    seen = Observation(state)  # type: ignore[arg-type]
    return Step(1, reply, action=action(code), approval=approval, observation=seen)


def after(*steps: Step) -> Trajectory:
    return Trajectory(turns=(Turn("abc", "try", steps=steps),))


async def yes(_: Action, verdict: Verdict) -> Answered:
    return Answered("allow", scope=verdict.scopes[-1])


def test_the_mode_never_runs_all_and_says_so_in_the_record() -> None:
    verdict = judged(Gate("never"), DELETES)
    assert verdict.decision == "allow"
    assert verdict.reasons == ("nothing is asked in the mode `never`",)
    assert verdict.seen == ("delete",)


def test_the_mode_ask_asks_about_everything() -> None:
    assert judged(Gate("ask", yes), "1 + 1").decision == "ask"


def test_where_nobody_can_be_asked_it_is_denied_with_what_it_would_do() -> None:
    verdict = judged(Gate("risky"), DELETES)
    assert verdict.decision == "deny"
    assert "os.remove('x')" in verdict.reasons[0]


async def test_a_yes_for_this_once_counts_once() -> None:
    gate = answering("once")
    await gate.ask(action(DELETES), judged(gate, DELETES))
    assert judged(gate, DELETES).decision == "ask"


async def test_a_yes_for_the_run_counts_for_its_kind_until_the_run_ends() -> None:
    gate = answering("run")
    await gate.ask(action(DELETES), judged(gate, DELETES))
    assert judged(gate, "import os\nos.remove('y')").decision == "allow"
    assert judged(gate, DELETES).reasons == ("allowed before: delete",)
    assert judged(gate, FETCHES).decision == "ask"
    assert judged(answering("run"), DELETES).decision == "ask"


async def test_a_yes_for_the_notebook_counts_in_later_runs_of_that_notebook(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    gate = Gate("risky", yes, remembered=kept, notebook=HERE)
    await gate.ask(action(DELETES), judged(gate, DELETES))
    later = Gate("risky", yes, remembered=Remembered(tmp_path), notebook=HERE)
    assert judged(later, DELETES).decision == "allow"
    elsewhere = Gate("risky", yes, remembered=kept, notebook="/home/me/b.ipynb")
    assert judged(elsewhere, DELETES).decision == "ask"
    kept.forget(kept.entries())
    assert judged(later, DELETES).decision == "ask"


def test_a_scope_that_was_not_offered_does_not_count() -> None:
    verdict = judged(Gate("risky", yes), DELETES)
    assert verdict.scopes == ("once", "run"), "no notebook is known, so none can be remembered"


@pytest.mark.parametrize("code", [FETCHES, "os.environ['API_KEY']", "%pip install x", "!ls"])
def test_in_a_tainted_run_what_could_carry_data_off_asks_though_it_is_remembered(
    code: str, tmp_path: Path
) -> None:
    kept = Remembered(tmp_path)
    kept.add(HERE, "allowed", ["network", "environment", "install", "process", "delete"])
    history = [after()]
    gate = Gate("risky", yes, remembered=kept, notebook=HERE, history=lambda: history[0])
    assert judged(gate, code).decision == "allow"
    history[0] = after(step("pd.read_csv('x.csv')", ("reads",)))
    verdict = judged(gate, code)
    assert (verdict.decision, verdict.scopes) == ("ask", ("once",))
    assert "read data from outside before (step 1)" in verdict.reasons
    assert judged(gate, DELETES).decision == "allow"


def test_reading_a_file_taints_and_making_data_does_not() -> None:
    assert judged(Gate("risky"), "df = pd.read_csv('x.csv')").seen == ("reads",)
    assert judged(Gate("risky"), "open('notes.txt').read()").seen == ("reads",)
    assert judged(Gate("risky"), "df = pd.DataFrame({'a': [1]})").seen == ()


def test_the_taint_is_told_from_the_record_alone() -> None:
    read = after(step("x", ("reads",)))
    assert first_from_outside(decode(Trajectory, encode(read))) is not None
    assert first_from_outside(after(step("x", ()))) is None
    assert first_from_outside(after(step("x", ("network",), "rejected"))) is None
    broken_off = replace(step("x", ("network",)), observation=None)
    assert first_from_outside(after(broken_off)) is not None


@pytest.mark.parametrize(
    "code",
    [
        "df = 1",
        "del df",
        "df['a'] = 1",
        "df.loc[0, 'a'] = 1",
        "df.a = 1",
        "df += 1",
        "del df['a']",
        "df.drop(columns='a', inplace=True)",
        "df.drop(columns='a', inplace=flag)",
        "df.pop('a')",
        "df()",
        "[df.append(x) for x in xs]",
        "def f():\n    df.clear()",
        "%time df['a'] = 1",
        "exec(\"df['a'] = 1\")",
    ],
)
def test_what_is_locked_asks_before_it_is_touched_and_cannot_be_allowed_for_good(code: str) -> None:
    verdict = judged(Gate("risky", yes, locked={"df"}), code)
    assert verdict.decision == "ask"
    assert "locked" in verdict.kinds
    assert verdict.scopes == ("once",)
    assert "which you locked" in verdict.reasons[0]


@pytest.mark.parametrize("code", ["df.head()", "x = df['a'].sum()", "df.drop(columns='a')"])
def test_reading_what_is_locked_does_not_ask(code: str) -> None:
    assert judged(Gate("risky", yes, locked={"df"}), code).decision == "allow"


def test_names_of_a_cell_with_the_tag_are_locked() -> None:
    source = "import pandas as pd\nraw = pd.read_csv('x')\ndef fit(): ..."
    tagged = {"cell_type": "code", "source": source, "metadata": {"tags": ["codeact-ask"]}}
    plain = {"cell_type": "code", "source": "other = 1", "metadata": {}}
    broken = {"cell_type": "code", "source": "def (", "metadata": {"tags": ["codeact-ask"]}}
    assert locked_by_cells([tagged, plain, broken]) == {"raw", "fit"}


def test_the_file_is_the_persons_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Remembered(tmp_path / "own").add(HERE, "allowed", ["delete"])
    finally:
        os.umask(before)
    file = tmp_path / "own" / "approvals.json"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_a_file_that_others_can_write_or_a_link_allows_nothing(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    kept.add(HERE, "allowed", ["delete"])
    file = tmp_path / "approvals.json"
    file.chmod(0o666)
    assert kept.entries() == []
    file.chmod(0o600)
    assert len(kept.entries()) == 1
    file.rename(tmp_path / "moved.json")
    file.symlink_to(tmp_path / "moved.json")
    assert kept.entries() == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"/home/me/a.ipynb": {"allowed": 1}}']
)
def test_a_damaged_file_allows_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "approvals.json").write_text(text)
    assert Remembered(tmp_path).of(HERE, "allowed") == frozenset()


def test_what_is_forgotten_is_named_by_notebook_kind_or_all(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    kept.add("/a.ipynb", "allowed", ["delete", "network"])
    kept.add("/b.ipynb", "locked", ["df"])
    assert kept.forget(chosen(kept.entries(), "network")) == 1
    assert kept.entries() == [
        Entry("/a.ipynb", "allowed", "delete"),
        Entry("/b.ipynb", "locked", "df"),
    ]
    with pytest.raises(SettingsError, match="'nothing'"):
        chosen(kept.entries(), "nothing")
    assert kept.forget(chosen(kept.entries(), "all")) == 2
    assert kept.entries() == []
