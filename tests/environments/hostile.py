"""Values of which every hook counts its calls, for tests that nobody's code is called."""

import collections
import datetime
import functools
import pathlib
import types

import numpy
import pandas

CALLS = []
HOOKS = (
    "repr str bytes format len bool iter next contains getitem hash eq ne lt le gt ge int float "
    "index complex call getattr getattribute dir array array_interface array_struct "
    "array_function array_ufunc array_finalize sizeof reduce reduce_ex fspath buffer reversed "
    "length_hint copy deepcopy instancecheck subclasscheck subclasshook dataframe "
    "arrow_c_stream torch_function"
)
PROPERTIES = ["__module__", "shape", "dtype", "columns", "name"]
PROPERTIES += ["nbytes", "base", "_mgr", "_ndarray", "_pa_array", "_ipython_display_"]


def spy(name):
    def called(*_args, **_kwargs):
        CALLS.append(name)
        raise RuntimeError(f"{name} was called")

    return called


AT_CREATION = {
    "__class__": property(lambda self: CALLS.append("class") or type(self)),
    "__dict__": property(lambda self: CALLS.append("dict") or {}),
}


class Hostile:
    """Classes of which every hook counts its calls, once they are armed."""

    def __init__(self):
        self.meta = type("Meta", (type,), {})
        self.classes = [self.meta]

    def make(self, base, *args):
        cls = self.meta(f"Spy_{base.__name__}", (base,), dict(AT_CREATION))
        self.classes.append(cls)
        return base.__new__(cls, *args)

    def arm(self):
        for cls in reversed(self.classes):
            for name in HOOKS.split():
                type.__setattr__(cls, f"__{name}__", spy(name))
            for name in PROPERTIES:
                type.__setattr__(cls, name, property(spy(name)))


def hostile_values():
    hostile = Hostile()
    plain, key = hostile.make(object), hostile.make(object)
    plain.attribute = key
    listed = hostile.make(list)
    array = hostile.make(numpy.ndarray, (3,))
    values = {
        "plain": plain,
        "hostile_type": type(hostile.make(object)),
        "listed": listed,
        "bound": listed.append,
        "mapped": hostile.make(dict),
        "text": hostile.make(str, "secret"),
        "number": hostile.make(int, 7),
        "path": hostile.make(pathlib.PosixPath),
        "module": hostile.make(types.ModuleType, "fancy"),
        "array": array,
        "on_array": numpy.ndarray((3,), buffer=array),
        "subframe": hostile.make(pandas.DataFrame),
        "inside": [plain, {"key": plain}, (plain,), {"deep": [listed]}],
        "keys": collections.OrderedDict([(key, 1), ("ordinary", plain)]),
        "set": {plain, key},
        "cells": numpy.array([None, plain, listed, 1], dtype=object),
        "frame": pandas.DataFrame({"a": [1, 2], "b": pandas.Series([plain, None], dtype=object)}),
        "labelled": pandas.DataFrame([[1, 2]], columns=[plain, key], index=[key]),
        "named": pandas.Series([1], name=plain),
        "category": pandas.Series(pandas.Categorical([plain, key])),
        "moment": datetime.datetime(2026, 1, 1, tzinfo=hostile.make(datetime.tzinfo)),
        "stamp": pandas.Timestamp(2026, 1, 1, tzinfo=SpyZone()),
        "function": hostile_function(hostile, plain),
        "partial": functools.partial(type(plain)),
    }
    return values, hostile


class SpyZone(datetime.tzinfo):
    """A zone of the user's own."""

    def utcoffset(self, _moment):
        CALLS.append("utcoffset")
        return datetime.timedelta(0)

    dst = utcoffset


def hostile_function(hostile, value):
    def function(a, b=value, *, c=value):
        """Do nothing."""

    function.__defaults__ = hostile.make(tuple, [value])
    function.__kwdefaults__ = hostile.make(dict)
    function.__annotations__ = {"a": value}
    function.__signature__ = function.__wrapped__ = value
    return function
