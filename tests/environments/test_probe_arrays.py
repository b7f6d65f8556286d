"""What is told of arrays and tables, and which edits in place are noticed."""

import numpy
import pandas
import pytest

from codeact_jupyter.environments.probe import changes, probe


def entry(value):
    return probe({"value": value})["names"]["value"]


def told(value):
    found = entry(value)
    return found["type"], found["shape"], found["detail"]


def changed_by(value, edit):
    before = probe({"value": value})
    assert changes(before, probe({"value": value}))["changed"] == []
    edit(value)
    return changes(before, probe({"value": value}))["changed"] == ["value"]


def test_a_table_is_described_by_its_columns():
    frame = pandas.DataFrame(
        {
            "a": [1, 2],
            "line\nbreak\ud800": pandas.Categorical(["x", "y"]),
            ("t", 1): [1.0, 2.0],
            3: pandas.array([1, None], dtype="Int64"),
            None: pandas.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("UTC"),
        }
    )
    assert told(frame) == (
        "pandas.DataFrame",
        [2, 5],
        "a: int64, line\\nbreak\\ud800: category, ('t', 1): float64, 3: Int64, "
        f"NoneType: {frame.dtypes.iloc[4]}",
    )
    assert entry(pandas.DataFrame(numpy.zeros((10, 30))))["size"] == 2400


def test_polars_is_described_and_nothing_lazy_is_computed():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert told(frame) == ("polars.DataFrame", [2, 2], "a: Int64, b: String")
    assert told(frame["a"]) == ("polars.Series", [2], "a: Int64")
    assert told(frame.lazy()) == ("polars.LazyFrame", None, None)


def test_a_tensor_is_described_and_its_edits_are_noticed():
    torch = pytest.importorskip("torch")
    tensor = torch.zeros(2, 3)
    assert told(tensor) == ("torch.Tensor", [2, 3], "torch.float32, cpu")
    assert changed_by(tensor, lambda value: value.add_(1))


def frame(rows=1_000):
    numbers = numpy.arange(rows)
    return pandas.DataFrame({"x": numbers * 1.0, "y": numbers, "s": numbers.astype(str)})


@pytest.mark.parametrize(
    ("made", "edit"),
    [
        ("[1, 2, 3]", "value[1] = 5"),
        ("[1, 2, 3]", "value.reverse()"),
        ("list(range(1_000))", "value[500] = -1"),
        ("[{'a': [1.5]}]", "value[0]['a'].append(2)"),
        ("[0.5]", "value[0] += 1; value[0] += 1"),
        ("[-1]", "value[0] = -2"),
        ("{'a': 1}", "value['a'] = 2"),
        ("{1, 2}", "value.remove(1); value.add(3)"),
        ("bytearray(5)", "value[2] = 1"),
        ("__import__('collections').deque([1], maxlen=1)", "value.append(2)"),
        ("type('Model', (), {})()", "value.fitted = True"),
        ("type('Model', (), {'data': []})()", "value.data = []; value.data.append(1)"),
        ("numpy.zeros(10)", "value[3] = 1"),
        ("numpy.zeros(1_000_000, 'u1')", "value[654_321] = 1"),
        ("numpy.zeros((300, 3_000))", "value[123, 1_234] = 1"),
        ("numpy.zeros((300, 3_000), order='F')", "value[123, 1_234] = 1"),
        ("numpy.zeros((300, 3_000), complex)[::-1, ::2]", "value += 1j"),
        ("numpy.arange(1_000_000)[::-2]", "value[400_001] = 0"),
        ("numpy.random.default_rng(0).random(100_000)", "value.sort()"),
        ("numpy.array(['a', 'b'])", "value[1] = 'c'"),
        ("numpy.array([None, 1], dtype=object)", "value[0] = 2"),
        ("numpy.array(1.0)", "value[()] = 2"),
        ("frame()", "value.loc[0, 'x'] = 1.0"),
        ("frame()", "value.loc[999, 's'] = 'z'"),
        ("frame(100_000)", "value.loc[77_777, 'y'] = 1"),
        ("frame()", "value['x'] *= 2"),
        ("frame()", "value['new'] = 1"),
        ("frame()", "value.columns = ['x', 'z', 's']"),
        ("frame()", "value['y'] = value['y'].to_numpy()[::-1].copy()"),
        ("frame()['x']", "value *= 2"),
        ("pandas.Series(['a', 'b'], dtype='category')", "value[0] = 'b'"),
        ("pandas.Series([1, None], dtype='Int64')", "value[1] = 3"),
        ("pandas.Series(['a', 'b'], dtype='str')", "value[1] = 'c'"),
        ("pandas.Series(pandas.to_datetime(['2026-01-01']))", "value[0] = pandas.Timestamp(0)"),
    ],
)
def test_an_edit_in_place_is_noticed(made, edit):
    assert changed_by(eval(made), lambda value: exec(edit, globals(), {"value": value}))


@pytest.mark.parametrize(
    "read",
    [
        lambda value: value.describe(),
        lambda value: value._consolidate_inplace(),
        lambda value: (value.values, value.T, value["x"], value.iloc[0], repr(value)),
        lambda value: value.sort_values("x"),
        lambda value: value.groupby("s").sum(),
    ],
)
def test_reading_a_table_changes_nothing(read):
    table = frame()
    table["z"] = 2.0
    assert not changed_by(table, read)


def test_a_file_mapped_into_memory_is_not_read(tmp_path):
    mapped = numpy.memmap(tmp_path / "data", dtype="f8", mode="w+", shape=100)
    assert told(mapped) == ("numpy.memmap", None, None)
    assert not changed_by(numpy.asarray(mapped), lambda value: value.fill(1))
