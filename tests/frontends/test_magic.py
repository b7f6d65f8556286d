"""`%%codeact` and `%codeact` in a kernel: what the model is told, flags, approvals, numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.loopback import LoopbackModel

from .live import LiveKernel, ScriptedModel, act, live, say, with_model, words


def opening(model: ScriptedModel) -> str:
    """The last task as it was told, with what came before it."""
    return words(model.requests[0]["messages"][-1])


# What the model is told


def test_the_model_is_told_of_variables_and_of_cells_with_their_output(kernel, model):
    kernel.run("import pandas as pd\nfrom pathlib import Path")
    kernel.run("rates = {'a': 1, 'b': 2}\ndf = pd.DataFrame({'quarter': ['Q1'], 'revenue': [1.5]})")
    kernel.run("print('hello', 1 + 1)\ndf")
    model.will(say())
    kernel.task("what is there?")
    told = opening(model)
    assert "df: pandas.DataFrame 1x2 quarter: " in told and "revenue: float64" in told
    assert "rates: dict 2 items" in told
    assert "The person ran this cell:\nprint('hello', 1 + 1)" in told and "hello 2" in told
    assert told.endswith("what is there?")


def test_news_is_told_once_and_only_what_is_new(kernel, model):
    kernel.run("first_value = 1")
    model.will(say())
    kernel.task("one")
    assert "first_value" in opening(model)
    kernel.run("second_value = 2\ndel first_value")
    model.will(act("third_value = 3"), say())
    kernel.task("two")
    told = opening(model)
    assert "second_value: int 2" in told and "Names that are gone: first_value" in told
    model.will(say())
    kernel.task("three")
    assert opening(model) == "three"


def test_the_last_failed_cell_is_told_with_its_traceback(kernel, model):
    kernel.run("def half(x):\n    return x / 0\n")
    assert kernel.run("half(3)").failed
    model.will(say())
    kernel.task("fix this")
    told = opening(model)
    assert "half(3)\nit failed with:" in told
    assert "ZeroDivisionError: division by zero" in told and "return x / 0" in told


def test_the_agents_own_cells_are_not_told_as_the_persons(kernel, model):
    model.will(act("print('by the agent')"), say())
    kernel.task("one", "--approve never")
    kernel.run("# a comment\n%codeact status")
    model.will(say())
    kernel.run("\n# a comment first\n\n%%codeact\ntwo")
    assert opening(model) == "two"


def test_the_conversation_goes_on_and_only_grows(kernel, model):
    model.will(act("x = 41"), say("x is set."))
    kernel.task("one", "--approve never")
    before = model.requests[-1]
    model.will(say("Yes."))
    kernel.task("two")
    after = model.requests[-1]
    plain = [{"role": m["role"], "content": _unmarked(m["content"])} for m in before["messages"]]
    now = [{"role": m["role"], "content": _unmarked(m["content"])} for m in after["messages"]]
    assert now[: len(plain)] == plain and len(now) == len(plain) + 2
    assert (after["system"], after["tools"]) == (before["system"], before["tools"])


def _unmarked(content):
    return [{k: v for k, v in block.items() if k != "cache_control"} for block in content]


def test_new_begins_another_conversation(kernel, model):
    kernel.run("told_before = 41")
    model.will(say())
    kernel.task("one")
    kernel.run("%codeact new")
    model.will(say())
    kernel.task("two")
    assert len(model.requests[-1]["messages"]) == 1
    assert "told_before" in str(model.requests[-1]["messages"]), "its model has not been told"


# Numbers and history


def test_numbers_and_history_are_sane(kernel, model):
    first = kernel.run("'mine'")
    model.will(act("1 + 1"), act("print(2)\n3 + 3"), act("1/0"), act("_"), say())
    magic = kernel.task("count", "--approve never")
    after = kernel.run("(_, __, len(In) - 1, sorted(Out)[-2:])")
    assert [magic.count, after.count] == [first.count + 1, first.count + 2]
    assert after.text == f"(6, 6, {after.count}, [{first.count}, {magic.count}])"
    history = json.loads(
        kernel.value(
            "__import__('json').dumps("
            "[r for *_, r in get_ipython().history_manager.get_range(raw=True)])"
        )[1:-1]
        .encode()
        .decode("unicode_escape")
    )
    assert sum("%%codeact" in code and code.endswith("count") for code in history) == 1
    assert not any("3 + 3" in code for code in history)
    assert kernel.value("_ih[-1]").startswith("'(_, __")
    assert kernel.value("_i") == repr("%%codeact --approve never\ncount")


def test_what_was_last_shown_is_the_persons_own_after_a_run_without_values(kernel, model):
    kernel.run("'mine'")
    model.will(act("x = 1"), say())
    kernel.task("quietly", "--approve never")
    assert kernel.run("_").text == "'mine'"


# Flags and mistakes


@pytest.mark.parametrize(
    ("line", "words_of_error"),
    [
        ("--max-stepz 3", "no flag '--max-stepz'; did you mean `--max-steps`?"),
        ("--frobnicate=3", "no flag '--frobnicate'; `%%codeact --help` lists them"),
        ("--max-steps 0", "--max-steps cannot be '0': it must be a whole number from 1"),
        ("--max-steps many", "'many'"),
        ("--max-cost free", "'free'"),
        ("--max-seconds -1", "'-1'"),
        ("--max-tokens 1.5", "'1.5'"),
        ("--approve maybe", "'maybe'"),
        ("--model", "--model"),
        ("--model 'unclosed", "unclosed"),
        ("plot the data", "plot the data: 'plot' is no flag; write the task below"),
    ],
)
def test_a_flag_that_cannot_be_used_is_named(kernel, model, line, words_of_error):
    ran = kernel.task("x", line)
    assert ran.reply["content"]["ename"] == "SettingsError"
    assert words_of_error in ran.error and "Traceback" not in ran.error
    assert not model.requests


@pytest.mark.parametrize("cell", ["%%codeact", "%%codeact\n", "%%codeact --model m\n  \n\n"])
def test_an_empty_task_is_refused(kernel, model, cell):
    ran = kernel.run(cell)
    assert ran.failed and "the task is empty" in ran.error and len(ran.error.splitlines()) == 1
    assert not model.requests


def test_help_is_shown(kernel):
    cells = ("%%codeact --help", "%%codeact -h\nx", "%codeact help", "%codeact --help", "%codeact")
    for cell in cells:
        ran = kernel.run(cell)
        assert not ran.failed and "--approve" in ran.stdout and "%codeact export" in ran.stdout
        assert max(map(len, ran.stdout.splitlines())) < 80


@pytest.mark.parametrize(
    ("line", "words_of_error"),
    [
        ("modle demo", "knows no 'modle'; did you mean `%codeact model`?"),
        ("statsu", "knows no 'statsu'; did you mean `%codeact status`?"),
        ("xyz", "knows no 'xyz'; it knows approvals, export,"),
        ("plot the data", "knows no 'plot'; it knows approvals, export,"),
    ],
)
def test_an_unknown_command_is_named_with_the_nearest_one(kernel, line, words_of_error):
    ran = kernel.run(f"%codeact {line}")
    assert ran.failed and words_of_error in ran.error and len(ran.error.splitlines()) == 1
    assert "A task is written below `%%codeact`" in ran.error


@pytest.mark.parametrize("word", ["new", "status"])
def test_words_after_a_command_that_takes_none_are_refused(kernel, word):
    ran = kernel.run(f"%codeact {word} plots")
    assert ran.failed and f"%codeact {word} takes nothing, not 'plots'" in ran.error


def test_model_without_a_name_says_which_one_is_used_and_how_to_change_it(kernel, model):
    kernel.run("%codeact new")
    said = kernel.run("%codeact model").stdout
    assert "The model is claude-opus-5-5, which is the default." in said
    assert "`%codeact model NAME`" in said and "`%%codeact --model NAME`" in said
    model.will(say())
    kernel.task("x", "--model claude-sonnet-5-5")
    assert "The last run used claude-sonnet-5-5." in kernel.run("%codeact model").stdout
    kernel.run("%codeact model claude-haiku-5")
    assert "The model is claude-haiku-5." in kernel.run("%codeact model").stdout
    empty = kernel.run("%codeact model ''")
    assert "%codeact model cannot be '': it must be a text that is not empty" in empty.error
    two = kernel.run("%codeact model claude-haiku-5 claude-sonnet-5")
    assert "%codeact model takes one name, not 'claude-haiku-5 claude-sonnet-5'" in two.error
    assert "The model is claude-haiku-5." in kernel.run("%codeact model").stdout
    kernel.run("%codeact model claude-opus-5-5")


@pytest.mark.parametrize("above", ["\n\n", "# what this does\n", "\n# one\n\n  # two\n"], ids=repr)
def test_blank_lines_and_comments_may_come_first(kernel, model, above):
    model.will(say("Heard."))
    ran = kernel.run(f"{above}%%codeact\nthe task")
    assert not ran.failed and "Heard." in ran.text
    assert opening(model).endswith("the task")


def test_without_autoawait_it_says_what_to_do(kernel, model):
    kernel.run("%autoawait off")
    try:
        ran = kernel.task("x")
        assert ran.failed and "%autoawait" in ran.error and not model.requests
    finally:
        kernel.run("%autoawait asyncio")
    model.will(say("Heard."))
    assert "Heard." in kernel.task("x").text


def test_the_flags_reach_the_run(kernel, model):
    model.will(act("1"), act("2"), act("3"))
    ran = kernel.task("x", "--max-steps 2 --model claude-sonnet-5-5 --approve never")
    assert "the run ended limit" in ran.error and "2" in ran.error
    assert [request["model"] for request in model.requests] == ["claude-sonnet-5-5"] * 2
    model.will(say())
    ran = kernel.task("x", "--max-tokens 10")
    assert "the run ended limit" in ran.error and not model.requests
    ran = kernel.task("x", "--max-cost 0.000001")
    assert "the run ended limit" in ran.error and not model.requests


def test_a_wrong_key_is_a_short_error_that_says_what_to_do(shared_model, tmp_path):
    with live(shared_model, str(tmp_path), ANTHROPIC_API_KEY="sk-wrong") as kernel:
        ran = kernel.task("x")
        assert ran.failed and "the run ended failed" in ran.error and "key" in ran.error
        assert len(ran.error.splitlines()) <= 3 and "sk-wrong" not in ran.text + ran.error


def test_an_unknown_model_is_a_short_error_that_names_it(kernel, model):
    ran = kernel.task("x", "--model claude-unknown")
    assert "the run ended failed" in ran.error and "'claude-unknown'" in ran.error
    assert "--model" in ran.error and len(ran.error.splitlines()) <= 3


def test_a_failed_run_ends_the_cell_with_a_short_error(kernel, model):
    model.will(act("1 +"), act("1 +"), act("1 +"))
    ran = kernel.task("x", "--approve never")
    assert "the run ended failed: 3 times in a row, syntax error" in ran.error
    assert len(ran.error.splitlines()) <= 3


def test_the_line_magic(kernel, model, tmp_path):
    assert "No run yet" in kernel.run("%codeact status").stdout
    assert "no run yet" in kernel.run(f"%codeact export {tmp_path}/a.md").error
    model.will(act("x = 1"), say("It is."))
    kernel.task("set x", "--approve never")
    status = kernel.run("%codeact status").stdout
    assert "1. answered" in status and "set x" in status and "tokens" in status
    for ending in ("ipynb", "py", "md", "html", "jsonl"):
        kernel.run(f"%codeact export {tmp_path}/out.{ending}")
        assert "x = 1" in Path(f"{tmp_path}/out.{ending}").read_text() or ending == "html"
    for name in ("my run.md", "y.md"):
        assert not kernel.run(f'%codeact export "{tmp_path}/{name}"').failed
        assert kernel.run(f'%codeact export "{tmp_path}/{name}"').failed
        assert not kernel.run(f'%codeact export --force "{tmp_path}/{name}"').failed
        assert Path(f"{tmp_path}/{name}").is_file()
    for line in (
        *("export", "export x.docx", "frobnicate", "export --force", "export a.md b.md"),
        *(f"export {tmp_path}/y.md--force", 'export "y.md', f"export {tmp_path}/y.md --forse"),
    ):
        ran = kernel.run(f"%codeact {line}")
        assert ran.failed and "Traceback" not in ran.error, line
    kernel.run("%codeact model claude-haiku-5")
    model.will(say())
    kernel.task("x")
    assert model.requests[-1]["model"] == "claude-haiku-5"
    kernel.run("%codeact model claude-opus-5-5")


def test_loading_twice_and_unloading(shared_model, tmp_path):
    with live(shared_model, str(tmp_path)) as kernel:
        assert not kernel.run("%load_ext codeact_jupyter\n%reload_ext codeact_jupyter").failed
        shared_model.will(say("Once."))
        assert kernel.task("x").text.count("Once.") == 1
        assert not kernel.run("%unload_ext codeact_jupyter").failed
        assert "not found" in kernel.task("x").text
        assert "not found" in kernel.run("%codeact status").text
        assert kernel.run("print('as ever')").text == "as ever\n"
        assert not kernel.run("%load_ext codeact_jupyter").failed
        shared_model.will(say("Again."))
        assert "Again." in kernel.task("x").text


def test_what_ran_before_loading_is_told(shared_model, tmp_path):
    kernel = LiveKernel(with_model(shared_model), str(tmp_path))
    try:
        kernel.run("earlier = 12\nprint('lost output')")
        kernel.run("earlier / 0")
        assert not kernel.run("%load_ext codeact_jupyter").failed
        shared_model.will(say())
        kernel.task("fix this")
        told = opening(shared_model)
        assert "earlier = 12" in told and "earlier: int 12" in told
        assert "ZeroDivisionError" in told and "%load_ext" not in told
    finally:
        kernel.close()


# Approval


def test_risky_code_asks_and_is_run_when_allowed(kernel, model):
    model.will(act("import os\nos.remove('no-such-file')"), say())
    ran = kernel.task("remove it", answers=["y"])
    assert not ran.failed and "FileNotFoundError" in model.told
    assert "**May this run?**\n\n- asks because it deletes files" in ran.text


def test_code_that_only_computes_does_not_ask(kernel, model):
    model.will(act("total = sum(range(10))\ntotal"), say())
    assert not kernel.task("add", answers=[]).failed
    assert "45" in model.told


@pytest.mark.parametrize(
    ("answer", "told"), [("n", "the person said no"), ("use pathlib", "use pathlib")]
)
def test_what_is_refused_is_not_run_and_told(kernel, model, answer, told):
    model.will(act("ran = 1\nimport os\nos.remove('x')"), say())
    ran = kernel.task("remove it", answers=[answer])
    assert not ran.failed and told in model.told
    assert "NameError" in kernel.run("ran").text


def test_every_action_asks_in_the_mode_ask(kernel, model):
    model.will(act("quiet = 1"), say())
    ran = kernel.task("x", "--approve ask", answers=["yes"])
    assert not ran.failed and kernel.value("quiet") == "1"
    assert 0 <= ran.text.find("quiet = 1") < ran.text.find("May this run?"), "the code is shown"
    assert "- Every action asks (--approve ask)." in ran.text and "because" not in ran.text
    model.will(act("quiet = 2"), say())
    ran = kernel.task("x", "--approve ask", answers=["no"])
    assert not ran.failed and kernel.value("quiet") == "1" and "said no" in model.told


def test_where_nobody_can_be_asked_it_is_refused(kernel, model):
    model.will(act("import os\nos.remove('x')"), say())
    ran = kernel.task("remove it")
    assert not ran.failed and "nobody can be asked here" in model.told


def test_overwriting_a_name_of_the_persons_asks(kernel, model):
    kernel.run("mine = [1, 2, 3]")
    model.will(act("mine = 'gone'"), say())
    kernel.task("x", answers=["n"])
    assert kernel.value("mine") == "[1, 2, 3]" and "said no" in model.told
    model.will(act("own = 1"), act("own = 2"), say())
    assert not kernel.task("x").failed and kernel.value("own") == "2"


def test_never_asks_nothing(kernel, model):
    kernel.run("mine = [1, 2, 3]")
    model.will(act("mine = 'gone'\nimport os\nos.remove('x')"), say())
    kernel.task("x", "--approve never", answers=[])
    assert kernel.value("mine") == "'gone'"


# Where the key goes


def test_a_notebook_cannot_choose_where_the_key_is_sent(kernel, model, tmp_path):
    with LoopbackModel([]) as elsewhere:
        (tmp_path / "codeact").mkdir()
        (tmp_path / "codeact" / "config.toml").write_text(f'base_url = "{elsewhere.url}"\n')
        kernel.run(
            "import os\nkept = dict(os.environ)\n"
            f"os.environ['XDG_CONFIG_HOME'] = {str(tmp_path)!r}\n"
            f"os.environ['HOME'] = {str(tmp_path)!r}\n"
        )
        try:
            model.will(say("Heard."))
            ran = kernel.task("x", "--model claude-sonnet-5-5")
            assert "Heard." in ran.text, ran.error
            assert elsewhere.paths == [] and elsewhere.headers == []
        finally:
            kernel.run("os.environ.clear(); os.environ.update(kept)")


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_BASE_URL", "CODEACT_BASE_URL", "HTTP_PROXY", "https_proxy"]
)
def test_a_way_to_the_model_that_a_notebook_changed_is_refused_aloud(kernel, model, name):
    with LoopbackModel([]) as elsewhere:
        kernel.run(f"import os\nkept = dict(os.environ)\nos.environ[{name!r}] = {elsewhere.url!r}")
        try:
            ran = kernel.task("x")
            assert ran.failed and name in ran.text and "where your key goes" in ran.text
            assert elsewhere.paths == [] and elsewhere.headers == []
        finally:
            kernel.run("os.environ.clear(); os.environ.update(kept)")
