"""One reading of a cell: asks every rule about every place of the code, and keeps what they find.

Holds no rule of its own except for items of namespaces; walking the code is for statements.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Set
from functools import partial
from itertools import chain
from pathlib import Path

from .calls import everything_from, named_effects, passed_function
from .compared import COMPARING, only_compared
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
from .functions import module_kind
from .importing import imported_by_call, imported_modules, with_packages
from .kinds import Effect, EffectKind, Finding, Moved, Outcome, Python, Reads, Searched, Unnamed
from .live import LiveNames
from .local_modules import LocalModules
from .locking import locked_effects
from .loose import Loose
from .magics import magic_effects
from .mentions import mentions
from .names import Names
from .patching import replaced
from .paths import Workspace
from .rebinding import rebindings
from .resolve import Resolver
from .sights import shown_to_person, sights
from .site import CallSite, shown
from .source import tree_of
from .statements import Walk
from .values import FilePath, Known, Reference, Text

_UNREADABLE = Finding("dynamic", "the code could not be read")
_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
_COMPUTED_ITEMS = frozenset({"sys.modules", "__builtins__", "__builtins__.__dict__"})
_DEEPEST = 8  # code within code, such as a text that `exec` runs
_FARTHEST = 30  # functions, of which each is called by the one before
_OF_PLACES = frozenset(
    {"read-outside", "write-outside", "environment", "startup-file", "delete", "process"}
)


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
        self._loose = Loose()
        self._line_before = 0
        self._within: tuple[str, int] | None = None  # a function of elsewhere, and who calls it
        self._followed: set[str] = set()
        self._loaded = live.modules()
        self._imported = set(self._loaded)
        self._brought: set[tuple[str, int]] = set()  # modules that are imported, and the line
        self._changed: list[Path] = []
        self._depth = self._distance = 0

    def cell(self, code: str) -> None:
        """Read a cell; code nested too deeply to be read counts as unreadable."""
        try:
            self._read(code, line_before=0, local=False)
        except RecursionError:
            self.found.add(_UNREADABLE.at(1))
        for module, line in self._brought:
            if self._modules.any_of(self._changed, module):
                self.found.add(Effect("dynamic", f"imports {module}, which it changes", line))

    def call(self, site: CallSite) -> None:
        """Ask every rule about a call; one finding of a kind is enough for one call."""
        kinds: set[EffectKind] = set()
        for outcome in chain(self._outcomes(site), self._places(site, kinds)):
            if isinstance(outcome, Python):
                line_before = self._line_before + site.node.lineno - 1 + outcome.shift
                self._read(outcome.code, line_before=line_before, local=outcome.local)
            elif isinstance(outcome, Moved):
                self._workspace = self._workspace.moved(outcome.path)
            elif isinstance(outcome, Reads):
                self.reads = True
            elif isinstance(outcome, Searched):
                self._searched(Path(outcome.path), site)
            elif isinstance(outcome, Unnamed):
                for each in self._loose.touched(outcome.touch, self._workspace):
                    kinds.add(each.kind)
                    self._add(each, site.node)
            elif outcome.kind not in kinds:
                kinds.add(outcome.kind)
                self._add(outcome, site.node)
        told = kinds & _OF_PLACES or site.word in COMPARING
        for argument in site.arguments() if not told else ():
            written = hasattr(argument, "lineno")  # the way back of a `with` is not in the code
            if written and (finding := self._workspace.mentioned(self._resolve(argument))):
                self._add(finding, argument)
        for module, anew in imported_by_call(site):
            self._brings(module, site.node, anew=anew)
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
        elif module_kind(base.dotted) == "environment":
            self._add(secret(shown(node)), node)
        elif isinstance(item := self._resolve(node), Reference) and reads:
            self.handed_on(node, item)
        elif base.dotted in _NAMESPACES | _COMPUTED_ITEMS and computed:
            detail = f"uses a variable whose name is computed: {shown(node)}"
            self._add(Finding("dynamic", detail), node)
        elif base.dotted in _NAMESPACES and isinstance(key, Text) and not reads:
            self._overwritten(key.value, node)
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

    def replaced(self, node: ast.Attribute, owner: Reference, *, by_function: bool) -> None:
        """Judge putting something in the place of an attribute."""
        library = by_function and owner.dotted.partition(".")[0] in self._imported
        if owner.dotted == "__main__":
            self._overwritten(node.attr, node)
        elif finding := replaced(owner.dotted, node.attr, shown(node), library=library):
            self._add(finding, node)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Judge an import by what the module does, where it is a file of the person's."""
        for module in imported_modules(node):
            self._brings(module, node)
        every = isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module
        if every and (finding := everything_from(every)):
            self._add(finding, node)

    def _brings(self, module: str, node: ast.stmt | ast.expr, *, anew: bool = False) -> None:
        """Read what importing runs; what is in the namespace already is run only `anew`."""
        first = module.partition(".")[0]
        self._imported.add(first)
        self._brought.add((first, self._told(node.lineno)))
        if reaches_agent(module):
            self._add(agent(shown(node)), node)
        for each in with_packages(module) if anew or first not in self._loaded else ():
            self._read_of(f"import {each}", node, partial(self._modules.top_level, each))

    def _searched(self, folder: Path, site: CallSite) -> None:
        try:
            self._modules.add(folder)
        except ValueError as error:
            self._add(Finding("dynamic", f"{error}: {site.source}"), site.node)

    def _places(self, site: CallSite, kinds: Set[EffectKind]) -> Iterator[Outcome]:
        """Judge the places of what the call changes, once its kinds are known."""
        gone = (site.receiver, *map(self._resolve, site.arguments())) if "delete" in kinds else ()
        findings = [self._workspace.touched(known, "delete") for known in gone]
        if gone and not any(isinstance(known, Text | FilePath) for known in gone):
            findings += self._loose.touched("delete", self._workspace)
        findings += map(self._workspace.meant_for_others, self._workspace.changed)
        self._changed += self._workspace.changed
        self._workspace.changed.clear()
        yield from filter(None, findings)

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
        elif "." in (path := dotted.partition("()")[0]) and name in self._imported:
            module, _, inner = path.rpartition(".")
            for owner, part in {(module, inner), (name, path.split(".")[1])}:
                self._read_of(f"{owner}.{part}", node, partial(self._modules.part, owner, part))

    def _read_of(
        self, name: str, node: ast.AST, tree_of_it: Callable[[], ast.Module | None]
    ) -> None:
        """Read code that stands elsewhere, once; what it does is told of the line that uses it."""
        if name in self._followed:
            return
        outer, line = self._within, getattr(node, "lineno", 1)
        self._distance += 1
        try:
            tree = tree_of_it()
            if tree is None:
                return
            self._followed.add(name)
            if self._distance > _FARTHEST:
                raise ValueError("too many functions call each other")
            self._within = outer or (name, self._line_before + line)
            self._through(tree, local=True)
        except (OSError, SyntaxError, ValueError, MemoryError):
            self._within = outer
            self._add(Finding("dynamic", f"uses {name}, which could not be read"), node)
        finally:
            self._within = outer
            self._distance -= 1

    def _read(self, code: str, *, line_before: int, local: bool) -> None:
        outer = self._line_before
        self._line_before = line_before
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise ValueError("code within code within code")
            tree, blank = tree_of(code, taken=self._taken)
        except (SyntaxError, ValueError, MemoryError):
            self._found(_UNREADABLE, 1)
        else:
            self._line_before += blank
            self._through(tree, local=local)
        self._depth -= 1
        self._line_before = outer

    def _taken(self, name: str) -> bool:
        return name in self._live.bound or self._names.live(name)

    def _through(self, tree: ast.Module, *, local: bool) -> None:
        self._rebound(tree, local=local)
        compared = only_compared(nodes := tuple(ast.walk(tree)))
        locks = locked_effects(tree, self._live.locked, local=local) if self._live.locked else ()
        for finding, line in (*sights(nodes, compared), *locks):
            self._found(finding, line)
        self._loose.add(nodes, compared)
        self._walk.through(tree, local=local)
        self._mentioned(nodes, compared)

    def _mentioned(self, nodes: Iterable[ast.AST], compared: Set[int]) -> None:
        """Judge texts that name a place, on lines of which nothing was said of a place so far."""
        known = {each.line for each in self.found if each.kind in _OF_PLACES}
        for finding, line in mentions(nodes, self._workspace, compared):
            if self._within is not None or self._line_before + line not in known:
                self._found(finding, line)
                known.add(self._line_before + line)

    def _rebound(self, tree: ast.Module, *, local: bool) -> None:
        for each in rebindings(tree, local=local) if self._live.guarded else ():
            same_import = each.imported and self._live.bindings.get(each.name) == each.imported
            finding = self._live.overwritten(each.name, deleted=each.deleted)
            if finding and not same_import:
                self._found(finding, each.line)

    def _overwritten(self, name: str, node: ast.Attribute | ast.Subscript) -> None:
        if finding := self._live.overwritten(name, deleted=isinstance(node.ctx, ast.Del)):
            self._add(finding, node)

    def _add(self, finding: Finding, node: ast.AST) -> None:
        self._found(finding, getattr(node, "lineno", 1))

    def _found(self, finding: Finding, line: int) -> None:
        inside = f" (inside {self._within[0]})" if self._within else ""
        self.found.add(Effect(finding.kind, f"{finding.detail}{inside}", self._told(line)))

    def _told(self, line: int) -> int:
        """The line of the cell that a line of what is read now is told of."""
        return self._within[1] if self._within else self._line_before + line
