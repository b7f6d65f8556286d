"""Bad input to the command: one readable line, the value in it, the way on, exit code 2."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from codeact_jupyter.frontends.cli import main, parser
from codeact_jupyter.frontends.subcommands import SUBCOMMANDS
from tests.canary import KEY
from tests.loopback import LoopbackModel
from tests.loopback.server import WRONG_KEY

from .command import (
    NOTHING_LISTENS,
    SECONDS,
    codeact,
    environment,
    install_toy_kernel,
    one_line,
    say,
    start,
)


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A run without a network, begun at once: it tries for half a minute before it gives up."""
    work = tmp_path_factory.mktemp("unreachable")
    env = environment(work, ANTHROPIC_BASE_URL=NOTHING_LISTENS, ANTHROPIC_API_KEY=KEY)
    process = start("run", "say hello", cwd=work, env=env)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def model() -> Iterator[LoopbackModel]:
    with LoopbackModel(lambda request: say("hello")) as served:
        yield served


@pytest.mark.usefixtures("unreachable")
def test_without_arguments_the_command_helps(tmp_path: Path) -> None:
    done = codeact(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("demo", "run", "export", "doctor", "examples:"):
        assert word in done.stdout


@pytest.mark.parametrize("command", ["", *SUBCOMMANDS])
def test_help_reads_well_in_eighty_columns(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([*filter(None, [command]), "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert [line for line in said.splitlines() if len(line) > 80] == []
    assert "None" not in said
    if command == "run":
        for flag in ("--notebook", "--kernel", "--cwd", "--json", "--model", "--approve"):
            assert flag in said
        assert re.search(r"0\s+answered.*3\s+at a limit.*4\s+failed.*130", said, re.DOTALL)


@pytest.mark.parametrize(
    "words",
    [["fork", "x.ipynb", "again", "--at", "2.3"], ["undo", "x.ipynb", "2.3", "--yes"]],
    ids=lambda words: words[0],
)
def test_flags_may_stand_anywhere_among_what_a_command_takes(words: list[str]) -> None:
    command, file, what, *flags = words
    expected = vars(parser().parse_args(words))
    assert what in expected.values()
    for order in ([file, *flags, what], [*flags, file, what]):
        assert vars(parser().parse_args([command, *order])) == expected


@pytest.mark.parametrize("command", ["--help", "export --help", "run --help"])
def test_help_loads_nothing_that_only_a_run_needs(command: str) -> None:
    code = (
        "import sys; from codeact_jupyter.frontends.cli import main\n"
        f"try: main({command.split()!r})\n"
        "except SystemExit: print([name for name in ('anthropic', 'IPython', 'jupyter_client',"
        " 'nbconvert', 'nbformat', 'rich', 'zmq') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n"), done.stdout[-200:]


BAD = {
    "an unknown flag": (["run", "x", "--modle", "y"], r"codeact run: .*'--modle'.*run --help"),
    "an unknown command": (["rnu"], r"invalid choice: 'rnu'.*'run'.*codeact --help"),
    "no task": (["run"], r"required: task; see `codeact run --help`"),
    "an empty task": (["run", "  "], r"the task '  ' is empty; say in quotes what to do"),
    "a bad number": (
        ["run", "x", "--max-steps", "many"],
        r"--max-steps .*'many'.*from 1.*none",
    ),
    "a bad mode": (
        ["run", "x", "--approve", "yes"],
        r"--approve .*'yes'.*ask, risky, never",
    ),
    "a bad address": (["run", "x", "--base-url", "ftp://x"], r"'ftp://x'.*http://"),
    "no such directory": (["run", "x", "--cwd", "gone"], r"no directory 'gone'.*--cwd"),
    "no place": (["run", "x", "--notebook", "no/x.ipynb"], r"'no/x\.ipynb'.*no directory.*make it"),
    "a directory": (["run", "x", "--notebook", "."], r"cannot write '\.'.*directory"),
    "an unwritable place": (["run", "x", "--notebook", "/proc/x.ipynb"], r"cannot write '/proc/x"),
    "a name of no notebook": (["run", "x", "--notebook", "s.txt"], r"'s\.txt'.*'s\.ipynb'"),
    "leave without rebuilding": (["run", "x", "--allow", "delete"], r"'delete'.*--rebuild.*not"),
    "no notebook to rebuild": (["run", "x", "--rebuild"], r"no notebook is named.*--notebook"),
    "a notebook to rebuild that is not there": (
        ["run", "x", "--rebuild", "--notebook", "no.ipynb"],
        r"no notebook 'no\.ipynb'.*--notebook",
    ),
    "no number": (["replay", "x.ipynb", "--tolerance", "much"], r"'much' is not a number from 0"),
    "an empty task of a fork": (["fork", "x.ipynb", "--at", "1", ""], r"task '' is empty; say"),
    "leave without a task": (["fork", "x.ipynb", "--at", "1", "--allow", "all"], r"no task is"),
    "nothing to verify": (["verify", "no.ipynb"], r"no notebook 'no\.ipynb'; look for a typing"),
    "a missing kernel": (["run", "x", "--model", "demo", "--kernel", "nope"], r"'nope'.*python3"),
    "nothing to export": (["export", "no.ipynb", "--to", "py"], r"no notebook 'no\.ipynb'"),
    "a bad format": (["export", "x.ipynb", "--to", "pdf"], r"'pdf'.*'html'"),
    "a bad profile": (["run", "x", "--base-url", "http://x", "--profile", "?"], r"'\?'.*claude"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_with_the_way_on(name: str, tmp_path: Path) -> None:
    if name == "an unwritable place" and not Path("/proc").is_dir():
        pytest.skip("no /proc here")
    arguments, expected = BAD[name]
    line = one_line(codeact(*arguments, cwd=tmp_path))
    assert re.search(expected, line), line
    assert not list(tmp_path.glob("*.ipynb"))


NO_NOTEBOOKS = {"text": b"this is no notebook", "other": b"{}", "binary": b"\x89PNG\xff\x00"}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
@pytest.mark.parametrize("command", ["run", "export", "demo"])
def test_a_file_that_is_no_notebook_is_named_and_left_alone(
    command: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "x.ipynb").write_bytes(NO_NOTEBOOKS[name])
    arguments = {
        "run": ["run", "task", "--model", "demo", "--notebook", "x.ipynb"],
        "demo": ["demo", "--notebook", "x.ipynb"],
        "export": ["export", "x.ipynb", "--to", "py"],
    }[command]
    assert "'x.ipynb' is not a notebook" in one_line(codeact(*arguments, cwd=tmp_path))
    assert (tmp_path / "x.ipynb").read_bytes() == NO_NOTEBOOKS[name]
    assert [found.name for found in tmp_path.glob("x*")] == ["x.ipynb"]


def test_a_notebook_of_another_language_is_refused(tmp_path: Path) -> None:
    spec = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(nbformat.v4.new_notebook(metadata={"kernelspec": spec}), tmp_path / "r.ipynb")
    done = codeact("run", "x", "--model", "demo", "--notebook", "r.ipynb", cwd=tmp_path)
    assert "is a notebook for 'R'" in one_line(done)


def test_a_kernel_that_is_not_python_is_refused(tmp_path: Path) -> None:
    env = environment(tmp_path, **install_toy_kernel(tmp_path / "jupyter"))
    done = codeact("run", "x", "--model", "demo", "--kernel", "toy", cwd=tmp_path, env=env)
    line = one_line(done)
    assert "'toy'" in line
    assert "choose a Python kernel with --kernel" in line


def test_a_demo_does_not_overwrite_a_notebook_that_is_not_its_own(
    tmp_path: Path, model: LoopbackModel
) -> None:
    path = tmp_path / "codeact-demo.ipynb"
    env = environment(tmp_path, model)
    assert codeact("run", "say hello", "--notebook", path, cwd=tmp_path, env=env).returncode == 0
    for content in (path.read_bytes(), nbformat.writes(nbformat.v4.new_notebook()).encode()):
        path.write_bytes(content)
        assert "choose another with --notebook" in one_line(codeact("demo", cwd=tmp_path))
        assert path.read_bytes() == content


def test_a_wrong_key_is_told_without_the_key(tmp_path: Path, model: LoopbackModel) -> None:
    env = environment(tmp_path, model, ANTHROPIC_API_KEY=WRONG_KEY)
    done = codeact("run", "say hello", cwd=tmp_path, env=env)
    line = one_line(done, code=4)
    assert "refused the key (401" in line
    assert "ANTHROPIC_API_KEY" in line
    assert WRONG_KEY not in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.ipynb"))


def test_an_unknown_model_is_named(tmp_path: Path, model: LoopbackModel) -> None:
    env = environment(tmp_path, model)
    done = codeact("run", "say hello", "--model", "claude-unknown", cwd=tmp_path, env=env)
    line = one_line(done, code=4)
    assert "'claude-unknown'" in line
    assert "--model" in line


def test_with_no_key_and_no_server_the_four_ways_on_are_listed(tmp_path: Path) -> None:
    done = codeact("run", "say hello", cwd=tmp_path)
    if "answered" in done.stdout or done.returncode != 2:
        pytest.skip("a model server runs on this machine")
    assert len(re.findall(r"^  [1-4]\. ", done.stderr, re.MULTILINE)) == 4
    assert not list(tmp_path.glob("*.ipynb"))


def test_a_bad_config_file_is_named(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "codeact" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('modle = "x"\n', "utf-8")
    line = one_line(codeact("run", "x", cwd=tmp_path))
    assert str(config) in line
    assert "no option 'modle'" in line


def test_without_a_network_the_waits_are_shown_and_the_end_says_what_to_check(
    unreachable: subprocess.Popen[str],
) -> None:
    out, err = unreachable.communicate(timeout=SECONDS)
    assert unreachable.returncode == 4
    assert out.count("Could not connect") >= 2, "each wait is shown"
    assert NOTHING_LISTENS in err
    assert "Check the network" in err
    assert "Traceback" not in err
    assert json.dumps(err).count(KEY) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="modes and pipes of POSIX")
def test_a_notebook_that_cannot_be_written_is_named_before_anything_runs(tmp_path: Path) -> None:
    kept, pipe = tmp_path / "kept.ipynb", tmp_path / "pipe.ipynb"
    kept.write_text("")
    kept.chmod(0o444)
    os.mkfifo(pipe)
    for name in (kept.name, pipe.name, f"{'x' * 300}.ipynb"):
        line = one_line(codeact("run", "x", "--model", "demo", "--notebook", name, cwd=tmp_path))
        assert f"cannot write '{name}': " in line
    assert kept.read_text() == ""
