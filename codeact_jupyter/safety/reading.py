"""One reading of a cell: asks every rule about every place of the code, and keeps what they find.

Holds no rule of its own except for items of namespaces; walking the code is for statements.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from .calls import named_effects, passed_function
from .databases import database_effects
from .dynamic import dynamic_effects, passed_runner
from .environment import (
    changed,
    environment_effects,
    may_be_secret,
    passed_environment,
    secret,
)
from .files import file_effects
from .kinds import Effect, Finding, Moved, Outcome, Python
from .magics import magic_effects
from .names import Names
from .paths import Workspace
from .rebinding import rebindings
from .resolve import Resolver
from .site import CallSite, shown
from .source import tree_of
from .statements import Walk
from .values import Known, Reference, Text

_UNREADABLE = Finding("dynamic", "the code could not be read")
_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
_DEEPEST = 8


class Reading:
    """Reads one cell, and the code inside it such as the body of `%%time`."""

    def __init__(
        self, workspace: Workspace, protected: frozenset[str], bindings: Mapping[str, str]
    ) -> None:
        self.found: set[Effect] = set()
        self._workspace = workspace
        self._protected = protected
        self._bindings = bindings
        self._names = Names(bindings)
        self._resolve = Resolver(self._names, lambda: str(self._workspace.directory))
        self._walk = Walk(self._names, self, self._resolve)
        self._line_before = 0
        self._depth = 0

    def cell(self, code: str) -> None:
        """Read a cell; code nested too deeply to be read counts as unreadable."""
        try:
            self._read(code, line_before=0, local=False)
        except RecursionError:
            self.found.add(_UNREADABLE.at(1))

    def call(self, site: CallSite) -> None:
        """Ask every rule about a call; one finding of a kind is enough for one call."""
        kinds = set()
        for outcome in self._outcomes(site):
            if isinstance(outcome, Python):
                line_before = self._line_before + site.node.lineno - 1 + outcome.shift
                self._read(outcome.code, line_before=line_before, local=outcome.local)
            elif isinstance(outcome, Moved):
                self._workspace = self._workspace.moved(outcome.path)
            elif outcome.kind not in kinds:
                kinds.add(outcome.kind)
                self._add(outcome, site.node)

    def item(self, node: ast.Subscript, base: Reference, key: Known | None) -> None:
        """Judge an item of the environment or of a namespace."""
        reads = isinstance(node.ctx, ast.Load)
        if base.dotted == "os.environ":
            if not reads:
                self._add(changed(shown(node)), node)
            elif may_be_secret(key):
                self._add(secret(shown(node)), node)
        elif isinstance(item := self._resolve(node), Reference) and reads:
            self.handed_on(node, item)
        elif base.dotted in _NAMESPACES:
            if not isinstance(key, Text) or not key.complete:
                detail = f"uses a variable whose name is computed: {shown(node)}"
                self._add(Finding("dynamic", detail), node)
            elif not reads and key.value in self._protected:
                self._add(_overwritten(key.value, deleted=isinstance(node.ctx, ast.Del)), node)

    def handed_on(self, node: ast.expr, known: Reference) -> None:
        """Judge a function that something else may call, or the environment as a whole."""
        finding = (
            passed_environment(known.dotted, shown(node))
            or passed_function(known.dotted, node)
            or passed_runner(known.dotted, node)
        )
        if finding:
            self._add(finding, node)

    def _outcomes(self, site: CallSite) -> Iterator[Outcome]:
        yield from named_effects(site)
        yield from dynamic_effects(site)
        yield from file_effects(site, self._workspace)
        yield from database_effects(site)
        yield from environment_effects(site)
        yield from magic_effects(site, self._workspace)

    def _read(self, code: str, *, line_before: int, local: bool) -> None:
        outer = self._line_before
        self._line_before = line_before
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise ValueError("code within code within code")
            tree, blank = tree_of(code, taken=self._names.live)
        except (SyntaxError, ValueError, MemoryError):
            self.found.add(_UNREADABLE.at(line_before + 1))
        else:
            self._line_before += blank
            self._rebound(tree, local=local)
            self._walk.through(tree, local=local)
        self._depth -= 1
        self._line_before = outer

    def _rebound(self, tree: ast.Module, *, local: bool) -> None:
        for each in rebindings(tree, local=local) if self._protected else ():
            same_import = each.imported and self._bindings.get(each.name) == each.imported
            if each.name in self._protected and not same_import:
                finding = _overwritten(each.name, deleted=each.deleted)
                self.found.add(finding.at(self._line_before + each.line))

    def _add(self, finding: Finding, node: ast.expr) -> None:
        self.found.add(finding.at(self._line_before + node.lineno))


def _overwritten(name: str, *, deleted: bool) -> Finding:
    verb = "deletes" if deleted else "overwrites"
    return Finding("overwrite-name", f"{verb} your variable {name}")
