"""`codeact sandbox` and `codeact run --sandbox`, as a person types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.loopback import LoopbackModel
from tests.sandbox.conftest import require_bubblewrap

from .command import act, codeact, environment, one_line, say, told

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    require_bubblewrap()
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def of_the_person(work: Path, model: LoopbackModel | None = None) -> dict[str, str]:
    """The variables of a person in whose home nothing is installed yet."""
    return environment(work.parent, model, JUPYTER_DATA_DIR=str(work.parent / "jupyter"))


def test_it_is_installed_shown_and_removed(work: Path) -> None:
    env = of_the_person(work)
    done = codeact("sandbox", "install", "--user", "--limit", "memory=2000", cwd=work, env=env)
    assert done.returncode == 0, done
    assert "Python 3 (CodeAct sandbox)" in done.stdout and "bubblewrap" in done.stdout
    (spec,) = work.parent.rglob("codeact-sandbox/kernel.json")
    written = json.loads(spec.read_text())
    assert Path(written["argv"][0]).parent == Path(sys.executable).parent
    assert spec.with_name("logo-svg.svg").exists()
    shown = codeact("sandbox", "status", cwd=work, env=env)
    assert shown.returncode == 0 and "memory 2000" in shown.stdout, shown
    assert codeact("sandbox", "uninstall", cwd=work, env=env).stdout.startswith("Removed")
    assert not spec.exists()
    assert codeact("sandbox", "status", cwd=work, env=env).returncode == 1


def test_a_limit_that_is_none_is_named(work: Path) -> None:
    env = of_the_person(work)
    done = codeact("sandbox", "install", "--user", "--limit", "memory=much", cwd=work, env=env)
    assert "'much'" in one_line(done)


def test_a_run_in_the_sandbox_needs_it_installed(work: Path) -> None:
    env = of_the_person(work)
    done = codeact("run", "--model", "demo", "--sandbox", "look", cwd=work, env=env)
    assert "codeact sandbox install" in one_line(done)


def test_a_run_in_the_sandbox_sees_no_key_and_no_home_and_is_told_so(work: Path) -> None:
    home = work.parent
    (home / "private.txt").write_text("of the person")
    private = str(home / "private.txt")
    code = f"import os; print(sorted(os.environ)); print(os.path.exists({private!r}))"
    with LoopbackModel([act(code), say("seen")]) as model:
        env = of_the_person(work, model)
        codeact("sandbox", "install", "--user", cwd=work, env=env)
        done = codeact("run", "look around", "--sandbox", "--approve", "never", cwd=work, env=env)
        assert done.returncode == 0, done
        assert "sandbox (bubblewrap)" in done.stdout
        assert "This kernel is a sandbox" in json.dumps(model.requests[0]["messages"])
        seen = told(model.requests[1])
        assert "False" in seen and "ANTHROPIC" not in seen and "CODEACT_SANDBOX" in seen
    notebook = json.loads((work / "codeact.ipynb").read_text())
    assert notebook["metadata"]["kernelspec"]["name"] == "codeact-sandbox"


def test_what_was_begun_in_the_sandbox_goes_on_in_it_and_is_forked_into_it(work: Path) -> None:
    inside = "import os; inside = 'CODEACT_SANDBOX' in os.environ; print('inside', inside)"
    with LoopbackModel([act(inside), say(), act(inside), say(), act(inside), say()]) as model:
        env = of_the_person(work, model)
        codeact("sandbox", "install", "--user", cwd=work, env=env)
        first = codeact("run", "look", "--sandbox", "--notebook", "a.ipynb", cwd=work, env=env)
        again = codeact("run", "again", "--notebook", "a.ipynb", "--rebuild", cwd=work, env=env)
        forked = codeact("fork", "a.ipynb", "--at", "1.1", "from there", cwd=work, env=env)
        assert [first.returncode, again.returncode, forked.returncode] == [0, 0, 0], forked
        assert all("inside True" in told(model.requests[at]) for at in (1, 3, 5))
        codeact("sandbox", "uninstall", cwd=work, env=env)
        refused = codeact("run", "on", "--notebook", "a.ipynb", cwd=work, env=env)
        assert "a.ipynb" in one_line(refused) and "codeact sandbox install" in one_line(refused)
        assert len(model.requests) == 6


def test_another_kernel_and_the_sandbox_exclude_each_other(work: Path) -> None:
    env = of_the_person(work)
    codeact("sandbox", "install", "--user", cwd=work, env=env)
    done = codeact("run", "--model", "demo", "--sandbox", "--kernel", "x", "hi", cwd=work, env=env)
    assert "exclude each other" in one_line(done)


def test_what_a_run_in_the_sandbox_changed_on_disk_is_printed_and_can_be_restored(
    work: Path,
) -> None:
    (work / "data.csv").write_text("a,b\n1,2\n")
    (work / "old.txt").write_text("old\n")
    code = (
        "import os; os.remove('old.txt'); open('data.csv', 'a').write('3,4\\n')\n"
        "open('.envrc', 'w').write('x'); os.makedirs('.git/hooks')"
    )
    with LoopbackModel([act(code), say("done")]) as model:
        env = of_the_person(work, model)
        codeact("sandbox", "install", "--user", cwd=work, env=env)
        done = codeact("run", "change it", "--sandbox", "--approve", "never", cwd=work, env=env)
    assert done.returncode == 0, done
    told_of = done.stdout[done.stdout.index("Changed on disk:") :]
    for words in ("added    .envrc", "your own programs obey", "changed  data.csv", "+3,4",
                  "deleted  old.txt", "-old", "new      .git", "hooks git runs"):  # fmt: skip
        assert words in told_of
    shown = codeact("files", "codeact.ipynb", cwd=work, env=env)
    assert "+3,4" in shown.stdout and "deleted  old.txt" in shown.stdout
    put = codeact("files", "codeact.ipynb", "--restore", "data.csv", cwd=work, env=env)
    assert put.returncode == 0 and "Put back: data.csv" in put.stdout
    assert (work / "data.csv").read_text() == "a,b\n1,2\n" and not (work / "old.txt").exists()
    codeact("files", "codeact.ipynb", "--restore-all", cwd=work, env=env)
    assert (work / "old.txt").read_text() == "old\n" and not (work / ".envrc").exists()
    again = codeact("files", "codeact.ipynb", "--restore", "data.csv", cwd=work, env=env)
    assert again.returncode == 0 and (work / "data.csv").read_text().endswith("3,4\n")


def test_a_path_that_no_run_changed_is_not_put_back(work: Path) -> None:
    with LoopbackModel([act("open('x', 'w').close()"), say("done")]) as model:
        env = of_the_person(work, model)
        codeact("run", "make it", "--approve", "never", cwd=work, env=env)
    put = codeact("files", "codeact.ipynb", "--restore", "../x", cwd=work, env=env)
    assert put.returncode == 1 and "Could not be put back: ../x" in put.stdout


def test_hosts_are_allowed_by_the_person_alone_and_what_is_refused_is_said(work: Path) -> None:
    code = (
        "import urllib.request\n"
        "try: urllib.request.urlopen('https://other.example')\n"
        "except OSError as error: print(error)"
    )
    with LoopbackModel([act(code), say("done")]) as model:
        env = of_the_person(work, model)
        installed = codeact(
            *("sandbox", "install", "--user", "--allow-host", "allowed.invalid"), cwd=work, env=env
        )
        assert "Hosts that it may reach: allowed.invalid." in installed.stdout
        assert "hosts    allowed.invalid" in codeact("sandbox", "status", cwd=work, env=env).stdout
        done = codeact("run", "fetch", "--sandbox", "--approve", "never", cwd=work, env=env)
        assert "it reaches allowed.invalid" in one_line_of(done.stdout)
        assert "Refused by the sandbox's proxy:" in done.stdout
        assert "allowed.invalid alone" in json.dumps(model.requests[0]["messages"])
        assert "other.example is not on the list" in told(model.requests[1])


@pytest.mark.parametrize("given", ["10.0.0.1", "localhost", "https://pypi.org"])
def test_what_is_no_host_of_the_internet_is_not_allowed(work: Path, given: str) -> None:
    env = of_the_person(work)
    done = codeact("sandbox", "install", "--user", "--allow-host", given, cwd=work, env=env)
    assert repr(given) in one_line(done)


def test_why_the_walls_ended_a_kernel_is_said_to_the_person_and_the_model(work: Path) -> None:
    code = "import os, time\nfor _ in range(200): os.fork() or time.sleep(60)\ntime.sleep(60)"
    with LoopbackModel([act(code), say("too much")]) as model:
        env = of_the_person(work, model)
        limit = ("--limit", "memory=300", "--limit", "processes=40")
        codeact("sandbox", "install", "--user", *limit, cwd=work, env=env)
        done = codeact("run", "fork", "--sandbox", "--approve", "never", cwd=work, env=env)
        again = ("run", "go on", "--sandbox", "--notebook", "codeact.ipynb")
        codeact(*again, cwd=work, env=env)
        assert "the sandbox ended it" in json.dumps(model.requests[-1]["messages"])
    assert "the sandbox ended it" in one_line_of(done.stdout), done


def one_line_of(text: str) -> str:
    """A text as a terminal of any width has it."""
    return " ".join(text.split())
