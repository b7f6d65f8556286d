"""The panel as a person uses it: against the real server, a real kernel and the demo model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from .browsing import Lab
from .opening import open_again, open_notebook, run_all, send

REVENUE = "Load the revenue file, add it up by quarter, plot it, and tell me what stands out."
SLOW = 60_000


def test_the_demo_in_one_click_runs_the_whole_story(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "story.ipynb", "1 + 1")
    page.get_by_role("button", name="Play the demo").click()
    expect(page.get_by_text("Revenue grew in every quarter").last).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("region", name="Step 2: error")).to_be_attached()
    expect(page.get_by_role("region", name="Step 5: done")).to_be_attached()
    expect(page.locator(".codeact-Chip", has_text="sales").first).to_contain_text("DataFrame 108×3")
    expect(page.locator(".jp-CodeCell .jp-OutputArea img")).to_have_count(1)
    expect(page.locator(".codeact-Panel .jp-OutputArea, .codeact-Panel img")).to_have_count(0)
    expect(page.get_by_role("button", name="Jump to latest")).to_have_count(0)

    page.get_by_role("region", name="Step 5: done").get_by_label("Show the cell").click()
    expect(page.locator(".jp-CodeCell.jp-mod-active")).to_contain_text("matplotlib")

    page.get_by_role("button", name="What this turn took").hover()
    details = page.get_by_role("tooltip")
    expect(details).to_be_visible()
    expect(details).to_contain_text("Context filled")

    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    open_again(lab, page, "story.ipynb")
    expect(page.get_by_role("region", name="Step 5: done")).to_be_attached(timeout=SLOW)
    expect(page.locator(".codeact-Task")).to_have_text(REVENUE)


def test_code_that_asks_is_rejected_edited_and_run(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "asks.ipynb", "1 + 1")
    page.get_by_label("When to ask before code runs").select_option("ask")
    send(page, REVENUE)
    card = page.get_by_role("group", name="Step 1 waits for you")
    expect(card).to_be_focused(timeout=SLOW)
    page.keyboard.press("Enter")
    expect(card).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_role("region", name="Step 1: done")).to_be_visible(timeout=SLOW)

    card = page.get_by_role("group", name="Step 2 waits for you")
    card.get_by_role("button", name="Edit").click()
    card.locator(".cm-content").press("Control+End")
    page.keyboard.type("\nraise ValueError('mine')")
    page.keyboard.press("Shift+Enter")
    step = page.get_by_role("region", name="Step 2: error")
    expect(step).to_contain_text("edited by you", timeout=SLOW)
    expect(step).to_contain_text("mine")

    card = page.get_by_role("group", name="Step 3 waits for you")
    card.get_by_role("button", name="Reject…").click()
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Reject…").click()
    page.keyboard.type("not these")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Step 3: not run")).to_contain_text("not these")
    kept = "/api/settings/codeact-jupyter-labextension"
    with page.expect_response(lambda it: kept in it.url and it.request.method == "PUT"):
        page.get_by_label("When to ask before code runs").select_option("risky")


def test_to_stop_ends_the_run_and_gives_back_what_was_queued(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "stops.ipynb", "1 + 1")
    send(page, REVENUE)
    send(page, "Hello there")
    expect(page.get_by_text("Next: Hello there")).to_be_visible()
    page.get_by_role("button", name="Stop thinking").click()
    end = page.locator(".codeact-Trouble")
    expect(end).to_contain_text("Stopped", timeout=SLOW)
    expect(end.get_by_role("button", name="Go on")).to_be_visible()
    expect(page.get_by_text("Next: Hello there")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Task for the agent")).to_have_value("Hello there")


def test_a_task_is_written_with_mentions_lines_and_history(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "writes.ipynb", "total_sales = [1, 2, 3]\ntotal_sales")
    run_all(page)
    expect(page.locator(".jp-OutputArea-executeResult")).to_be_visible(timeout=SLOW)
    expect(page.locator(".jp-CodeCell .jp-InputPrompt")).to_have_text("[1]:")  # the kernel is free
    field = page.get_by_role("combobox", name="Task for the agent")
    field.click()
    page.keyboard.type("Look at @tot")
    offered = page.get_by_role("listbox", name="Mention").get_by_role("option")
    expect(offered.first).to_contain_text("list · 3 items")
    page.keyboard.press("Tab")
    expect(field).to_have_value("Look at `total_sales` ")
    page.keyboard.type("in @1")
    expect(offered.first).to_contain_text("[1]")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Look at `total_sales` in cell [1] ")
    expect(page.get_by_label("Goes along with the task")).to_contain_text("cell [1]")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("please")
    page.keyboard.press("Enter")
    expect(page.locator(".codeact-Task")).to_contain_text("please")
    expect(field).to_have_value("")
    expect(page.locator(".codeact-Facts")).to_be_visible(timeout=SLOW)
    page.keyboard.press("ArrowUp")
    expect(field).to_have_value("Look at `total_sales` in cell [1] \nplease")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value("")


def test_conversations_are_begun_named_found_and_exported(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "many.ipynb", "1 + 1")
    for task in ("First words", "Second words"):
        begin = page.get_by_role("button", name="New conversation")
        if begin.is_enabled():
            begin.click()
        send(page, task)
        expect(page.locator(".codeact-Task")).to_have_text(task)
        expect(page.locator(".codeact-Facts")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Conversations of this notebook").click()
    row = page.locator(".codeact-Conversation", has_text="First words")
    row.get_by_label("Rename").click()
    page.get_by_label("Name of the conversation").fill("Begun")
    page.keyboard.press("Enter")
    page.get_by_label("Search conversations").fill("beg")
    expect(page.locator(".codeact-Conversation-name")).to_have_text(["Begun"])
    page.locator(".codeact-Conversation-open").click()
    expect(page.locator(".codeact-Task")).to_have_text("First words")

    page.get_by_role("button", name="Export the conversation").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Markdown").click()
    assert "First words" in Path(downloading.value.path()).read_text()


def test_an_error_is_given_to_the_agent_from_its_cell(lab: Lab, page: Any) -> None:
    open_notebook(lab, page, "error.ipynb", "[1, 2]['a']", "1 + 1")
    run_all(page)
    expect(page.locator(".jp-RenderedText[data-mime-type*=stderr]").first).to_be_visible(
        timeout=SLOW
    )
    page.locator(".jp-CodeCell").last.click()
    fix = page.locator(".jp-cell-toolbar").get_by_role("button", name="Explain and Fix This Error")
    expect(fix).to_have_count(0)
    page.locator(".jp-CodeCell .jp-InputArea").first.click()
    fix.click()
    expect(page.locator(".codeact-Task")).to_contain_text("TypeError: list indices")
    expect(page.locator(".codeact-Task summary")).to_have_text("cell [1]")
    expect(page.locator(".codeact-Facts")).to_be_visible(timeout=SLOW)
