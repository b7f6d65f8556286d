"""Edits in place that a run could make: what is there before, the edit, and how it is looked at.

`OPAQUE` are those that cannot be taken back; each must be named before the run.
"""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """Code that makes something, code that changes it, and an expression that shows it."""

    before: str
    edit: str
    shows: str


PLAIN = {
    "a list": Edit("x = [1, 2]", "x.append(3)", "x"),
    "a nested list": Edit("x = {'a': [1, {'b': []}]}", "x['a'][1]['b'].append(1)", "x"),
    "a list emptied": Edit("x = [1, 2]", "x.clear()", "x"),
    "an alias": Edit("x = [1]; y = x", "y.append(2)", "(x, y, x is y)"),
    "a dict": Edit("x = {'a': 1}", "x['b'] = 2; del x['a']", "x"),
    "the order of a dict": Edit("x = {'a': 1, 'b': 2}", "x['a'] = x.pop('a')", "list(x)"),
    "an exception": Edit(
        "x = ValueError('a', [1]); x.note = 1",
        "x.args[1].append(2); x.args = ('b',); x.__cause__ = KeyError('k'); x.note = 2",
        "(x.args, repr(x.__cause__), x.__suppress_context__, x.note)",
    ),
    "how a function is called and told": Edit(
        "def x(a: int): 'old'",
        "x.__doc__ = 'new'; x.__name__ = 'y'; x.__annotations__['a'] = str",
        "(x.__doc__, x.__name__, x.__annotations__)",
    ),
    "a set": Edit("x = {1, 2}", "x.add(3); x.remove(1)", "sorted(x)"),
    "a frozen set of lists": Edit("l = []; x = (1, (l,))", "x[1][0].append(1)", "x"),
    "a bytearray": Edit("x = bytearray(b'abc')", "x[0] = 0; x.extend(b'd')", "x"),
    "an array of numbers": Edit(
        "import array; x = array.array('d', [1, 2])", "x[0] = 9; x.append(3)", "x.tolist()"
    ),
    "a deque": Edit(
        "from collections import deque; x = deque([1, 2], 5)", "x.rotate(1); x.append(3)", "x"
    ),
    "a default dict": Edit(
        "from collections import defaultdict; x = defaultdict(list)",
        "x['new'].append(1)",
        "dict(x)",
    ),
    "what a default dict begins with": Edit(
        "from collections import defaultdict; x = defaultdict([1].copy)",
        "x.default_factory.__self__.append(2); x.default_factory = set",
        "(x, getattr(x.default_factory, '__self__', None))",
    ),
    "a counter": Edit("from collections import Counter; x = Counter('aab')", "x.update('c')", "x"),
    "an ordered dict": Edit(
        "from collections import OrderedDict; x = OrderedDict(a=1, b=2)",
        "x.move_to_end('a')",
        "list(x)",
    ),
    "an attribute": Edit("class C: pass\nx = C(); x.a = 1", "x.a = 2; x.b = 3", "vars(x)"),
    "a slot": Edit(
        "class C:\n    __slots__ = ('a', 'b')\nx = C(); x.a = 1",
        "x.a = 2; x.b = 3",
        "(x.a, hasattr(x, 'b'))",
    ),
    "a hidden slot": Edit(
        "class C:\n    __slots__ = ('__a',)\n    def __init__(self): self.__a = [1]\nx = C()",
        "x._C__a.append(2)",
        "x._C__a",
    ),
    "a data class": Edit(
        "from dataclasses import dataclass, field\n@dataclass\nclass D:\n"
        "    a: list = field(default_factory=list)\nx = D()",
        "x.a.append(1)",
        "x",
    ),
    "the class of an object": Edit(
        "class A: pass\nclass B: pass\nx = A()", "x.__class__ = B", "type(x).__name__"
    ),
    "a list of a class of mine": Edit(
        "class L(list): pass\nx = L([1]); x.a = 1", "x.append(2); x.a = 2", "(list(x), x.a)"
    ),
    "a dict of a class of mine": Edit(
        "class D(dict): pass\nx = D(a=1)", "x['b'] = 2; x.c = 3", "(dict(x), vars(x))"
    ),
    "a closure": Edit(
        "def make():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n"
        "        return n\n    return f\nx = make(); x()",
        "x(); x()",
        "x.__closure__[0].cell_contents",
    ),
    "a mutable default": Edit("def x(a=[]): return a", "x().append(1)", "x()"),
    "the defaults of a function": Edit("def x(a=1): return a", "x.__defaults__ = (2,)", "x()"),
    "the code of a function": Edit("def x(): return 1", "x.__code__ = (lambda: 2).__code__", "x()"),
    "a static method's default": Edit(
        "class x:\n    @staticmethod\n    def f(kept=[]): return kept", "x.f().append(1)", "x.f()"
    ),
    "an attribute of a function": Edit("def x(): pass", "x.seen = 1", "vars(x)"),
    "an attribute of a class": Edit("class x: a = 1", "x.a = 2; x.b = 3", "(x.a, hasattr(x, 'b'))"),
    "the bases of a class": Edit(
        "class A: pass\nclass B: pass\nclass x(A): pass", "x.__bases__ = (B,)", "x.__bases__"
    ),
    "the name of a class": Edit(
        "class x: pass", "x.__name__ = x.__qualname__ = 'y'", "(x.__name__, repr(x))"
    ),
    "what is registered with a class": Edit(
        "import abc\nclass x(abc.ABC): pass\nx.register(str)",
        "x.register(int)",
        "(isinstance(1, x), isinstance('', x))",
    ),
    "what is abstract in a class": Edit(
        "import abc\nclass x(abc.ABC):\n    @abc.abstractmethod\n    def f(self): 0",
        "x.__abstractmethods__ = frozenset()",
        "x.__abstractmethods__",
    ),
    "the names around a function of exec": Edit(
        "n = {}; exec('kept = [1]; n = 1\\ndef f():\\n global n\\n n += 1; kept.append(n)', n)\n"
        "x = n['f']; del n",
        "x()",
        "(x.__globals__['kept'], x.__globals__['n'])",
    ),
    "the names around a class of exec": Edit(
        "n = {}; exec('kept = [1]\\nclass C:\\n def f(self): kept.append(2)', n)\n"
        "x = n['C'](); del n",
        "x.f()",
        "type(x).f.__globals__['kept']",
    ),
    "the names around a function of runpy": Edit(
        "from pathlib import Path\n"
        "Path('ran.py').write_text('kept = [1]\\ndef f(): kept.append(2)')\n"
        "import runpy; x = runpy.run_path('ran.py')['f']",
        "x()",
        "x.__globals__['kept']",
    ),
    "the names of a module that is not registered": Edit(
        "from pathlib import Path\n"
        "Path('apart.py').write_text('kept = [1]\\ndef f(): kept.append(2)')\n"
        "import importlib.util as u; s = u.spec_from_file_location('apart_x', 'apart.py')\n"
        "m = u.module_from_spec(s); s.loader.exec_module(m); x = m.f; del m, s, u",
        "x()",
        "x.__globals__['kept']",
    ),
    "a list in a class": Edit("class x: a = [1]", "x.a.append(2)", "x.a"),
    "a method": Edit("class C:\n    def f(self): return 1\nx = C()", "C.f = lambda s: 2", "x.f()"),
    "a class that has no name": Edit(
        "class B:\n    kept = [1]\nclass C(B): pass\nx = C(); del B, C",
        "x.kept.append(2); type(x).more = 1; type(x).__base__.less = 1",
        "(x.kept, hasattr(x, 'more'), hasattr(x, 'less'))",
    ),
    "a bound method's object": Edit(
        "class C:\n    def __init__(self): self.n = []\n    def f(self): self.n.append(1)\n"
        "x = C().f",
        "x()",
        "x.__self__.n",
    ),
    "a partial's list": Edit(
        "import functools; x = functools.partial(print, [1])", "x.args[0].append(2)", "x.args"
    ),
    "what a partial calls": Edit(
        "import functools; x = functools.partial(print, 1)",
        "x.__setstate__((len, (), {}, {'a': 1}))",
        "(x, vars(x))",
    ),
    "a built-in method's list": Edit("x = {'a': [].append}", "x['a'](1)", "x['a'].__self__"),
    "a built-in operator's list": Edit("x = [].__iadd__", "x([1])", "x.__self__"),
    "a slice's list": Edit("x = slice([1], {})", "x.start.append(2); x.stop['a'] = 1", "x"),
    "a property": Edit(
        "class C:\n    @property\n    def p(self, kept=[]): return kept\nx = C()",
        "x.p.append(1); C.p.fget.seen = 1; C.p.__doc__ = 'new'",
        "(x.p, vars(C.p.fget), C.p.__doc__)",
    ),
    "a named tuple": Edit(
        "from collections import namedtuple; x = namedtuple('N', 'a')([1])",
        "x.a.append(2); type(x).a.__doc__ = 'new'",
        "(x, type(x).a.__doc__)",
    ),
    "a simple namespace": Edit(
        "from types import SimpleNamespace; x = SimpleNamespace(a=1)", "x.a = 2; x.b = 3", "x"
    ),
    "random numbers": Edit(
        "import random; x = random.Random(1)", "x.random()", "x.getstate()[1][-1]"
    ),
    "the random numbers of all": Edit(
        "import random; random.seed(1)", "random.random()", "random.getstate()[1][-1]"
    ),
    "a context of decimal": Edit(
        "import decimal; x = {'a': decimal.Context()}",
        "x['a'].prec = 3; x['a'].traps[decimal.Inexact] = True\n"
        "x['a'].flags[decimal.Rounded] = True; x['a'].rounding = decimal.ROUND_UP",
        "x",
    ),
    "a context of a class of mine": Edit(
        "import decimal\nclass C(decimal.Context): pass\nx = C(); x.a = [1]",
        "x.Emax = 9; x.a.append(2)",
        "(x.Emax, x.a)",
    ),
    "a time zone of mine": Edit(
        "import datetime\nclass Zone(datetime.tzinfo): pass\nx = Zone(); x.a = [1]",
        "x.a.append(2); x.b = 1",
        "vars(x)",
    ),
    "a text in memory": Edit(
        "import io; x = io.StringIO('abc')",
        "x.seek(0, 2); x.write('d')",
        "(x.getvalue(), x.tell())",
    ),
    "bytes in memory": Edit(
        "import io; x = io.BytesIO(b'abc')", "x.read(1); x.write(b'd')", "(x.getvalue(), x.tell())"
    ),
    "a stream of mine": Edit(
        "import io\nclass Log(io.TextIOBase): pass\nx = Log(); x.lines = []",
        "x.lines.append(1); x.width = 80",
        "vars(x)",
    ),
    "a syntax tree": Edit("import ast; x = ast.parse('a; b')", "x.body.pop()", "ast.dump(x)"),
    "an attribute of an exception": Edit("x = ValueError(1)", "x.add = [1]", "vars(x)"),
    "an attribute of a module": Edit(
        "import math", "math.mine = 5; math.pi = 3", "(math.pi, hasattr(math, 'mine'))"
    ),
    "a function of a library": Edit(
        "import json; f = json.dumps", "json.dumps = lambda it: 'mine'", "json.dumps is f"
    ),
    "a method of a library": Edit(
        "import decimal, json", "json.JSONDecoder.mine = 1", "hasattr(json.JSONDecoder, 'mine')"
    ),
    "a class of a library": Edit(
        "import json; from json import JSONDecoder as x; kept = x()",
        "x.mine = 1",
        "hasattr(x, 'mine')",
    ),
    "the environment": Edit(
        "import os; os.environ['CA_A'] = '1'",
        "os.environ['CA_A'] = '2'; os.environ['CA_B'] = '3'",
        "(os.environ['CA_A'], os.getenv('CA_B'))",
    ),
    "the path of imports": Edit("import sys", "sys.path.append('/nowhere')", "sys.path[-1]"),
    "the path of imports, bound anew": Edit(
        "import sys", "sys.path = ['/n']", "sys.path == ['/n']"
    ),
    "the program's arguments": Edit("import sys", "sys.argv.append('-v')", "sys.argv[-1]"),
    "the program's arguments, bound anew": Edit(
        "import sys", "sys.argv = ['a']", "sys.argv == ['a']"
    ),
    "warnings": Edit(
        "import warnings", "warnings.simplefilter('ignore', Warning)", "warnings.filters"
    ),
    "the limits of Python": Edit(
        "import sys",
        "sys.setrecursionlimit(4321); sys.set_int_max_str_digits(9999); sys.setswitchinterval(0.5)",
        "(sys.getrecursionlimit(), sys.get_int_max_str_digits(), sys.getswitchinterval())",
    ),
    "the locale": Edit(
        "import locale; locale.setlocale(locale.LC_CTYPE, '')",
        "locale.setlocale(locale.LC_CTYPE, 'C')",
        "locale.setlocale(locale.LC_ALL)",
    ),
    "the time zone": Edit(
        "import os, time; os.environ['TZ'] = 'UTC'; time.tzset()",
        "os.environ['TZ'] = 'UTC+3'; time.tzset()",
        "(time.tzname, time.localtime(86400).tm_hour)",
    ),
    "the timeout of sockets": Edit(
        "import socket", "socket.setdefaulttimeout(9)", "socket.getdefaulttimeout()"
    ),
    "the longest field of csv": Edit(
        "import csv", "csv.field_size_limit(9)", "csv.field_size_limit()"
    ),
    "the context of decimal": Edit(
        "import decimal",
        "decimal.getcontext().prec = 7; decimal.Decimal(1) / 3",
        "decimal.getcontext().prec",
    ),
    "the working directory": Edit("import os", "os.chdir('/')", "os.getcwd()"),
    "a module of mine": Edit(
        "import types; x = types.ModuleType('x'); x.a = [1]",
        "x.a.append(2); x.b = 3",
        "(x.a, dir(x))",
    ),
}
ARRAYS = {
    "an array": Edit("x = np.arange(5)", "x[1] = 99", "x.tolist()"),
    "a large array": Edit("x = np.zeros(2_000_000)", "x[1_234_567] = 1", "x.sum()"),
    "a large array over a map of memory": Edit(
        "import mmap; m = mmap.mmap(-1, 8_000_000); x = np.frombuffer(m, dtype='u1')",
        "x[5_000_000] = 1; m[7] = 1",
        "(int(x.sum()), m[7])",
    ),
    "a large array over shared memory": Edit(
        "from multiprocessing.shared_memory import SharedMemory\n"
        "m = SharedMemory(create=True, size=8_000_000); m.unlink()\n"
        "x = np.ndarray(8_000_000, 'u1', m.buf)",
        "x[5_000_000] = 1; m.buf[7] = 1",
        "(int(x.sum()), m.buf[7])",
    ),
    "a view": Edit("b = np.arange(9.0); x = b[2:5]", "x *= 2", "(b.tolist(), x.base is b)"),
    "the base of a view only": Edit("x = np.arange(9.0)[2:5]", "x *= 2", "x.tolist()"),
    "a shape": Edit("x = np.arange(6)", "x.shape = (2, 3)", "x.shape"),
    "a flag": Edit("x = np.arange(6)", "x.flags.writeable = False", "x.flags.writeable"),
    "an array that was read-only": Edit(
        "x = np.arange(6); x.flags.writeable = False",
        "x.flags.writeable = True; x[0] = 9",
        "(x.tolist(), x.flags.writeable)",
    ),
    "an array in Fortran's order": Edit(
        "x = np.asfortranarray(np.arange(6).reshape(2, 3))", "x[0, 1] = 9", "x.tolist()"
    ),
    "an array of objects": Edit(
        "x = np.array([[1], {'a': 1}, None], dtype=object)",
        "x[0].append(2); x[2] = 5",
        "x.tolist()",
    ),
    "an array of objects made read-only": Edit(
        "x = np.array([[1], 2], dtype=object)",
        "x[1] = 3; x.flags.writeable = False",
        "(x.tolist(), x.flags.writeable)",
    ),
    "an array of records": Edit(
        "x = np.zeros(3, dtype=[('a', 'i4'), ('b', 'f8')])", "x['a'][1] = 5", "x.tolist()"
    ),
    "a record": Edit(
        "x = {'r': np.zeros(1, dtype=[('a', 'i4'), ('b', 'f8')])[0]}",
        "x['r']['a'] = 5; x['r']['b'] = 0.5",
        "x",
    ),
    "a record with attributes": Edit(
        "x = np.rec.array([(1, 2.0)], dtype=[('a', 'i4'), ('b', 'f8')])[0]", "x.a = 5", "x"
    ),
    "the names of fields": Edit(
        "x = np.dtype([('a', 'i4'), ('b', [('c', 'i4')])], metadata={'kept': []})",
        "x.names = ('d', 'e'); x['e'].names = ('f',); x.metadata['kept'].append(1)",
        "(x, x.metadata)",
    ),
    "the names of an array's fields": Edit(
        "x = np.zeros(2, dtype=[('a', 'i4')])", "x.dtype.names = ('b',)", "x"
    ),
    "a function made numpy's": Edit(
        "def f(n, kept=[]): kept.append(n); return len(kept)\nx = np.frompyfunc(f, 1, 1); del f",
        "x([5, 6])",
        "__import__('gc').get_referents(x)[0].__defaults__",
    ),
    "a masked array": Edit(
        "x = np.ma.array([1, 2, 3], mask=[0, 1, 0])",
        "x[0] = 9; x.mask[2] = True; x.fill_value = 7",
        "(x.data.tolist(), np.ma.getmaskarray(x).tolist())",
    ),
    "an array with attributes": Edit(
        "class A(np.ndarray): pass\nx = np.arange(3).view(A); x.a = 1",
        "x.a = 2; x[0] = 9",
        "(x.tolist(), x.a)",
    ),
    "numpy's random numbers": Edit(
        "x = np.random.default_rng(1)", "x.random(3)", "x.bit_generator.state['state']['state']"
    ),
    "how numpy prints": Edit(
        "pass",
        "np.set_printoptions(precision=3, formatter={'int': str})",
        "{**np.get_printoptions()}",
    ),
    "how numpy meets errors": Edit(
        "pass", "np.seterr(all='raise'); np.seterrcall(print)", "(np.geterr(), np.geterrcall())"
    ),
    "numpy's random numbers of all": Edit(
        "np.random.seed(1)", "np.random.rand(3)", "np.random.get_state()[1:3]"
    ),
}
TABLES = {
    "a cell of a table": Edit(
        FRAME := "x = pd.DataFrame({'a': [1, 2], 's': ['p', 'q']})",
        "x.loc[0, 'a'] = 99; x.loc[1, 's'] = 'new'",
        "x.to_dict()",
    ),
    "a column of a table": Edit(FRAME, "x['b'] = 1; del x['a']", "x.to_dict()"),
    "a table in place": Edit(
        FRAME,
        "x.insert(0, 'b', 1); x.pop('a')",
        "x.to_dict()",
    ),
    "the names of columns": Edit(FRAME, "x.columns = ['q', 'r']", "list(x.columns)"),
    "the name of an index": Edit(FRAME, "x.index.name = 'i'", "x.index.name"),
    "the attributes of a table": Edit(
        f"{FRAME}; x.attrs['a'] = [1]", "x.attrs['a'].append(2); x.attrs['b'] = 1", "x.attrs"
    ),
    "a series": Edit(
        "x = pd.Series([1.0, 2.0], name='n')", "x[0] = 9; x.name = 'm'", "(x.tolist(), x.name)"
    ),
    "a column that is held": Edit(f"{FRAME}; s = x['a']", "s[0] = 9", "(x.to_dict(), s.tolist())"),
    "categories": Edit(
        "x = pd.DataFrame({'c': pd.Categorical(['a', 'b'])})",
        "x.loc[0, 'c'] = 'b'",
        "x['c'].tolist()",
    ),
    "times": Edit(
        "x = pd.DataFrame({'t': pd.date_range('2024', periods=3, tz='UTC')})",
        "x.loc[0, 't'] = pd.Timestamp('2000', tz='UTC')",
        "x['t'].tolist()",
    ),
    "numbers that may be missing": Edit(
        "x = pd.DataFrame({'n': pd.array([1, None], dtype='Int64')})", "x.loc[1, 'n'] = 5", "str(x)"
    ),
    "objects in a table": Edit(
        "x = pd.DataFrame({'o': [[1], {'a': 1}]})", "x.loc[0, 'o'].append(2)", "x['o'].tolist()"
    ),
    "raw blocks": Edit(
        FRAME, "b = x._mgr.blocks[0].values; b.flags.writeable = True; b[0, 0] = 77", "x.to_dict()"
    ),
    "raw values": Edit(
        "x = pd.Series([1.0, 2.0])",
        "a = x.to_numpy(copy=False); a.flags.writeable = True; a[0] = 77",
        "x.tolist()",
    ),
    "a large table": Edit(
        "x = pd.DataFrame(np.zeros((200_000, 4)))", "x.iloc[5, 1] = 3.0", "float(x.sum().sum())"
    ),
    "a large table, raw": Edit(
        "x = pd.DataFrame(np.zeros((200_000, 4)))",
        "a = x.to_numpy(copy=False); a.flags.writeable = True; a[100_000, 1] = 77",
        "float(x.sum().sum())",
    ),
    "a method of a table": Edit("pass", "pd.DataFrame.mine = 1", "hasattr(pd.DataFrame, 'mine')"),
    "pandas' options": Edit(
        "pass", "pd.set_option('display.max_rows', 7)", "pd.get_option('display.max_rows')"
    ),
}
OPAQUE = {
    "a generator": Edit("x = (n for n in range(9))", "next(x)", "x"),
    "an iterator": Edit("x = iter([1, 2, 3])", "next(x)", "x"),
    "a counter that goes on": Edit("import itertools; x = itertools.count()", "next(x)", "x"),
    "a cache": Edit("import functools\n@functools.lru_cache\ndef x(n): return n", "x(1)", "x"),
    "a database": Edit(
        "import sqlite3; x = sqlite3.connect(':memory:')", "x.execute('create table t (a)')", "x"
    ),
    "a file": Edit("import os; x = open(os.devnull)", "x.close()", "x"),
    "a lock": Edit("import threading; x = threading.Lock()", "x.acquire()", "x"),
    "a thread": Edit("import threading; x = threading.Thread(target=print)", "x.start()", "x"),
    "a socket": Edit("import socket; x = socket.socket()", "x.close()", "x"),
    "the shell": Edit("x = get_ipython()", "pass", "x"),
    "a generator that is held": Edit("x = {'a': [iter([1])]}", "next(x['a'][0])", "x"),
    "another name of one": Edit("a = iter([1]); x = a", "next(x)", "x"),
    "a record that holds objects": Edit(
        "import numpy as np; a = np.array([([1],)], dtype=[('a', 'O')])[0]; x = a",
        "x['a'].append(2)",
        "x",
    ),
    "a coroutine": Edit("async def f(): pass\nx = f()", "x.close()", "x"),
}  # fmt: skip
