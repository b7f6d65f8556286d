"""What `probe` tells of a namespace, that it calls nobody's code, and what `changes` notices."""

import ast
import datetime
import json
import math
import os
import pathlib
import sys
import types

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_client.manager import start_new_kernel

import codeact_jupyter.environments.probe as probe_module
from codeact_jupyter.environments.probe import (
    SOURCES,
    changes,
    keeping_expression,
    probe,
    short_expression,
)


def test_names_added_changed_and_deleted_are_told():
    first, second, shared = object(), object(), object()
    before = probe({"same": 1e9, "gone": 1, "other": shared, "made": first, "text": "a" * 80})
    after = probe({"same": 2e9 / 2, "new": 1, "other": shared, "made": second, "text": "a" * 81})
    assert changes(before, after) == {
        "added": ["new"],
        "changed": ["made", "text"],
        "deleted": ["gone"],
    }


def test_names_beyond_the_limit_are_counted_and_still_compared():
    namespace = {f"v{at}": [at] for at in range(30)}
    before = probe(namespace, limit=10)
    assert (next(iter(before["names"])), before["omitted"]) == ("v20", 20)
    namespace["v3"] = [3]
    namespace["v30"] = 1
    del namespace["v25"]
    assert changes(before, probe(namespace, limit=10)) == {
        "added": ["v30"],
        "changed": ["v3"],
        "deleted": ["v25"],
    }
    assert changes(before, before) == {"added": [], "changed": [], "deleted": []}


def test_what_functions_and_aliases_do_is_known_however_many_variables_are_newer():
    namespace = {"__name__": "__main__"}
    exec("def clean(): pass\nclass Janitor:\n    def sweep(self): pass", namespace)
    namespace |= {"wipe": os.remove, **{f"v{at}": at for at in range(900)}}
    namespace |= {f"f{at}": math.sin for at in range(900)}
    found = probe(namespace)
    assert [name for name, entry in found["names"].items() if "source" in entry] == [
        "clean",
        "Janitor",
    ]
    assert found["bindings"]["wipe"] == "os.remove"
    assert found["omitted"] == len(found["others"]) == 1801 - 500
    assert changes(found, probe(namespace)) == {"added": [], "changed": [], "deleted": []}


def test_a_functions_module_that_answers_by_itself_is_not_asked():
    class Hostile(str):
        def __eq__(self, other):
            raise RuntimeError("asked")

        __hash__ = str.__hash__

    function = types.FunctionType((lambda: 0).__code__, {"__name__": "__main__"})
    function.__module__ = Hostile("__main__")
    found = probe({"f": function, **{f"v{at}": at for at in range(600)}})
    assert len(found["names"]) == 500 and "f" in found["others"]


def test_hidden_names_are_skipped_until_the_user_binds_them():
    value = [1]
    namespace = {"_x": 1, "a": value, "b": 2, 3: 4, "not a name": 5, "n" * 1_000: 6}
    assert list(probe(namespace, hidden={"a": value})["names"]) == ["b"]
    assert list(probe(namespace, hidden={"a": [1]})["names"]) == ["a", "b"]
    assert list(probe(namespace, hidden={"a"})["names"]) == ["b"]


def test_bindings_tell_where_imported_names_come_from():
    found = probe(
        {
            "np": numpy,
            "remove": os.remove,
            "join": os.path.join,
            "Path": pathlib.Path,
            "now": datetime.datetime.now,
            "mine": types.FunctionType((lambda: 0).__code__, {"__name__": "__main__"}),
            "x": 1,
        }
    )
    assert found["bindings"] == {
        "np": "numpy",
        "remove": "os.remove",
        "join": "posixpath.join",
        "Path": "pathlib.Path",
        "now": "datetime.datetime.now",
    }


def calls_of_a_probe(values):
    """How many functions are called to look at these values."""
    counted = []
    sys.setprofile(lambda frame, event, argument: counted.append(event))
    try:
        probe(values)
    finally:
        sys.setprofile(None)
    return len(counted)


def test_the_work_grows_with_the_names_and_not_with_their_contents():
    few, many = ({f"v{at}": [at] for at in range(count)} for count in (1_000, 10_000))
    assert calls_of_a_probe(many) < 12 * calls_of_a_probe(few)
    short, long = (
        {"table": pandas.DataFrame(numpy.zeros((rows, 21)))} for rows in (1_000, 1_000_000)
    )
    probe(short)  # what pandas computes once and keeps
    assert calls_of_a_probe(long) <= calls_of_a_probe(short) + 50


atoms = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.binary(),
    st.text(st.characters()), st.datetimes(), st.timedeltas(), st.decimals(),
    st.builds(range, st.integers()), st.sampled_from(list(vars(sys).values())),
    st.builds(object), st.just(numpy.zeros((0, 3))), st.just(pandas.DataFrame()),
    st.sampled_from([*"?bhilBHILefdgFDGSUVO", "M8[s]", "m8[s]"]).map(lambda d: numpy.zeros((), d)),
)  # fmt: skip
values = st.recursive(
    atoms,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner)),
    max_leaves=20,
)
keys = st.one_of(
    st.text(st.characters()), st.integers(), st.from_regex(r"[a-z]\w*", fullmatch=True)
)


@given(st.dictionaries(keys, values, max_size=20), st.integers(-1, 20))
@settings(max_examples=300, deadline=None)
def test_it_never_raises_and_always_gives_json(namespace, limit):
    found = probe(namespace, limit=limit)
    reread = json.loads(json.dumps(found).encode("ascii"))
    assert reread == found
    assert changes(found, probe(namespace, limit=limit))["changed"] == []
    json.dumps(found, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_sent_into_kernels_is_python_3_8(name):
    source = (pathlib.Path(probe_module.__file__).parent / name).read_text("utf-8")
    ast.parse(source, feature_version=(3, 8))


@pytest.fixture(scope="module")
def client():
    manager, client = start_new_kernel()
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def ask(client, code="", **expressions):
    message = client.execute(
        code, silent=not code, store_history=bool(code), user_expressions=expressions
    )
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"]["msg_id"] == message:
            return reply["content"]


def inspect(client, expression):
    answer = ask(client, codeact=expression)["user_expressions"]["codeact"]
    assert answer["status"] == "ok", answer
    return json.loads(ast.literal_eval(answer["data"]["text/plain"]))


STATE = "(sorted(k for k in globals() if k != '__builtins__'), len(In), dict(Out), _, __, _i)"


def test_a_kernel_is_inspected_and_no_name_in_it_changes(client):
    ask(client, "import numpy as np\na = np.zeros(5)\nclass Spy:\n    def __repr__(self): 1 / 0")
    ask(client, "spy = Spy()\nbig = 'x' * 70\n1 + 1")
    before = ask(client, state=STATE, count="get_ipython().execution_count")
    first = inspect(client, keeping_expression())
    assert ask(client, state=STATE, count="get_ipython().execution_count") == before
    assert list(first["names"]) == ["np", "a", "Spy", "spy", "big"]
    assert first["bindings"] == {"np": "numpy"}
    loaded = "sum('codeact' in name for name in __import__('sys').modules)"
    assert ask(client, loaded=loaded)["user_expressions"]["loaded"]["data"]["text/plain"] == "1"
    ask(client, "a[3] = 1; del big; In = 5; exit = 6")
    assert changes(first, inspect(client, short_expression())) == {
        "added": ["In", "exit"],
        "changed": ["a"],
        "deleted": ["big"],
    }


def test_a_large_answer_of_a_kernel_is_whole(client):
    ask(client, "for i in range(700): globals()[f'name_{i}' + 'n' * 180] = {'k' * 40: 'v' * i}")
    found = inspect(client, keeping_expression())
    assert len(json.dumps(found)) > 200_000
    written = [name for name, entry in found["names"].items() if "source" in entry]
    assert len(found["names"]) - len(written) == 500
    assert found["omitted"] == len(found["others"]) >= 200


def test_no_two_of_the_sources_that_a_kernel_runs_in_one_namespace_define_the_same_name():
    defined: list[str] = []
    for name in SOURCES:
        for node in ast.parse(
            (pathlib.Path(probe_module.__file__).parent / name).read_text("utf-8")
        ).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                defined.append(node.name)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
                defined += [each.id for each in names if isinstance(each.ctx, ast.Store)]
    assert sorted(defined) == sorted(set(defined))
