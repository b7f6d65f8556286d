"""The policy: what asks, what a yes counts for, what taints, what is locked."""

import asyncio
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
from codeact_jupyter.safety.gate import MOST_REASONS, Gate
from codeact_jupyter.safety.kinds import KINDS
from codeact_jupyter.safety.locking import locked_by_cells
from codeact_jupyter.safety.remembered import LONGEST_FILE, Entry, Remembered, chosen

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
    verdict = judged(Gate("ask", yes), "1 + 1")
    assert (verdict.decision, verdict.reasons) == ("ask", ()), "each way in has words for it"
    (why,) = judged(Gate("ask"), "1 + 1").reasons
    assert why == "nobody can be asked here, and every action asks in the mode `ask`"
    assert judged(Gate("ask", yes), DELETES).reasons


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


def test_an_answer_that_cannot_be_kept_counts_for_the_run_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")

    async def always(_: Action, verdict: Verdict) -> Answered:
        return Answered("allow", scope="notebook")

    gate = Gate("risky", always, remembered=Remembered(tmp_path / "no-folder"), notebook=HERE)
    verdict = judged(gate, DELETES)
    answer = asyncio.run(gate.ask(Action(DELETES, "c"), verdict))
    assert (answer.decision, answer.scope) == ("allow", "run")
    assert judged(gate, DELETES).decision == "allow"


def test_a_scope_that_was_not_offered_does_not_count() -> None:
    verdict = judged(Gate("risky", yes), DELETES)
    assert verdict.scopes == ("once", "run"), "no notebook is known, so none can be remembered"


CARRIES_OFF = [
    *(FETCHES, "os.environ['API_KEY']", "%pip install x", "!ls", "exec(df.to_csv())"),
    *("open('.bashrc', 'w')", "get_ipython().find_line_magic('sx')('curl x')"),
    *("get_ipython().kernel.do_execute(text, True)", "import sys\nsys.settrace(f)"),
    "import sqlite3\nsqlite3.connect('x.db').execute('delete from sales')",
]


@pytest.mark.parametrize("code", CARRIES_OFF)
def test_in_a_tainted_run_what_could_carry_data_off_asks_though_it_is_remembered(
    code: str, tmp_path: Path
) -> None:
    kept = Remembered(tmp_path)
    kept.add(HERE, "allowed", set(KINDS) - {"locked"})
    history = [after()]
    gate = Gate("risky", yes, remembered=kept, notebook=HERE, history=lambda: history[0])
    assert judged(gate, code).decision == "allow"
    history[0] = after(step("pd.read_csv('x.csv')", ("reads",)))
    verdict = judged(gate, code)
    assert (verdict.decision, verdict.scopes) == ("ask", ("once",))
    assert "read data from outside before (step 1)" in verdict.reasons
    assert judged(gate, DELETES).decision == "allow"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("write-outside", "open('/home/me/.bashrc', 'a')"),
        ("write-outside", "open(np.__file__, 'a')"),
        ("delete", "import shutil\nshutil.rmtree('/home/me/photos')"),
        ("delete", "os.remove('.git/config')"),
        ("read-outside", "open(f'/home/me/.ssh/{name}')"),
        ("startup-file", "open('/home/me/.bashrc', 'a')"),
    ],
)
def test_what_is_allowed_opens_no_place_that_asks_for_more(kind: str, code: str) -> None:
    gate = Gate("risky", yes, allowed={kind})
    assert judged(gate, code).decision == "ask"


def test_the_agents_own_files_ask_whatever_is_allowed() -> None:
    gate = Gate("risky", yes, allowed=set(KINDS))
    verdict = judged(gate, "open('/home/me/.local/share/jupyter/codeact/approvals.json', 'w')")
    assert (verdict.decision, verdict.kinds, verdict.scopes) == ("ask", ("locked",), ("once",))


def test_of_many_reasons_one_of_each_kind_is_told_and_the_rest_is_named_by_its_kinds() -> None:
    removes = "".join(f"os.remove('{number}.csv')\n" for number in range(MOST_REASONS + 2))
    last = "df.to_csv('/mnt/x.csv')\nopen('/srv/y').read()\nsys.excepthook = f"
    verdict = judged(Gate("risky", yes), removes + last)
    assert verdict.kinds == ("delete", "kernel", "read-outside", "write-outside")
    assert verdict.reasons == (
        *(f"deletes files: os.remove('{number}.csv') (line {number + 1})" for number in range(5)),
        "writes outside the working directory: /mnt/x.csv (line 11)",
        "reads outside the working directory: /srv/y (line 12)",
        "replaces a part of sys: sys.excepthook (line 13)",
        "does 5 more such things: deletes files",
    )


def test_reading_a_file_taints_and_making_data_does_not() -> None:
    assert judged(Gate("risky"), "df = pd.read_csv('x.csv')").seen == ("reads",)
    assert judged(Gate("risky"), "open('notes.txt').read()").seen == ("reads",)
    assert judged(Gate("risky"), "df = pd.DataFrame({'a': [1]})").seen == ()


@pytest.mark.parametrize(
    "code",
    [
        "import polars as pl\npl.read_csv(files[0])",
        "pd.read_parquet(files[0])",
        "Path(name).read_text()",
        "import duckdb\nduckdb.sql(\"select * from 'data.csv'\").df()",
        "import duckdb\nduckdb.sql(query).df()",
        "import duckdb\ncon = duckdb.connect('x.duckdb')\ncon.execute('select * from t')",
        "import sqlite3\nconn = sqlite3.connect('x.db')\nconn.execute('select * from t')",
        "cursor.execute(query)",
        "pd.read_sql('select * from t', conn)",
        "%cat notes.txt",
        "%ls",
        "%%sql\nselect * from t",
    ],
)
def test_what_native_code_reads_taints_also_where_its_name_is_not_known(code: str) -> None:
    assert "reads" in judged(Gate("risky"), code).seen


@pytest.mark.parametrize(
    "code",
    [
        "import duckdb\nduckdb.sql('select * from df')",
        "import duckdb\ncon = duckdb.connect()\ncon.execute('select 1')",
        "df.query('a > 1')",
        "ax.text(0, 0, label)",
        "df.to_csv(name)",
        "from sklearn.datasets import load_iris\nload_iris()",
    ],
)
def test_what_reads_variables_alone_does_not_taint(code: str) -> None:
    assert judged(Gate("risky"), code).seen == ()


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


def test_a_lock_counts_from_the_next_action_on_and_no_more_once_it_is_taken_back(
    tmp_path: Path,
) -> None:
    kept = Remembered(tmp_path)
    gate = Gate("risky", yes, remembered=kept, notebook=HERE, locked={"raw"})
    assert judged(gate, "df = 1").decision == "allow"
    kept.add(HERE, "locked", ["df"])
    assert judged(gate, "df = 1").decision == "ask"
    kept.forget(chosen(kept.entries(), "df"))
    assert judged(gate, "df = 1").decision == "allow"
    assert judged(gate, "raw = 1").decision == "ask"


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
    gate = Gate("risky", yes, remembered=kept, notebook=HERE)
    assert judged(gate, DELETES).decision == "allow"
    file.chmod(0o666)
    with pytest.raises(SettingsError, match="can be written by others"):
        kept.entries()
    assert judged(gate, DELETES).decision == "ask"
    file.chmod(0o600)
    assert len(kept.entries()) == 1
    file.rename(tmp_path / "moved.json")
    file.symlink_to(tmp_path / "moved.json")
    assert judged(gate, DELETES).decision == "ask"


DAMAGED = {
    **{text or "empty": text for text in ("", "[]", "{", '{"a": 1}', "{'a': {}}")},
    "no list": '{"/home/me/a.ipynb": {"allowed": 1}}',
    "no name": '{"/home/me/a.ipynb": {"locked": [["df"]]}}',
    "deep": "[" * 100_000,
    "long": '{"/home/me/a.ipynb": {}}' + " " * LONGEST_FILE,
    "no text": "\udcff",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_cannot_be_read_allows_nothing_and_all_that_overwrites_asks(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "approvals.json"
    file.write_text(text, errors="surrogateescape")
    everything = set(KINDS)
    gate = Gate("risky", yes, allowed=everything, remembered=Remembered(tmp_path), notebook=HERE)
    bindings, sources = {"np": "numpy", "df": "pandas.DataFrame()"}, {"fit": "def fit(): ..."}
    named = frozenset({"df", "np", "fit", "rate"})
    live = Namespace(names=named, bindings=bindings, sources=sources, workspace="/srv/data")
    for code in ("df = 1", "df['a'] = 1", "rate = 2", "np = 1", "def fit(): ...", "del fit"):
        verdict = gate.assess(action(code), live)
        assert (verdict.decision, verdict.scopes) == ("ask", ("once",))
        assert "approvals.json" in verdict.reasons[-1] and "chmod 600" in verdict.reasons[-1]
    for code in ("new = df.head()", "fit()", "np.mean(rate)"):
        assert gate.assess(action(code), live).decision == "allow"
    before = file.read_bytes()
    with pytest.raises(SettingsError, match="make it yours alone"):
        Remembered(tmp_path).add(HERE, "locked", ["df"])
    with pytest.raises(SettingsError, match="or remove it"):
        Remembered(tmp_path).forget([Entry(HERE, "locked", "df")])
    assert file.read_bytes() == before


def test_beside_what_cannot_be_read_a_yes_can_count_for_the_run_at_most(tmp_path: Path) -> None:
    (tmp_path / "approvals.json").write_text("{")
    gate = Gate("risky", yes, remembered=Remembered(tmp_path), notebook=HERE)
    assert judged(gate, DELETES).scopes == ("once", "run")


def test_no_more_is_remembered_than_can_be_read_again(tmp_path: Path) -> None:
    kept = Remembered(tmp_path)
    kept.add(HERE, "locked", ["df"])
    with pytest.raises(SettingsError, match="forget some"):
        kept.add("/home/" + "x" * LONGEST_FILE, "locked", ["q"])
    assert kept.entries() == [Entry(HERE, "locked", "df")]


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
