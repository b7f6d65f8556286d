"""What a run asks the person: may this run, and the answers to `input()`."""

from __future__ import annotations

from typing import Any

from tests.frontends.live import ScriptedModel, act, say

from .front_ends import Follower, all_text
from .live_server import LiveNotebook

RISKY = {"options": {"approve": "risky"}}
DELETES = act("import os, tempfile\nos.remove(str(tempfile.mkstemp()[1]))")
ASK = {"options": {"approve": "ask"}}


def asked(notebook: LiveNotebook, tab: Follower) -> tuple[str, dict[str, Any]]:
    """A run whose first action waits for the person."""
    run = notebook.start("try", **ASK)
    question = tab.first(run, "asked")
    assert tab.first(run, "run", waiting="approval")
    return run, question


def word(question: dict[str, Any], decision: str, **more: str) -> dict[str, Any]:
    return {"step": question["step"], "hash": question["hash"], "decision": decision, **more}


def test_an_approved_action_runs(notebook: LiveNotebook, model: ScriptedModel) -> None:
    model.will(act("ran = 1"), say())
    tab = notebook.follow()
    run, question = asked(notebook, tab)
    assert question["code"] == "ran = 1"
    assert notebook.person.run("print('ran' in globals())") == "False\n"
    assert notebook.tell(run, "approval", word(question, "run")).status == 200
    assert tab.end(run)["state"] == "answered"
    assert tab.steps(run)[0]["approval"] == "allowed"
    assert notebook.person.run("print(ran)") == "1\n"


def test_a_rejected_action_does_not_run_and_the_word_reaches_the_model(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("ran = 1"), say())
    tab = notebook.follow()
    run, question = asked(notebook, tab)
    notebook.tell(run, "approval", word(question, "reject", word="not on a Sunday"))
    assert tab.end(run)["state"] == "answered"
    assert tab.steps(run)[0]["state"] == "rejected"
    assert "not on a Sunday" in model.told
    assert notebook.person.run("print('ran' in globals())") == "False\n"


def test_what_the_person_edited_is_what_runs(notebook: LiveNotebook, model: ScriptedModel) -> None:
    model.will(act("ran = 'as written'"), say())
    tab = notebook.follow()
    run, question = asked(notebook, tab)
    notebook.tell(run, "approval", word(question, "edit", code="ran = 'as edited'"))
    assert tab.end(run)["state"] == "answered"
    step = tab.steps(run)[0]
    assert (step["approval"], step["code"]) == ("edited", "ran = 'as edited'")
    assert tab.cells(run)[step["cells"]["action"]]["source"] == "ran = 'as edited'"
    assert notebook.person.run("print(ran)") == "as edited\n"


def test_an_answer_to_other_code_than_the_one_that_waits_is_refused(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("ran = 1"), act("ran = 2"), say())
    tab = notebook.follow()
    run, first = asked(notebook, tab)
    notebook.tell(run, "approval", word(first, "run"))
    second = tab.first(run, "asked", step=2)
    for stale in (word(first, "run"), {**word(first, "run"), "step": 2}, word(second, "yes")):
        refused = notebook.tell(run, "approval", stale)
        assert refused.status == 400 and refused.json["message"]
    assert notebook.person.run("print(ran)") == "1\n"
    notebook.tell(run, "approval", word(second, "run"))
    assert tab.end(run)["state"] == "answered"
    assert notebook.tell(run, "approval", word(second, "run")).status == 400


def test_a_question_waits_when_nobody_looks_and_is_told_to_who_comes_later(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("ran = 1"), say())
    tab = notebook.follow()
    run, question = asked(notebook, tab)
    tab.close()
    later = notebook.follow()
    assert later.first(run, "asked") == question
    assert later.first(run, "run")["waiting"] == "approval"
    notebook.tell(run, "approval", word(question, "run"))
    assert later.end(run)["state"] == "answered"
    assert "asked" not in {frame["type"] for frame in notebook.follow().frames}


def test_a_stop_ends_a_run_that_waits_for_an_answer(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("ran = 1"))
    tab = notebook.follow()
    run, _ = asked(notebook, tab)
    notebook.tell(run, "stop")
    assert tab.end(run)["state"] == "stopped"
    assert notebook.person.run("print('ran' in globals())") == "False\n"


def test_a_kind_that_is_allowed_once_for_all_asks_no_more(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(DELETES, DELETES, say(), DELETES, say(), DELETES, say())
    tab = notebook.follow()
    run = notebook.start("twice", **RISKY)
    question = tab.first(run, "asked")
    assert question["scopes"] == ["once", "run", "notebook"]
    notebook.tell(run, "approval", word(question, "run-kind"))
    assert tab.end(run)["state"] == "answered"
    assert len(tab.of(run, "asked")) == 1
    again = notebook.start("and again", **RISKY)
    assert tab.end(again)["state"] == "answered"
    assert not tab.of(again, "asked")
    (kept,) = notebook.server.api("approvals").json["entries"]
    assert (kept["part"], kept["name"]) == ("allowed", "delete")
    assert kept["notebook"].endswith(notebook.path)
    assert notebook.server.api("approvals", {"forget": [kept]}).json == {"forgotten": 1}
    asks = notebook.start("it asks again", **RISKY)
    notebook.tell(asks, "approval", word(tab.first(asks, "asked"), "run"))
    assert tab.end(asks)["state"] == "answered"


def test_a_kind_that_is_allowed_for_a_run_asks_again_in_the_next(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(DELETES, DELETES, say(), DELETES, say())
    tab = notebook.follow()
    run = notebook.start("twice", **RISKY)
    notebook.tell(run, "approval", word(tab.first(run, "asked"), "run-for-run"))
    assert tab.end(run)["state"] == "answered"
    assert len(tab.of(run, "asked")) == 1
    again = notebook.start("and again", **RISKY)
    notebook.tell(again, "approval", word(tab.first(again, "asked"), "reject"))
    assert tab.end(again)["state"] == "answered"


def test_an_edit_that_does_more_than_was_asked_about_asks_again(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(DELETES, say())
    tab = notebook.follow()
    run = notebook.start("once", **RISKY)
    more = "import subprocess\nran = subprocess.run(['true'])"
    notebook.tell(run, "approval", word(tab.first(run, "asked"), "edit", code=more))
    question = tab.first(run, "asked", code=more)
    assert "true" in question["reasons"][0]
    assert notebook.person.run("print('ran' in globals())") == "False\n"
    notebook.tell(run, "approval", word(question, "run"))
    assert tab.end(run)["state"] == "answered"
    assert tab.steps(run)[0]["approval"] == "edited"


def test_the_person_answers_the_agents_input_and_their_own_apart(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    code = "import getpass\nname = input('Name? ')\nword = getpass.getpass('Word? ')\n(name, word)"
    model.will(act(code), say())
    tab = notebook.follow()
    run = notebook.start("ask me")
    name = tab.first(run, "input", prompt="Name? ")
    assert tab.first(run, "run", waiting="input") and not name["password"]
    assert notebook.tell(run, "input", {"request": "other", "value": "x"}).status == 400
    assert notebook.tell(run, "input", {"request": name["request"], "value": "Ada"}).status == 200
    secret = tab.first(run, "input", prompt="Word? ")
    assert secret["password"]
    notebook.tell(run, "input", {"request": secret["request"], "value": "42"})
    assert tab.end(run)["state"] == "answered"
    assert notebook.person.run("print(name, word)") == "Ada 42\n"
    asked_of_person = [m for m in notebook.person.messages if m["msg_type"] == "input_request"]
    assert not asked_of_person

    theirs = notebook.person.begin("mine = input('Yours? ')")
    notebook.person.until(
        lambda: notebook.person.about(theirs, "input_request"), "the person's own question"
    )
    notebook.person.say("stdin", "input_reply", {"value": "ok"})
    assert notebook.person.reply(theirs)["status"] == "ok"


def test_an_interrupt_ends_a_cell_that_waits_for_input(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("input('? ')"))
    tab = notebook.follow()
    run = notebook.start("ask me")
    request = tab.first(run, "input")["request"]
    notebook.tell(run, "interrupt")
    assert tab.end(run)["state"] == "interrupted"
    assert notebook.tell(run, "input", {"request": request, "value": "late"}).status == 400
    assert "KeyboardInterrupt" in all_text(tab.cells(run))
    assert notebook.person.run("print('goes on')") == "goes on\n"
