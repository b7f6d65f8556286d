"""Outputs compared: what may differ without counting, and what never may."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pytest
from PIL import Image

from codeact_jupyter.engine.trajectory import Display, Error, Output, Result, Stream
from codeact_jupyter.record.comparing import Comparing, verdict
from codeact_jupyter.record.normalising import Normalising

THEN, NOW = "2026-01-05T09:00:00.000+00:00", "2026-03-01T12:00:00.000+00:00"
NAME = "application/vnd.jupyter.widget-view+json"


def compared(*outputs: list[Output], normalising: Normalising | None = None) -> str:
    """The verdict on two lists of outputs, recorded on one day and made on another."""
    found = Comparing(normalising or Normalising(), THEN, NOW).differences(*outputs)
    return verdict(*outputs, found)


def text(before: str, after: str, **more: Any) -> str:
    return compared([Stream(before)], [Stream(after)], **more)


def html(before: str, after: str) -> str:
    return compared([Result({"text/html": before})], [Result({"text/html": after})])


def table(*cells: str) -> str:
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<table class=x><thead><tr><th>a</th></tr></thead><tbody><tr>{row}</tr></tbody></table>"


def picture(*spots: tuple[int, int], size: tuple[int, int] = (40, 40), shade: int = 255) -> str:
    image = Image.new("RGB", size, "white")
    for spot in spots:
        image.putpixel(spot, (255 - shade, 255, 255))
    raw = io.BytesIO()
    image.save(raw, "PNG")
    return base64.b64encode(raw.getvalue()).decode()


def images(before: str, after: str) -> str:
    return compared([Display({"image/png": before})], [Display({"image/png": after})])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<A object at 0x7f12ab34cd56>", "<A object at 0x55aa00112233>"),
        ("/home/ann/work/sales.csv read", "/mnt/other/sales.csv read"),
        (r"C:\Users\ann\sales.csv read", r"D:\data\sales.csv read"),
        ("/tmp/ipykernel_17/12.py:3: Warning", "/tmp/ipykernel_9/77.py:3: Warning"),
        ("Cell In[3], line 1", "Cell In[12], line 1"),
        ("made /tmp/tmpab12cd_9/x.txt", "made /var/tmp/tmpzz99yy00/x.txt"),
        ("now 2026-01-05 09:00:01.25", "now 2026-03-01 11:59:59.999999"),
        ("at Mon Jan  5 10:00:00 2026", "at Sun Mar  1 12:00:00 2026"),
        ("epoch 1767603600.5", "epoch 1772366400.123"),
        ("Wall time: 3.1 ms", "Wall time: 12 s"),
        ("12.3 ms ± 4 µs per loop (mean ± std)", "9.81 ms ± 1.2 µs per loop (mean ± std)"),
        ("id 6f1b6c1e-0000-4000-8000-1234567890ab", "id 00000000-1111-4222-8333-444444444444"),
        ("100%|██| 9/9 [00:01<00:00, 7.3it/s]", "100%|██| 9/9 [00:03<00:00, 2.9it/s]"),
        ("mean 0.30000000000000004", "mean 0.3"),
        ("residual 1.2e-17", "residual 0.0"),
    ],
)
def test_what_is_declared_may_differ(before: str, after: str) -> None:
    assert text(before, after) == "same"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("total 6", "total 7"),
        ("total 457461", "total 457462"),
        ("mean 0.31", "mean 0.32"),
        ("a b", "a  b"),
        ("/home/ann/sales.csv", "/home/ann/orders.csv"),
        ("first 2024-05-05 10:00:00", "first 2024-05-06 10:00:00"),
        ("'\\x01\\x02'", "'\\x07\\x02'"),
        ("took 1.5 s", "took 2.5 s"),
    ],
)
def test_what_is_not_declared_counts(before: str, after: str) -> None:
    assert text(before, after) == "changed"


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece", ["a", "1.5,", "/a", "1:11", "1", "-", "ipykernel_", "<ipython-input-a", "a b ± ", " "]
)
def test_a_long_line_of_any_shape_is_read_once_by_each_rule(piece: str) -> None:
    line = piece * (200_000 // len(piece))
    assert text(f"{line}x", f"{line}y") == "changed"


def test_a_person_may_declare_more() -> None:
    ours = Normalising(ignored=(re.compile(r"took \S+ s"),))
    assert text("took 1.5 s", "took 2.5 s", normalising=ours) == "same"
    assert text("mean 0.31", "mean 0.32", normalising=Normalising(0.1)) == "same"
    assert "took" in " ".join(ours.said())


def test_pieces_and_interleaving_of_streams_do_not_count() -> None:
    one: list[Output] = [Stream("a\n"), Stream("!\n", "stderr"), Stream("b\n")]
    other: list[Output] = [Stream("a\nb\n"), Stream("!\n", "stderr")]
    assert compared(one, other) == "same"
    assert compared(one, [Stream("a\nb\n!\n")]) == "changed"


def test_what_came_and_what_is_gone_have_names_of_their_own() -> None:
    shown: list[Output] = [Stream("x\n")]
    assert (compared([], shown), compared(shown, [])) == ("new", "missing")
    assert compared([], []) == "same"


def test_tables_are_compared_cell_by_cell() -> None:
    assert html(table("1", "0.30000000000000004"), table("1", "0.3")) == "same"
    assert html(table("1", "2").replace("class=x", "id=T_1 style='top:1px'"), table("1", "2")) == (
        "same"
    )
    one, other = ([Result({"text/html": table("1", n)})] for n in ("2", "3"))
    (found,) = Comparing(Normalising()).differences(one, other)
    assert found.detail == "row 2, column 2: 2 → 3"
    assert html(table("1"), table("1", "2")) == "changed"
    assert html("<p>one</p>", "<p>two</p>") == "changed"


def test_pieces_of_a_cell_and_what_it_refers_to_count() -> None:
    assert html(table("1<br>2"), table("12")) == "changed"
    assert html(table("1<br>2"), table(" 1 <b>2</b>")) == "same"
    assert html(table("<img src=a.png>"), table("<img src=b.png>")) == "changed"
    assert html(table("<a href=x>1</a>"), table("<a href=y>1</a>")) == "changed"
    assert html(table("<a href='#T_1'>1</a>"), table("<a href='#T_2'>1</a>")) == "same"


DRAWING = """<svg viewBox="0 0 9 9"><metadata><date>{date}</date></metadata>
<style>.a {{fill: red}}</style>
<defs><path id="{one}" d="M 0 1"/><path id="{other}" d="M 0 2"/></defs>
<g id="{group}" clip-path="url(#{clip})" transform="translate(1 2)">
<circle cx="1" cy="2.5" r="3" style="fill: #1e5000"/><use xlink:href="#{one}" x="4"/></g>
<clipPath id="{clip}"><rect width="9" height="9"/></clipPath></svg>"""
IDS = {"one": "m8f", "other": "m31", "group": "g1", "clip": "pcc", "date": "2024-02-03T18:44:21"}


def drawings(before: str, after: str) -> str:
    return compared([Display({"image/svg+xml": before})], [Display({"image/svg+xml": after})])


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('cx="1"', 'cx="2"'),
        ('cy="2.5"', 'cy="2.6"'),
        ('r="3"', 'r="4"'),
        ("translate(1 2)", "translate(1 3)"),
        ("#1e5000", "#1e6000"),
        ("fill: red", "fill: blue"),
        ('href="#m8f"', 'href="#m31"'),
        ("circle", "ellipse"),
    ],
)
def test_all_that_a_drawing_says_counts(was: str, now: str) -> None:
    drawing = DRAWING.format(**IDS)
    assert drawings(drawing, drawing.replace(was, now)) == "changed"
    assert html(f"<p>{drawing}", f"<p>{drawing.replace(was, now)}") == "changed"


def test_ids_and_dates_of_a_drawing_do_not_count() -> None:
    others = {
        "one": "m0",
        "other": "m1",
        "group": "q",
        "clip": "p77",
        "date": "2025-06-07T01:02:03",
    }
    assert drawings(DRAWING.format(**IDS), DRAWING.format(**others)) == "same"
    float_of = DRAWING.replace("2.5", "2.5000000000000004")
    assert drawings(DRAWING.format(**IDS), float_of.format(**others)) == "same"


def test_images_are_compared_by_their_pixels() -> None:
    assert images(picture((3, 3)), picture((3, 3), shade=250)) == "same"
    assert images(picture((3, 3)), picture((3, 3), (9, 9))) == "same", "one pixel of 1600"
    assert images(picture(), picture(*((x, 7) for x in range(40)))) == "changed"
    assert images(picture(), picture(size=(41, 40))) == "changed"
    assert images(picture(), "broken") == "changed"


LARGE = (400, 300)


@pytest.mark.parametrize("corner", [(0, 0), (3, 3), (5, 6), (196, 148), (398, 298)])
def test_a_few_pixels_that_differ_plainly_in_one_place_are_a_change(corner: Any) -> None:
    x, y = corner
    spots = [(x + right, y + down) for right in (0, 1) for down in (0, 1)]
    assert images(picture(size=LARGE), picture(*spots, size=LARGE)) == "changed"
    assert images(picture(size=LARGE), picture(*spots[:3], size=LARGE)) == "same"


def test_small_differences_that_are_spread_over_edges_are_none() -> None:
    edges = [(x, 150) for x in range(0, 300, 3)]
    assert images(picture(size=LARGE), picture(*edges, size=LARGE, shade=30)) == "same"
    apart = [(x, x * 7 % 300) for x in range(0, 400, 8)]
    assert images(picture(size=LARGE), picture(*apart, size=LARGE)) == "same"
    crowd = [(x, 150) for x in range(6)]
    assert images(picture(size=LARGE), picture(*crowd, size=LARGE, shade=40)) == "changed"


def test_what_may_differ_in_images_is_declared() -> None:
    assert any("images" in each and "0.1%" in each for each in Normalising().said())


def test_errors_are_compared_by_type_and_message() -> None:
    one = Error("KeyError", "'a'", ("frame 1",))
    assert compared([one], [Error("KeyError", "'a'", ("frame 2",))]) == "same"
    assert compared([one], [Error("KeyError", "'b'", ("frame 1",))]) == "changed"
    assert compared([one], [Error("NameError", "'a'", ("frame 1",))]) == "changed"


def test_values_of_other_kinds_are_compared_as_what_they_are() -> None:
    def figure(value: float) -> list[Output]:
        return [Display({"application/vnd.plotly.v1+json": {"data": [{"y": [1, value]}]}})]

    assert compared(figure(0.1 + 0.2), figure(0.3)) == "same"
    assert compared(figure(0.3), figure(0.4)) == "changed"
    widgets: list[list[Output]] = [
        [Display({"text/plain": "IntSlider(value=3)", NAME: {"model_id": name}})] for name in "ab"
    ]
    assert compared(*widgets) == "same"
    assert compared([Result({"text/plain": "3"}, count=1)], [Result({"text/plain": "3"})]) == "same"
    assert compared([Result({"text/plain": "3"})], [Display({"text/plain": "3"})]) == "changed"


def test_a_difference_shows_both_sides_in_few_lines() -> None:
    before, after = ("\n".join(str(n + more) for n in range(100)) for more in (0, 1_000))
    (found,) = Comparing(Normalising()).differences([Stream(before)], [Stream(after)])
    lines = found.detail.splitlines()
    assert lines[0] == "-0" and len(lines) == 9 and "more" in lines[-1]
