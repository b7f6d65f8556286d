"""One reading of a cell: asks every rule about every place of the code, and keeps what they find.

Holds no rule of its own except for items of namespaces; walking the code is for statements.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .calls import everything_from, named_effects, passed_function
from .databases import database_effects
from .dynamic import dynamic_effects, passed_runner
from .environment import (
    agent,
    changed,
    environment_effects,
    may_be_secret,
    may_matter,
    passed_environment,
    reaches_agent,
    secret,
)
from .files import file_effects
from .kinds import Effect, EffectKind, Finding, Moved, Outcome, Python, Reads, Searched
from .local_modules import LocalModules
from .locking import locked_effects
from .magics import magic_effects
from .names import Names
from .patching import replaced
from .paths import Workspace
from .rebinding import rebindings
from .resolve import Resolver
from .sights import shown_to_person, sights
from .site import CallSite, shown
from .source import tree_of
from .statements import Walk
from .values import Known, Reference, Text

_UNREADABLE = Finding("dynamic", "the code could not be read")
_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
_COMPUTED_ITEMS = frozenset({"sys.modules", "__builtins__", "__builtins__.__dict__"})
_DEEPEST = 8
_OF_PLACES = frozenset(
    {"read-outside", "write-outside", "environment", "startup-file", "delete", "process"}
)


@dataclass(frozen=True)
class LiveNames:
    """What is known of the namespace that the code will run in."""

    protected: frozenset[str]
    bindings: Mapping[str, str]
    texts: Mapping[str, str]
    sources: Mapping[str, str]
    locked: frozenset[str] = frozenset()


class Reading:
    """Reads one cell, the code inside it such as the body of `%%time`, and what it calls."""

    def __init__(self, workspace: Workspace, live: LiveNames, modules: LocalModules) -> None:
        self.found: set[Effect] = set()
        self.reads = False
        self._workspace = workspace
        self._live = live
        self._modules = modules
        self._names = Names(live.bindings, live.texts)
        self._resolve = Resolver(self._names, lambda: str(self._workspace.directory))
        self._walk = Walk(self._names, self, self._resolve)
        self._line_before = 0
        self._within: tuple[str, int] | None = None  # a function of elsewhere, and who calls it
        self._followed: set[str] = set()
        self._imported = {path.partition(".")[0] for path in live.bindings.values()}
        self._depth = 0

    def cell(self, code: str) -> None:
        """Read a cell; code nested too deeply to be read counts as unreadable."""
        try:
            self._read(code, line_before=0, local=False)
        except RecursionError:
            self.found.add(_UNREADABLE.at(1))

    def call(self, site: CallSite) -> None:
        """Ask every rule about a call; one finding of a kind is enough for one call."""
        kinds: set[EffectKind] = set()
        for outcome in self._outcomes(site):
            if isinstance(outcome, Python):
                line_before = self._line_before + site.node.lineno - 1 + outcome.shift
                self._read(outcome.code, line_before=line_before, local=outcome.local)
            elif isinstance(outcome, Moved):
                self._workspace = self._workspace.moved(outcome.path)
            elif isinstance(outcome, Reads):
                self.reads = True
            elif isinstance(outcome, Searched):
                self._modules.add(Path(outcome.path))
            elif outcome.kind not in kinds:
                kinds.add(outcome.kind)
                self._add(outcome, site.node)
        for argument in site.arguments() if not kinds & _OF_PLACES else ():
            if finding := self._workspace.mentioned(self._resolve(argument)):
                self._add(finding, argument)
        self._follow(site.target, site.node)

    def item(self, node: ast.Subscript, base: Reference, key: Known | None) -> None:
        """Judge an item of the environment or of a namespace."""
        reads = isinstance(node.ctx, ast.Load)
        computed = not isinstance(key, Text) or not key.complete
        if base.dotted == "os.environ":
            if not reads and may_matter(key):
                self._add(changed(shown(node)), node)
            elif reads and may_be_secret(key):
                self._add(secret(shown(node)), node)
        elif isinstance(item := self._resolve(node), Reference) and reads:
            self.handed_on(node, item)
        elif base.dotted in _NAMESPACES | _COMPUTED_ITEMS and computed:
            detail = f"uses a variable whose name is computed: {shown(node)}"
            self._add(Finding("dynamic", detail), node)
        elif base.dotted in _NAMESPACES and isinstance(key, Text) and not reads:
            if key.value in self._live.protected:
                self._add(_overwritten(key.value, deleted=isinstance(node.ctx, ast.Del)), node)
        elif not reads and (finding := replaced(base.dotted, "", shown(node))):
            self._add(finding, node)

    def handed_on(self, node: ast.expr, known: Reference) -> None:
        """Judge a function that something else may call, or the environment as a whole."""
        finding = (
            passed_environment(known.dotted, shown(node))
            or passed_function(known.dotted, node)
            or passed_runner(known.dotted, node)
        )
        if finding:
            self._add(finding, node)
        self._follow(known.dotted, node)

    def replaced(self, node: ast.Attribute, owner: Reference) -> None:
        """Judge putting something in the place of an attribute."""
        finding = replaced(owner.dotted, node.attr, shown(node))
        if finding:
            self._add(finding, node)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Judge an import by what the module does, where it is a file of the person's."""
        star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            inside = [f"{node.module}.{alias.name}" for alias in node.names if node.module]
            modules = [each for each in [node.module, *inside] if each]
        for module in modules:
            self._imported.add(module.partition(".")[0])
            if reaches_agent(module):
                self._add(agent(shown(node)), node)
            self._follow_module(module, node)
        if star and isinstance(node, ast.ImportFrom) and node.module:
            finding = everything_from(node.module)
            if finding:
                self._add(finding, node)

    def _outcomes(self, site: CallSite) -> Iterator[Outcome]:
        yield from named_effects(site)
        yield from dynamic_effects(site)
        yield from file_effects(site, self._workspace)
        yield from database_effects(site, self._workspace)
        yield from environment_effects(site)
        yield from magic_effects(site, self._workspace)
        yield from shown_to_person(site)

    def _follow(self, dotted: str, node: ast.expr) -> None:
        """Read a function of the notebook, or of a file of the person's, that is used here."""
        name = dotted.removeprefix("__main__.").partition("()")[0].partition(".")[0]
        source = self._live.sources.get(name)
        if source is not None:
            unknown = Finding("dynamic", f"calls {name}, whose code is not known")
            if source:
                self._read_of(name, node, partial(ast.parse, source))
            else:
                self._add(unknown, node)
        elif "." in dotted and name in self._imported:
            module, _, inner = dotted.partition("()")[0].rpartition(".")
            first = dotted.partition("()")[0].split(".")[1]
            for owner, part in {(module, inner), (name, first)}:
                self._read_of(f"{owner}.{part}", node, partial(self._modules.part, owner, part))

    def _follow_module(self, module: str, node: ast.stmt) -> None:
        if module.partition(".")[0] not in {
            path.partition(".")[0] for path in self._live.bindings.values()
        }:
            self._read_of(f"import {module}", node, partial(self._modules.top_level, module))

    def _read_of(
        self, name: str, node: ast.AST, tree_of_it: Callable[[], ast.Module | None]
    ) -> None:
        """Read code that stands elsewhere, once; what it does is told of the line that uses it."""
        if name in self._followed or self._depth > _DEEPEST:
            return
        outer, line = self._within, getattr(node, "lineno", 1)
        try:
            tree = tree_of_it()
            if tree is None:
                return
            self._followed.add(name)
            self._within = outer or (name, self._line_before + line)
            self._depth += 1
            self._through(tree, local=True)
        except (OSError, SyntaxError, ValueError):
            self._add(Finding("dynamic", f"uses {name}, which could not be read"), node)
        else:
            self._depth -= 1
        finally:
            self._within = outer

    def _read(self, code: str, *, line_before: int, local: bool) -> None:
        outer = self._line_before
        self._line_before = line_before
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise ValueError("code within code within code")
            tree, blank = tree_of(code, taken=self._names.live)
        except (SyntaxError, ValueError, MemoryError):
            self._found(_UNREADABLE, 1)
        else:
            self._line_before += blank
            self._through(tree, local=local)
        self._depth -= 1
        self._line_before = outer

    def _through(self, tree: ast.Module, *, local: bool) -> None:
        self._rebound(tree, local=local)
        for finding, line in sights(tree):
            self._found(finding, line)
        if self._live.locked and self._within is None:
            for finding, line in locked_effects(tree, self._live.locked):
                self._found(finding, line)
        self._walk.through(tree, local=local)
        self._mentioned(tree)

    def _mentioned(self, tree: ast.Module) -> None:
        """Judge texts that name a place, on lines of which nothing was said of a place so far."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                finding = self._workspace.mentioned(Text(node.value))
                line = self._line_before + node.lineno
                known = any(each.kind in _OF_PLACES and each.line == line for each in self.found)
                if finding and (not known or self._within is not None):
                    self._found(finding, node.lineno)

    def _rebound(self, tree: ast.Module, *, local: bool) -> None:
        for each in rebindings(tree, local=local) if self._live.protected else ():
            same_import = each.imported and self._live.bindings.get(each.name) == each.imported
            if each.name in self._live.protected and not same_import:
                self._found(_overwritten(each.name, deleted=each.deleted), each.line)

    def _add(self, finding: Finding, node: ast.AST) -> None:
        self._found(finding, getattr(node, "lineno", 1))

    def _found(self, finding: Finding, line: int) -> None:
        if self._within is None:
            self.found.add(finding.at(self._line_before + line))
        else:
            name, line = self._within
            self.found.add(Effect(finding.kind, f"{finding.detail} (inside {name})", line))


def _overwritten(name: str, *, deleted: bool) -> Finding:
    verb = "deletes" if deleted else "overwrites"
    return Finding("overwrite-name", f"{verb} your variable {name}")
