"""Where the person writes a task: pictures, and languages that are composed."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import PANEL, Tab, outputs

PASTE = """(field, data) => {
    const bytes = Uint8Array.from(atob(data), each => each.charCodeAt(0));
    const clipboard = new DataTransfer();
    clipboard.items.add(new File([bytes], 'dots.png', { type: 'image/png' }));
    const options = { clipboardData: clipboard, bubbles: true, cancelable: true };
    field.dispatchEvent(new ClipboardEvent('paste', options));
}"""

DROP = """(field, data) => {
    const bytes = Uint8Array.from(atob(data), each => each.charCodeAt(0));
    const dragged = new DataTransfer();
    dragged.items.add(new File([bytes], 'dots.png', { type: 'image/png' }));
    const options = { dataTransfer: dragged, bubbles: true, cancelable: true };
    field.dispatchEvent(new DragEvent('dragover', options));
    field.dispatchEvent(new DragEvent('drop', options));
}"""


CHANGE_KERNEL = f"""path => {{
    void {PANEL}.sessionContext.changeKernel({{ name: 'python3' }});
}}"""


def field_of(tab: Tab) -> Any:
    """Where a task is written."""
    return tab.page.get_by_role("combobox", name="Task for the agent")


def test_a_picture_pasted_into_the_task_reaches_the_model(tab: Tab, model: ScriptedModel) -> None:
    data = base64.b64encode(drawn()).decode()
    model.will(say("Teal."))
    tab.write("1 + 1")
    field_of(tab).evaluate(PASTE, data)
    along = tab.page.get_by_label("Goes along with the task")
    expect(along).to_contain_text("dots.png")
    tab.task("Which colour is this?")
    tab.until_ended()
    expect(along).to_have_count(0)
    images = [block for block in model.requests[0]["messages"][-1]["content"] if image(block)]
    assert [image(block) for block in images] == ["image/png"]
    shown = Image.open(BytesIO(base64.b64decode(images[0]["source"]["data"])))
    assert (shown.size, shown.convert("RGB").getpixel((0, 0))) == ((8, 6), (0, 128, 128))


def test_a_picture_a_file_and_the_selected_cell_go_along_and_each_notebook_has_its_own_draft(
    tab: Tab, model: ScriptedModel
) -> None:
    (tab.file.parent / "numbers-to-add.csv").write_text("a\n1\n")
    model.will(say("All there."))
    tab.write("rate = 0.19\nrate")
    other = Tab(tab.lab, tab.page, tab.name.replace(".ipynb", "-other.ipynb"))
    other.write("2 + 2")
    expect(field_of(tab)).to_have_value("")
    tab.open()
    expect(tab.page.get_by_role("region", name="Agent").first).to_contain_text(tab.name)
    field, along = field_of(tab), tab.page.get_by_label("Goes along with the task")
    field.evaluate(DROP, base64.b64encode(drawn()).decode())
    expect(along).to_contain_text("dots.png")
    tab.page.get_by_role("button", name="Add the selected cell").click()
    expect(along).to_contain_text("code cell")
    field.press_sequentially("Look at @numbers-to")
    offered = tab.page.get_by_role("listbox", name="Mention").get_by_role("option")
    expect(offered.first).to_contain_text("numbers-to-add.csv")
    field.press("Tab")
    other.open()
    expect(field).to_have_value("")
    expect(along).to_have_count(0)
    tab.open()
    expect(field).to_have_value("Look at `numbers-to-add.csv` ")
    field.press("Enter")
    tab.until_ended()
    assert "numbers-to-add.csv" in model.told and "rate = 0.19" in model.told
    assert any(image(block) for block in model.requests[0]["messages"][-1]["content"])
    other.shut_down()


def test_a_task_sent_while_the_kernel_is_changed_begins_in_the_new_one(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(say("Before."), act("'old' in globals()"), say("After."))
    tab.write("old = 1")
    tab.task("first")
    tab.until_ended()
    tab.page.evaluate(CHANGE_KERNEL, tab.name)
    tab.task("second")
    tab.until_ended(2)
    assert outputs(tab.cell("action 1")).count("False") == 1
    expect(tab.page.locator(".codeact-Foot .codeact-Trouble")).to_have_count(0)


def drawn() -> bytes:
    """A small picture."""
    picture = BytesIO()
    Image.new("RGB", (8, 6), "teal").save(picture, "PNG")
    return picture.getvalue()


def image(block: dict[str, Any]) -> str:
    """The kind of picture that a block holds; empty for what is none."""
    return str(block["source"]["media_type"]) if block["type"] == "image" else ""


def test_enter_that_ends_a_composition_does_not_send(tab: Tab, model: ScriptedModel) -> None:
    model.will(say("Hai."))
    tab.write("1 + 1")
    field = field_of(tab)
    field.click()
    keyboard = tab.page.context.new_cdp_session(tab.page)
    composed = {"selectionStart": 2, "selectionEnd": 2}
    keyboard.send("Input.imeSetComposition", {"text": "にほ", **composed})
    enter = {"key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.insertText", {"text": "日本"})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    expect(field).to_have_value("日本")
    assert tab.ours == [] and model.requests == []
    field.press("Enter")
    tab.until_ended()
    expect(field).to_have_value("")
    assert "日本" in model.told


def test_a_task_that_is_sent_while_the_notebook_still_opens_waits_for_its_kernel(
    tab: Tab, model: ScriptedModel, window: Any
) -> None:
    tab.write("1 + 1")
    tab.shut_down()
    model.will(say("It came."))
    page = window.new_page()
    page.goto(f"{tab.lab.address}/lab?reset")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_url(lambda url: "reset" not in url)
    page.evaluate(OPEN_PANEL)
    held: list[Any] = []
    page.route("**/api/sessions?*", lambda route: held.append(route))
    opening = "path => void jupyterapp.commands.execute('docmanager:open', { path })"
    page.evaluate(opening, tab.name)
    theirs = Tab(tab.lab, page, tab.name)
    expect(page.locator(".jp-CodeCell")).to_be_visible()
    theirs.task("go")
    theirs.until(lambda: held, "the question for its session, which is not known yet")
    page.wait_for_timeout(1_000)
    expect(page.locator(".codeact-Trouble")).to_have_count(0)
    page.unroute("**/api/sessions?*")  # lets those go on that were held
    theirs.until_ended()
    theirs.shut_down()
    page.close()
    tab.open()
