"""The names of a template followed from where they come to where they are used.

Scopes are Jinja's: what ``for``, ``with``, ``macro`` and ``call`` set ends with them, what ``if`` sets does not; a
block sees the top level of its own file and of the files it extends, not the loop that it stands in. What a guard says
(``if x``, ``x is defined``, ``and``, ``or``, an early ``continue``) holds behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

from jinja2 import nodes

from mailtemplates.jinja.datatype import BOOLEAN, NUMBER, STRING, UNKNOWN, DataType, Record, at, either, without_null
from mailtemplates.jinja.exports import exports
from mailtemplates.jinja.guards import NamePath, when_false, when_true
from mailtemplates.jinja.namevalues import DATA, OWN, TEXT, Expressions, State, Use, Value
from mailtemplates.jinja.source import TemplateSource

_LOOP = Record(
    {
        **dict.fromkeys(("index", "index0", "revindex", "revindex0", "length", "depth", "depth0"), NUMBER),
        **dict.fromkeys(("first", "last"), BOOLEAN),
        **dict.fromkeys(("previtem", "nextitem", "cycle", "changed"), UNKNOWN),
    }
)
_IN_MACROS = ("caller", "varargs", "kwargs")


class Flow(NamedTuple):
    """The names of one template."""

    uses: tuple[Use, ...]
    values: dict[int, Value]

    def value(self, node: nodes.Node) -> Value:
        """What is known of an expression of the template's tree."""
        return self.values.get(id(node), DATA)


@lru_cache(maxsize=8)
def read_flow(template: TemplateSource) -> Flow:
    """Follow the names of a template; nothing is found in one that does not parse."""
    reader = _Reader(template)
    if template.tree is not None:
        try:
            reader.run(template.tree)
        except RecursionError:
            return Flow((), {})
    return Flow(tuple(sorted(reader.uses, key=lambda use: use.span)), reader.values)


class _Reader(Expressions):
    """Reads statements in the order in which they run."""

    def __init__(self, template: TemplateSource) -> None:
        super().__init__(template)
        self.later: list[Callable[[dict[str, Value]], None]] = []

    def run(self, tree: nodes.Template) -> None:
        """The top level first: blocks and macros see all that it sets."""
        top = State({})
        self.body(tree.body, top)
        self.top = State({**dict.fromkeys(self.parents, OWN), **top.names})
        for read in self.later:  # which grows, for blocks in blocks
            read(self.top.names)

    def body(self, statements: Iterable[nodes.Node], state: State) -> bool:
        """Read statements in order; whether what comes after them is reached."""
        return all(self.statement(statement, state) for statement in statements)

    def statement(self, node: nodes.Node, state: State) -> bool:
        read = getattr(self, f"_{type(node).__name__.lower()}_statement", None)
        if read is not None:
            return read(node, state) is not False
        if isinstance(node, nodes.Expr):
            self.value(node, state, "given")
        elif isinstance(node, nodes.Scope | nodes.ScopedEvalContextModifier | nodes.OverlayScope):
            self.body(node.body, state.inner())
        else:
            for child in node.iter_child_nodes():
                self.statement(child, state)
        return True

    def _templatedata_statement(self, node: nodes.TemplateData, state: State) -> None:
        return

    def _continue_statement(self, node: nodes.Continue, state: State) -> bool:
        return False

    def _break_statement(self, node: nodes.Break, state: State) -> bool:
        return False

    def _output_statement(self, node: nodes.Output, state: State) -> None:
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                self.value(child, state, "printed")

    def _if_statement(self, node: nodes.If, state: State) -> bool:
        reached: list[State] = []
        rest = state
        for branch in (node, *node.elif_):
            self.value(branch.test, rest, "asked")
            then = rest.inner(when_true(branch.test))
            if self.body(branch.body, then):
                reached.append(then)
            rest = rest.inner(when_false(branch.test))
        if self.body(node.else_, rest):
            reached.append(rest)
        self._join(state, reached)
        return bool(reached)

    def _join(self, state: State, reached: list[State]) -> None:
        """What holds behind branches, however it was reached."""
        if not reached:
            return
        facts = frozenset.intersection(*(one.facts for one in reached))
        changed = {name for one in reached for name, value in one.names.items() if state.names.get(name) is not value}
        for name in changed:
            values = [self.found(name, one) for one in reached]
            there = all(value.presence == "always" for value in values)
            own = all(value.origin == "own" for value in values)
            kind = either(value.type for value in values)
            state.names[name] = Value("always" if there else "unknown", kind, "own" if own else "data")
        state.facts = facts

    def _for_statement(self, node: nodes.For, state: State) -> None:
        iterated = self.value(node.iter, state, "needed")
        inner = state.inner()
        items = without_null(iterated.type).items() if "array" in iterated.type.kinds else UNKNOWN
        if iterated.type.kinds <= {"object", "string", "null"}:
            items = STRING
        self._assign(node.target, Value("always", items, iterated.origin), inner)
        if node.test is not None:
            self.value(node.test, inner, "asked")
            inner = inner.inner(when_true(node.test))
        inner.set("loop", Value("always", _LOOP, "own"))
        self.body(node.body, inner)
        self.body(node.else_, state.inner())

    def _assign_statement(self, node: nodes.Assign, state: State) -> None:
        self._assign(node.target, self.value(node.node, state, "given"), state)

    def _assignblock_statement(self, node: nodes.AssignBlock, state: State) -> None:
        self.body(node.body, state.inner())
        if node.filter is not None:
            self.value(node.filter, state, "given")
        self._assign(node.target, TEXT, state)

    def _assign(self, target: nodes.Node, value: Value, state: State) -> None:
        if isinstance(target, nodes.Name):
            state.set(target.name, value)
        elif isinstance(target, nodes.Tuple):
            for index, item in enumerate(target.items):
                self._assign(item, Value("always", at(value.type, index), value.origin), state)

    def _with_statement(self, node: nodes.With, state: State) -> None:
        inner = state.inner()
        for target, value in zip(node.targets, node.values, strict=False):
            self._assign(target, self.value(value, state, "given"), inner)
        self.body(node.body, inner)

    def _macro_statement(self, node: nodes.Macro, state: State) -> None:
        state.set(node.name, OWN)
        self.later.append(partial(self._macro, node, dict(state.names)))

    def _callblock_statement(self, node: nodes.CallBlock, state: State) -> None:
        self.value(node.call, state, "given")
        self._callable(node, state, ())

    def _callable(self, node: nodes.Macro | nodes.CallBlock, state: State, own: Iterable[str]) -> None:
        """A body with parameters, of which nothing is known."""
        inner = state.inner()
        for default in node.defaults:
            self.value(default, state, "given")
        for argument in node.args:
            inner.set(argument.name, Value("unknown", UNKNOWN, "parameter"))
        for name in own:
            inner.set(name, Value("unknown", UNKNOWN, "own"))
        self.body(node.body, inner)

    def _block_statement(self, node: nodes.Block, state: State) -> None:
        if node.scoped:
            self.body(node.body, state.inner())
        else:
            self.later.append(partial(self._block, node, dict(state.names), state.facts))

    def _block(
        self, node: nodes.Block, around: dict[str, Value], facts: frozenset[NamePath], top: dict[str, Value]
    ) -> None:
        """A block's body; what is known around it of names that are the same in it is known there too."""
        shared = frozenset(path for path in facts if around.get(path[0]) is top.get(path[0]))
        self.body(node.body, State(dict(top), shared))

    def _macro(self, node: nodes.Macro, around: dict[str, Value], top: dict[str, Value]) -> None:
        self._callable(node, State({**top, **around}), _IN_MACROS)

    def _import_statement(self, node: nodes.Import, state: State) -> None:
        self.value(node.template, state, "given")
        known, is_open = exports(self.template, node.template)
        members: dict[str, DataType] = dict.fromkeys(known, UNKNOWN)
        state.set(node.target, Value("always", Record(members, closed=not is_open), "own", is_module=True))

    def _fromimport_statement(self, node: nodes.FromImport, state: State) -> None:
        self.value(node.template, state, "given")
        for one in node.names:
            state.set(one[1] if isinstance(one, tuple) else one, OWN)


@lru_cache(maxsize=8)
def all_nodes(template: TemplateSource) -> tuple[nodes.Node, ...]:
    """Every node of a template, in the order of the source."""
    return tuple(walk(template.tree)) if template.tree is not None else ()


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """A node and all below it, in the order of the source."""
    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(list(one.iter_child_nodes())))
