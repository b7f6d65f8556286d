"""Small programs that change what there is in place, alias it and rebind it; and what they see.

`picture` is all that can be seen of the names: contents, types and which object is which.
"""

from __future__ import annotations

import types
from array import array
from collections import OrderedDict, deque
from typing import Any

from hypothesis import strategies as st

MADE = """
import array, collections, functools
import numpy as np, pandas as pd
class Thing:
    shared = [0]
    def __init__(self, **kw): self.__dict__.update(kw)
    def method(self): return self.shared
class Slotted:
    __slots__ = ('one', 'two')
def made(n):
    kept = [n]
    def inner(more=[0]): kept.append(n); more.append(n); return kept
    return inner
class Named(list): pass
a = [1, 2, 3]; b = a; c = [a, [4]]
d = {'x': 1, 'list': a, 2: [5]}; e = collections.defaultdict(list, k=[1])
f = collections.OrderedDict(p=1, q=[2]); g = collections.deque([1, 2, 3], maxlen=9)
s = {1, 2, 'z'}; t = (a, {'in': 1}); u = bytearray(b'abc'); w = array.array('d', [1, 2])
o = Thing(v=1, items=a); q = Slotted(); q.one = a; h = made(3); k = Named([1, a]); k.note = {}
m = np.arange(12.0).reshape(3, 4); n = m[1]; r = np.arange(4); z = np.array([a, 'x'], dtype=object)
df = pd.DataFrame({'i': [1, 2, 3], 'f': [1.5, 2.5, 3.5], 's': ['x', 'y', 'z']})
co = df['f']; se = pd.Series([1, 2], index=['a', 'b']); ix = df.index; dg = df
p = functools.partial(h, [1]); x = 1; y = 'text'
"""
NAMES = [*"abcdefghkmnopqrstuwxyz", "df", "co", "se", "ix", "dg", "new0", "new1", "new2"]
# By the names that they fit, what is done, between bars: {0} is one of these, {1} any name, {2} a
# number.
EDITS = {
    " ".join(NAMES): "{0} = {1} | del {0} | {0} = [{1}, {2}] | {0} = {2} | {0} = {{'to': {1}}}"
    " | {0} += {0} | {0} *= 2 | {0}.clear() | {0}.pop() | {0}[0] = {1} | {0}[0] = {2}"
    " | {0}.append({1}) | new0, new1 = {0}, {0}",
    "a b c k g w": "{0}.append({1}) | {0}.append({2}) | {0}.extend([{2}, {1}]) | {0}.insert(0, {2})"
    " | {0}.pop() | {0}.clear() | {0}.reverse() | {0}.sort() | {0}[0] = {1} | {0}[-1] = {1}"
    " | {0}[:] = [] | {0} += [{2}] | {0} *= 2 | del {0}[0] | {0}.remove({2}) | {0}[0].append({1})"
    " | {0}.note['k'] = {1} | {0}.flag = {1} | {0}.rotate({2}) | {0}.appendleft({1})"
    " | {0}.frombytes(b'12345678') | {0}.byteswap() | memoryview({0})[0] = {2}.0",
    "d e f": "{0}['x'] = {1} | {0}['y'] = {2} | del {0}['x'] | {0}.update(k={1}) | {0}.popitem()"
    " | {0}.setdefault('n', []).append({2}) | {0}['list'] = {1} | {0} |= {{'w': {1}}}"
    " | {0}.move_to_end('p') | {0}['missing'].append({2}) | {0}.default_factory = set"
    " | {0}.pop('k') | {0}['p'] = {0}.pop('p')",
    "s": "{0}.add({2}) | {0}.discard(1) | {0} |= {{{2}}} | {0} -= {{1}} | {0}.clear()",
    "t u": "{0}[0].append({1}) | {0}[1]['in'] = {1} | {0}.extend(b'xyz') | {0}[0] = {2}"
    " | del {0}[1:]",
    "o q": "{0}.v = {1} | {0}.w = {2} | del {0}.v | {0}.items.append({2}) | {0}.two = {1}"
    " | del {0}.one | {0}.__class__ = type('Other', (Thing,), {{}}) | {0}.shared.append({2})"
    " | Thing.shared = {1} | Thing.extra = {2} | Thing.method = {1} | del Thing.extra"
    " | Slotted.more = {1} | {0}.method = {2} | Thing.method.__doc__ = 'of a method'"
    " | {0}.__dict__ = {{'v': {1}}}",
    "h p made": "{0}() | {0}({2}) | {0}.flag = {1} | {0}.__defaults__ = ({1},)"
    " | {0}.__code__ = (lambda: 1).__code__ | {0}.__doc__ = 'told' | {0}.__name__ = 'renamed'"
    " | {0}.keywords['z'] = {1} | {0}.__setstate__((made, (), {{}}, None))"
    " | {0}.__kwdefaults__ = {{'k': {1}}}"
    " | {0}.__annotations__['k'] = {2} | functools.wraps(made)({0})",
    "m n r z": "{0}[0] = {2} | {0}[..., 0] = {2} | {0} *= 3 | {0}.sort() | {0}.shape = (2, 6)"
    " | {0}.dtype = 'u1'"
    " | {0}.fill({2}) | {0}.flags.writeable = False"
    " | {0}.T[1] = {2} | np.add({0}, 1, out={0}) | {0} += 1 | {0}[0].append({1}) | {0}[1] = {1}"
    " | {0}.strides = (8, 8) | {0}.byteswap(inplace=True) | np.random.shuffle({0})"
    " | {0} = {0}[::2] | {0}.setfield({2}, 'i4')",
    "df dg co se": "{0}.loc[0, 'f'] = {2} | {0}['new'] = {2} | {0}['i'] = {0}['i'] + 1"
    " | {0}.drop(columns='i', inplace=True) | {0}.columns = list('klm')[:len({0}.columns)]"
    " | {0}.iloc[0] = {2} | {0}.sort_values('f', ascending=False, inplace=True)"
    " | {0}.index = [7, 8, 9] | {0}.insert(0, 'first', {2}) | {0}.attrs['k'] = {1}"
    " | {0}.name = 'named' | {0}.rename(columns={{'f': 'g'}}, inplace=True) | {0}.values[0] = {2}"
    " | {0}.iloc[:, 1] = {2} | {0}.at[0, 's'] = {1} | {0}.pop('s') | {0}.index.name = 'ix'"
    " | {0}.loc[9] = {2} | {0}.reset_index(inplace=True) | {0}.append({1})"
    " | {0}.flags.allows_duplicate_labels = False | {0}.iloc[0] += 1 | {0}['f'].values[1] = {2}"
    " | {0}.to_numpy()[0] = {2}"
    " | {0}['s'] = {0}['s'].astype('category') | {0}.mask({0} == 1, inplace=True)",
}  # fmt: skip
CHOICES = [
    (names.split(), [each.strip() for each in text.split(" | ")]) for names, text in EDITS.items()
]


def edits(most: int) -> st.SearchStrategy[list[str]]:
    """Programs, a line each; what a line cannot do is passed over when it is run."""
    every, number = st.sampled_from(NAMES), st.integers(0, 3)
    line = st.sampled_from(CHOICES).flatmap(
        lambda choice: st.builds(
            str.format, st.sampled_from(choice[1]), st.sampled_from(choice[0]), every, number
        )
    )
    return st.lists(line, min_size=1, max_size=most)


def run_lines(lines: list[str], names: dict[str, Any]) -> None:
    """Run each line; one that raises has done what it did until then."""
    for line in lines:
        try:
            exec(line, names)
        except Exception:
            continue


def picture(names: dict[str, Any]) -> dict[str, Any]:
    """By name, what can be seen, with numbers for the objects that were met."""
    met: dict[int, int] = {}
    keep: list[Any] = []
    of_names = [*NAMES, "Thing", "Slotted", "made"]
    return {name: _seen(names[name], met, keep) for name in of_names if name in names}


def _seen(value: Any, met: dict[int, int], keep: list[Any]) -> Any:
    if value is None or isinstance(value, (int, float, str, bytes)):
        return (type(value).__name__, repr(value))
    if id(value) in met:
        return ("again", met[id(value)])
    met[id(value)] = len(met)
    keep.append(value)
    return (met[id(value)], type(value).__qualname__, *_parts(value, met, keep))


def _parts(value: Any, met: dict[int, int], keep: list[Any]) -> list[Any]:
    def all_of(values: Any) -> list[Any]:
        return [_seen(each, met, keep) for each in values]

    found: list[Any] = []
    name = type(value).__name__
    if name in ("DataFrame", "Series"):
        return _pandas(value, all_of)
    if name == "ndarray":
        flat = all_of(value.ravel().tolist()) if value.dtype.hasobject else value.tobytes()
        layout = (str(value.dtype), value.shape, value.strides, value.flags.writeable)
        return [layout, flat, value.base is None]
    if isinstance(value, (dict, types.MappingProxyType)):
        pairs = value.items() if type(value) is OrderedDict else dict(value).items()
        found += [all_of([key for key, _ in pairs]), all_of([item for _, item in pairs])]
    elif isinstance(value, (list, tuple, deque)):
        found += all_of(list.__iter__(value) if isinstance(value, list) else value)
    elif isinstance(value, (set, frozenset)):
        found += sorted(map(repr, value))
    elif isinstance(value, (bytearray, array)):
        found += [bytes(value)]
    elif isinstance(value, types.FunctionType):
        cells = [each.cell_contents for each in value.__closure__ or ()]
        found += [value.__code__.co_name, value.__doc__, value.__name__, value.__qualname__]
        noted = value.__annotations__
        found += all_of([value.__defaults__, value.__kwdefaults__, value.__dict__, noted, *cells])
        return found
    elif name == "partial":
        found += all_of([value.func, value.args, value.keywords])
    elif isinstance(value, type):
        kept = {k: v for k, v in vars(value).items() if not k.startswith("__")}
        return [sorted(kept), all_of(kept[k] for k in sorted(kept) if name == "type")]
    if name == "Slotted":
        found += all_of(getattr(value, slot, "none") for slot in ("one", "two"))
    if hasattr(value, "__dict__") and name in ("Thing", "Named"):
        found += all_of([vars(value)])
    return found


def _pandas(value: Any, all_of: Any) -> list[Any]:
    table = value.to_frame("only") if type(value).__name__ == "Series" else value
    columns = [str(dtype) for dtype in table.dtypes]
    cells = [all_of(table.iloc[:, at].tolist()) for at in range(table.shape[1])]
    labels = [list(map(repr, table.index)), list(map(repr, table.columns)), repr(table.index.name)]
    told = [repr(getattr(value, "name", None)) if table is not value else "", all_of([value.attrs])]
    return [columns, cells, labels, *told, value.flags.allows_duplicate_labels]
