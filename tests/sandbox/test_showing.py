"""What a sandboxed kernel shows: whatever it is, nothing in it acts."""

from __future__ import annotations

import base64
import html
import re

import pytest

from codeact_jupyter.cleaning import cleaned
from codeact_jupyter.sandbox.showing import LEFT_OUT, harmless_bundle, harmless_html

SCRIPTS = [
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='javascript:alert(1)'></object><embed src='javascript:alert(1)'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a data-commandlinker-command='terminal:create-new' href='#'>x</a>",
    "<form action='/api/terminals' method=post><button>x</button></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<style>@import '//evil.example/x.css';</style>",
    "<div style='background:url(//evil.example/x)'>x</div>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<img src='//evil.example/x.png'>",
    "<img src='http://evil.example/x.png' srcset='http://evil.example/y.png 2x'>",
    "<video poster=//evil.example/x.png><source src=//evil.example/x.mp4></video>",
    "<table background='//evil.example/x.png'><tr><td>x</td></tr></table>",
    "<div class='jp-Dialog' id='jp-main-dock-panel'>Your session ended. Password:</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<p>\\href{javascript:alert(1)}{x}</p>",
]
OF_TEX = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)  # each command of a text, as TeX reads it
ACTIVE_COMMANDS = ("href", "style", "bbox", "gdef", "csname", "unicode")
ACTIVE = re.compile(
    r"<\s*/?\s*(script|svg|math|iframe|object|embed|form|button|input|style|link|meta|base|a|video|"
    r"source|template|noscript)\b|<[^>]*\s(on\w+|style|href|srcset|poster|background|id|action|"
    r"formaction|data-[\w-]+)\s*=|<[^>]*src=[\"']?(?!data:image/)|jp-Dialog|"
    r"(?<!\\)(\\\\)*\\(href|style|unicode)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("markup", SCRIPTS)
def test_no_html_acts_or_loads(markup: str) -> None:
    assert ACTIVE.search(markup)
    for mime in ("text/html", "text/markdown"):
        shown = harmless_bundle({mime: f"before {markup} after"})
        assert not ACTIVE.search(shown.get("text/html", "")), shown
        assert "text/markdown" not in shown
    assert harmless_html(markup) == harmless_html(harmless_html(markup))


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "![x](http://evil.example/x.png)",
        "<javascript:alert(1)>",
        "- ```\n  a\n  ```\n<img src=x onerror=alert(1)>",
        "`a` <img src=x onerror=alert(1)>",
        "$\\href{javascript:alert(1)}{x}$",
        "$$\\def\\x{\\href}\\x{javascript:alert(1)}{x}$$",
    ],
)
def test_no_markdown_acts_or_loads(markdown: str) -> None:
    assert not ACTIVE.search(harmless_bundle({"text/markdown": markdown})["text/html"])


@pytest.mark.parametrize(
    "command",
    [
        r"\href",
        r"\\\href",
        r"\hr&#101;f",
        r"\hr&#x65;f",
        r"&bsol;href",
        r"&#92;href",
        r"\h<!-- -->ref",
        r"\HREF",
        r"\style",
        r"\bbox",
        r"\gdef\x",
        r"\c\csname",
    ],
)
def test_no_command_of_mathematics_makes_links_or_styles(command: str) -> None:
    for before in ("", r"\\", r"\hr", r"\display"):
        text = f"${before}{command}{{//evil.example}}{{x}}$"
        for mime in ("text/latex", "text/html", "text/markdown"):
            ((mime, shown),) = harmless_bundle({mime: text}).items()
            read = html.unescape(shown) if mime == "text/html" else shown
            assert not [each for each in OF_TEX.findall(read) if each.lower() in ACTIVE_COMMANDS]


def test_two_backslashes_before_a_word_stay_a_new_line() -> None:
    shown = harmless_bundle({"text/latex": r"$a \\href{//evil.example}{x}$"})
    assert shown == {"text/latex": r"$a \\href{//evil.example}{x}$"}


def test_a_path_with_backslashes_looks_as_it_is() -> None:
    shown = harmless_html(r"<b>C:\data\x</b>")
    assert shown.replace("\u2060", "") == r"<b>C:\data\x</b>"


def test_a_table_stays_a_table() -> None:
    import pandas as pd

    table = pd.DataFrame({"a": [1, 2], "<b>": ["x", "<script>"]})
    shown = harmless_bundle({"text/html": table.to_html(), "text/plain": "plain"})
    assert shown["text/html"].count("<td>") == 4 and 'class="dataframe"' in shown["text/html"]
    assert shown["text/plain"] == "plain"


def test_pictures_text_and_json_stay_as_they_are() -> None:
    raw = base64.b64encode(b"\x89PNG").decode()
    data = {"image/png": raw, "text/plain": "<b>", "application/json": {"a": [1]}}
    assert harmless_bundle(data) == data


def test_a_drawing_becomes_a_picture() -> None:
    shown = harmless_bundle({"image/svg+xml": "<svg onload='alert(1)'/>"})
    assert set(shown) == {"text/html"}
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', shown["text/html"])
    assert source and base64.b64decode(source[1]) == b"<svg onload='alert(1)'/>"


def test_markdown_and_mathematics_are_shown() -> None:
    shown = harmless_bundle({"text/markdown": "# Title\n\n**bold** $x_1$\n\n| a |\n|---|\n| 1 |"})
    assert "<h1>Title</h1>" in shown["text/html"] and "<td>1</td>" in shown["text/html"]
    assert r"\(x_1\)" in shown["text/html"]
    assert harmless_bundle({"text/latex": r"$\frac{1}{2}$"}) == {"text/latex": r"$\frac{1}{2}$"}


@pytest.mark.parametrize(
    "mime",
    [
        *("application/javascript", "application/vnd.jupyter.widget-view+json", "application/pdf"),
        *("application/vnd.plotly.v1+json", "text/x-evil", "application/vnd.codeact.run+json"),
    ],
)
def test_what_is_not_known_is_left_out_and_named(mime: str) -> None:
    shown = harmless_bundle({mime: "alert(1)", "text/plain": "Figure()"})
    assert shown == {"text/plain": f"Figure()\n{LEFT_OUT.format(mime)}"}


def test_html_of_scripts_alone_is_left_out_and_named() -> None:
    shown = harmless_bundle({"text/html": "<div id='x'></div><script>plot()</script>"})
    assert shown == {"text/plain": LEFT_OUT.format("text/html")}


def test_a_picture_that_is_no_base64_is_left_out() -> None:
    shown = harmless_bundle({"image/png": 'x" onerror="alert(1)'})
    assert "image/png" not in shown


PICTURE = "data:image/png;base64,"
# What takes a parser of HTML the square of its length, or each character for itself.
ENDLESS = {
    "deep": "<div>" * 20_000,
    "deep, with ends that end nothing": "<div></b>" * 6_000,
    "deep, where a table hides the ends": "<div><table></div></table>" * 4_000,
    "deep by what is opened again": "".join(f"<b width={i}><p></b>" for i in range(6_000)),
    "wide by what is opened again": "".join(f"<b width={i}>" for i in range(98)) + "<p>x" * 9_000,
    "elements": "<b>x</b>" * 9_000,
    "a long reference": "&#x" + "1" * 190_000 + ";",
    "a long attribute": "<b " + "1" * 190_000,
    "a long type": "<!DOCTYPE " + "x" * 190_000,
    "elements in disorder": "<i><b></i></b>" * 5_000,
    "ends": "</p>" * 9_000,
    "tags that are none": "<" * 100_000,
    "entities": "&" * 30_000,
    "attributes": "<a " + "x " * 90_000,
    "attributes that are none": "<a " * 60_000,
    "quotes in a name": "<a " + '"' * 190_000,
    "quotes in a value": "<a b=" + "'=" * 90_000,
    "a long name": "<" + "x" * 190_000,
    "length": "x" * 300_000,
    "length of scripts": "<script>" + "x" * 10_000_000,
}


@pytest.mark.parametrize("shape", ENDLESS)
def test_html_that_would_keep_the_server_busy_is_left_out_and_named(shape: str) -> None:
    with pytest.raises(ValueError):
        harmless_html(ENDLESS[shape])
    passed = harmless_bundle({"text/html": ENDLESS[shape], "text/plain": "short"})
    assert passed == {"text/plain": f"short\n{LEFT_OUT.format('text/html')}"}


def test_a_long_value_in_pieces_is_not_put_together() -> None:
    with pytest.raises(ValueError):
        cleaned('<img src="' + "A" * 1_900_000 + "&" * 10_000, {"img"}, lambda *_: True)


@pytest.mark.parametrize(("mime", "most"), [("text/markdown", 30_000), ("text/html", 200_000)])
def test_a_text_that_only_begins_as_a_picture_is_no_picture(mime: str, most: int) -> None:
    passed = harmless_bundle({mime: PICTURE + "\n" + "a\n" * (most // 2)})
    assert passed == {"text/plain": LEFT_OUT.format(mime)}


def test_a_picture_that_is_named_again_and_again_is_left_out_and_named() -> None:
    source = f"[r]: {PICTURE}{'A' * 100_000}\n\n" + "![r]" * 100
    assert harmless_bundle({"text/markdown": source}) == {
        "text/plain": LEFT_OUT.format("text/markdown")
    }


def test_what_is_too_long_of_other_texts_is_left_out_and_named() -> None:
    for mime in ("text/markdown", "text/latex"):
        passed = harmless_bundle({mime: "\\a" * 200_000})
        assert passed == {"text/plain": LEFT_OUT.format(mime)}


def test_a_table_as_large_as_pandas_shows_is_not_left_out() -> None:
    row = (
        "<tr>\n<th>1</th>\n" + '<td id="T_1_row0_col0" class="data">1.234567</td>\n' * 20 + "</tr>"
    )
    table = f'<table border="1" class="dataframe"><tbody>{row * 60}</tbody></table>'
    assert harmless_html(table).count("1.234567") == 1_200


WRAPPED = base64.encodebytes(b"picture" * 30_000).decode("ascii")  # in lines, as of old
LARGE_PICTURE = f'<img src="data:image/png;base64,{"A" * 400_000}">'
ORDINARY = {
    "a large picture": (LARGE_PICTURE, "A" * 400_000),
    "one in lines": (f'<img src="{PICTURE}{WRAPPED}">', WRAPPED),
    "two of them": (f"<p>x</p>{LARGE_PICTURE * 2}", "<p>x</p>"),
    "much script": (f"<script>{'x' * 900_000}</script><p>seen</p>", "<p>seen</p>"),
    "much style": (f"<style>{'a{b:c} ' * 50_000}</style><table><tr><td>7</td></tr></table>", "7"),
    "a large table": ("<table><tbody>" + f"<tr>{'<td>3.5</td>' * 21}</tr>" * 250, "3.5"),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_only_looks_large_is_shown(name: str) -> None:
    markup, seen = ORDINARY[name]
    assert seen in harmless_bundle({"text/html": markup})["text/html"]


def test_a_large_picture_in_markdown_is_shown() -> None:
    source = f"# Plot\n\n![plot]({PICTURE}{'A' * 400_000}) and ![plot]({PICTURE}{'B' * 99_999})"
    shown = harmless_bundle({"text/markdown": source})["text/html"]
    assert re.findall(f"{PICTURE}(A+|B+)", shown) == ["A" * 400_000, "B" * 99_999]


def test_what_is_opened_again_and_again_does_not_grow_beyond_bounds() -> None:
    again = f'<p><b alt="{"A" * 60_000}" align="{"B" * 200}">x</p>' + "<p>x</p>" * 2_000
    assert len(harmless_html(again)) < 1_000_000


def test_comments_are_taken_out_and_none_is_made_by_that() -> None:
    assert harmless_html("a<!-- b -->c<!-- d") == "ac"
    assert harmless_html("a<!-->b<!--->c<!-- d --!>e") == "abce"
    assert harmless_html("a<!<!-- b -->-- c") == "a&lt;!-- c"
