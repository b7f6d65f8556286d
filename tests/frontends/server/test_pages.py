"""Which pages answer for the person: those with a ticket that no script can have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codeact_jupyter.frontends.server.pages import GRACE_SECONDS, MOST, TICKET_SECONDS, Pages
from codeact_jupyter.frontends.server.ticketing import OPENER, ticketing
from tests.frontends.live import ScriptedModel, act, say

from .front_ends import PersonsPage
from .live_server import AS_A_TAB, LiveNotebook, LiveServer

FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pages(clock: Clock) -> Pages:
    return Pages(clock)


def test_each_page_that_was_handed_a_ticket_answers_beside_the_others(pages: Pages) -> None:
    for connection, secret in (("first", FIRST), ("second", SECOND)):
        assert pages.claim(connection, secret, pages.ticket(alone=False))
    assert pages.answers("first") and pages.answers("second")


def test_a_ticket_is_for_one_page_and_for_the_time_that_it_takes_to_load(
    pages: Pages, clock: Clock
) -> None:
    ticket, late = pages.ticket(alone=False), pages.ticket(alone=False)
    assert not pages.claim("without", THIRD)
    assert not pages.claim("guessed", THIRD, ticket[:-1])
    assert not pages.claim("short", "secret", late)
    assert pages.claim("first", FIRST, ticket)
    assert not pages.claim("script", SECOND, ticket)
    clock.now += TICKET_SECONDS
    assert not pages.claim("late", SECOND, late)
    pages.leave("first")
    assert not any(map(pages.answers, ("without", "guessed", "short", "script", "late", "first")))


def test_a_page_whose_connection_broke_off_goes_on_with_its_secret(
    pages: Pages, clock: Clock
) -> None:
    ticket = pages.ticket(alone=False)
    pages.claim("first", FIRST, ticket)
    pages.leave("first")
    clock.now += TICKET_SECONDS * 100
    assert pages.claim("again", FIRST, ticket)
    assert pages.answers("again") and not pages.answers("first")


def test_of_pages_that_may_be_anybodys_the_first_answers_until_it_is_gone_and_then_the_newest(
    pages: Pages, clock: Clock
) -> None:
    assert pages.claim("first", FIRST, pages.ticket(alone=True))
    assert not pages.claim("script", SECOND, pages.ticket(alone=True))
    assert pages.waits("script") and not pages.waits("first")
    pages.leave("first")
    third = pages.ticket(alone=True)
    assert not pages.claim("reloaded", THIRD, third), "it may only have lost its connection"
    clock.now += GRACE_SECONDS + 1
    assert not pages.answers("script")
    assert pages.answers("reloaded")
    assert not pages.answers("first")


def test_what_is_remembered_of_pages_has_an_end(pages: Pages) -> None:
    oldest = pages.ticket(alone=False)
    for _ in range(MOST):
        last = pages.ticket(alone=False)
    assert not pages.claim("oldest", FIRST, oldest)
    assert pages.claim("last", SECOND, last)


def test_only_what_becomes_a_window_is_handed_a_ticket(server: LiveServer) -> None:
    tab = server.page(**AS_A_TAB)
    assert tab.ticket and tab.headers[OPENER] == "noopener-allow-popups"
    assert tab.headers["Cache-Control"] == "no-store"
    assert server.page(**AS_A_TAB).ticket != tab.ticket
    assert server.page().ticket, "browsers say nothing to an address of plain http"
    for destination in ("empty", "iframe", "frame", "embed", "object", "worker", "script", "x"):
        script = server.page(Sec_Fetch_Dest=destination)
        assert not script.ticket and OPENER not in script.headers, destination


def test_another_hook_of_the_pages_and_another_policy_of_the_servers_are_kept() -> None:
    class Handler:
        def __init__(self, headers: dict[str, str]) -> None:
            self.settings = {"headers": headers}
            self.request = type("Request", (), {"headers": {"Sec-Fetch-Dest": "document"}})
            self.given: dict[str, str] = {}

        def set_header(self, name: str, value: str) -> None:
            self.given[name] = value

    hook = ticketing(Pages(), lambda handler, config: {**config, "theirs": 1})
    handler = Handler({OPENER.lower(): "same-origin"})
    config = {"of": "all pages"}
    assert {"of", "theirs"} < hook(handler, config).keys()
    assert config == {"of": "all pages"}
    assert OPENER not in handler.given


@pytest.fixture
def second(server: LiveServer) -> Iterator[PersonsPage]:
    """Another tab of the person's."""
    page = PersonsPage(server, server.page(**AS_A_TAB))
    yield page
    page.close()


def test_only_the_persons_pages_can_answer_and_each_of_them_can(
    notebook: LiveNotebook, model: ScriptedModel, second: PersonsPage
) -> None:
    model.will(act("ran = 1"), act("ran += 1"), say())
    tab, server = notebook.follow(), notebook.server
    run = notebook.start("try", options={"approve": "ask"})
    question = tab.first(run, "asked")
    word = {"step": 1, "hash": question["hash"], "decision": "run"}
    assert server.person.decide("00000000", word).status == 400  # it is connected
    assert server.api(f"runs/{run}/approval", word).status == 404
    for page in (None, server.page(Sec_Fetch_Dest="empty")):
        script = PersonsPage(server, page)
        assert "Load it again" in script.first("claimed")["reload"], "it is told before it answers"
        refused = script.decide(run, word)
        assert refused.status == 400 and "This page cannot answer" in refused.json["message"]
        script.close()
    assert second.first("claimed")["reload"] is False
    unknown = PersonsPage(server, server.page())
    assert "another page" in unknown.decide(run, word).json["message"]
    unknown.close()
    tab.send({"type": "decide", "id": 1, "path": notebook.path, "run": run, **word})
    assert notebook.person.run("print('ran' in globals())") == "False\n"
    assert second.decide(run, word).status == 200
    again = tab.first(run, "asked", step=2)
    assert server.person.decide(run, {**word, "step": 2, "hash": again["hash"]}).status == 200
    assert tab.end(run)["state"] == "answered"
