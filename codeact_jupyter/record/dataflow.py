"""What a cell reads, binds and may change in place, read from its code; nothing is run.

Careful where unsure: a method or function that is not known to leave its arguments alone may change
them, names that may be of one object count as one, and code that cannot be read so (magics, `exec`,
star imports) touches everything. Libraries that trace a kernel (ipyflow) know more, but need the
kernel in which it ran; a record has only the code.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

CHANCE, FILES = "<random numbers>", "<files>"  # as if they were variables
WORDS = re.compile(r"\w+").findall
PURE_CALLS = frozenset(
    WORDS(
        "print len sum min max abs round sorted list tuple dict set frozenset str repr int float "
        "bool type isinstance enumerate zip range map filter any all display format hasattr id "
        "getattr Path DataFrame Series array"
    )
)
PURE_METHODS = frozenset(
    WORDS(
        "head tail describe mean sum std var min max median mode count nunique unique value_counts "
        "groupby agg aggregate merge join copy astype reset_index set_index sort_values sort_index "
        "rename assign query isin isna notna fillna dropna drop_duplicates abs corr cov pivot "
        "pivot_table melt stack unstack to_frame to_list tolist to_dict to_numpy to_string to_csv "
        "to_markdown to_parquet to_json to_excel quantile cumsum diff pct_change shift rolling "
        "resample expanding keys values get items index lower upper strip split replace startswith "
        "endswith format reshape ravel flatten transpose dot argmax argmin argsort nlargest "
        "nsmallest select predict predict_proba score exists strftime total_seconds info "
        "memory_usage read_text read_bytes savefig to_period to_timestamp tz_localize tz_convert "
        "floor ceil day_name month_name contains match findall title zfill get_dummies clip sub "
        "mul div mod pow first last size rank cumcount cummax cummin cumprod ffill bfill "
        "interpolate between where mask duplicated explode squeeze xs set_axis add_prefix "
        "add_suffix idxmax idxmin sem skew prod to_records droplevel swaplevel reindex"
    )
)
# By these names modules are known, also where another cell imported them.
MODULES = frozenset(WORDS("np pd plt sns os sys re json math random scipy sklearn pl px go st sm"))
OF_MODULES = re.compile(
    r"set|seed|option|use|config|register|style|rc|chdir|environ|update|reset|patch|enable|disable"
    r"|filterwarnings|insert|append"
)
OF_CHANCE = re.compile(r"random|rand|sample|shuffle|permutation|train_test_split|seed|rng|fit")
READS = re.compile(r"read|^(open|load\w*|i?glob|listdir|iterdir|exists|connect|execute)$")
WRITES = re.compile(
    r"^(to_(csv|parquet|excel|json|pickle|feather|hdf|sql|html)|save|write|dump|unlink|remove|mkdir"
    r"|makedirs|move|rmtree|touch|open|connect|execute|commit|urlretrieve|extractall|copyfile)"
)
OPAQUE = frozenset(WORDS("exec eval globals locals vars setattr delattr run_cell run_line_magic"))
HARMLESS = re.compile(r"^\s*%(matplotlib|config|load_ext|autoreload|precision)\b.*$", re.MULTILINE)


@dataclass
class Flow:
    """What code does to names: `opaque` touches all, `always` must run whoever needs it.

    `aliases` are names that may be of one object; `functions` may do what their cell does when they
    are called.
    """

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    aliases: list[set[str]] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    opaque: bool = False
    always: bool = False


def flow_of(code: str) -> Flow:
    """What this code does to names."""
    plain = HARMLESS.sub("", code)
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError):
        return Flow(opaque=True, always=True)
    reader = _Reader()
    for statement in tree.body:
        reader.take(statement)
    reader.flow.always = reader.flow.opaque or plain != code
    return reader.flow


class _Reader:
    def __init__(self) -> None:
        self.flow = Flow()
        self._modules: set[str] = set()
        self._seen: set[str] = set()

    def take(self, statement: ast.stmt) -> None:
        """Read one statement at the top of the code."""
        flow, bound = self.flow, set(_bound(statement))
        loaded = {name for name in _loaded(statement) if not hasattr(builtins, name)}
        flow.reads |= loaded - flow.binds
        self._seen = loaded | bound
        perhaps = isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor))
        (flow.changes if perhaps else flow.binds).update(bound)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._modules |= bound
            flow.opaque |= "*" in bound
        for node in ast.walk(statement):
            self._node(node)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            shared = {name for name in _shared(statement.value) if not self._is_module(name)}
            flow.aliases.append((bound | set(map(_root, targets)) | shared) - {""})

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.flow.functions.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            self.flow.functions |= set(map(_root, node.targets))
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            if not isinstance(node.ctx, ast.Load):
                self._change(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.flow.changes |= set(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            self.flow.changes.add(node.id)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _call(self, call: ast.Call) -> None:
        name, root = _called(call.func), _root(call.func)
        self.flow.opaque |= name in OPAQUE
        self._outside(name, call)
        of_module = isinstance(call.func, ast.Attribute) and self._is_module(root)
        if of_module and OF_MODULES.search(name):
            self.flow.changes.add(root)
        elif isinstance(call.func, ast.Attribute) and not of_module:
            inplace = any(each.arg == "inplace" for each in call.keywords)
            if inplace or name not in PURE_METHODS:
                self._change(call.func.value)
        if not (name in PURE_CALLS | PURE_METHODS or name[:1].isupper() or of_module):
            for given in (*call.args, *(each.value for each in call.keywords)):
                self._change(given)

    def _outside(self, name: str, call: ast.Call) -> None:
        """What the call may do to files and to the order of random numbers."""
        if OF_CHANCE.search(ast.unparse(call.func)):
            self.flow.reads.add(CHANCE)
            self.flow.changes.add(CHANCE)
        if READS.search(name):
            self.flow.reads.add(FILES)
        if WRITES.match(name) and not (name == "open" and _opens_to_read(call)):
            self.flow.changes.add(FILES)

    def _change(self, node: ast.AST) -> None:
        root = _root(node)
        if root in self._seen:  # else it is local to a function
            self.flow.changes.add(root)

    def _is_module(self, name: str) -> bool:
        return name in self._modules or name in MODULES


def _loaded(statement: ast.stmt) -> set[str]:
    """The names of the module that a statement reads, those too that its functions read."""
    added = {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    try:
        return added | set(_globals(symtable.symtable(ast.unparse(statement), "cell", "exec")))
    except SyntaxError:  # what is allowed in a cell only, such as `await`
        return added | {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((each.asname or each.name).partition(".")[0] for each in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _shared(value: ast.expr) -> Iterator[str]:
    """The names whose objects the value of an expression may be, or may hold."""
    if isinstance(value, (ast.Constant, ast.Compare, ast.BinOp, ast.JoinedStr, ast.Lambda)):
        return
    inside: list[ast.expr] = [value]
    if isinstance(value, ast.Call):
        if _called(value.func) in (PURE_CALLS | PURE_METHODS) - {"get", "values", "items"}:
            return
        inside = [*value.args, *(each.value for each in value.keywords)]
        inside += [value.func.value] if isinstance(value.func, ast.Attribute) else []
    for each in inside:
        yield from (node.id for node in ast.walk(each) if isinstance(node, ast.Name))


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else str(getattr(func, "id", ""))


def _root(node: ast.AST) -> str:
    """The name that an expression begins with; empty where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _opens_to_read(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "mode")]
    words = [mode.value if isinstance(mode, ast.Constant) else None for mode in modes]
    return all(isinstance(word, str) and not set(word) & set("wax+") for word in words)
