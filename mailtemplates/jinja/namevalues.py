"""What the expressions of a template are, and every name and attribute that is used in them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from jinja2 import nodes

from mailtemplates.jinja.datatype import (
    BOOLEAN,
    KIND_TYPES,
    NUMBER,
    STRING,
    UNKNOWN,
    DataType,
    ListOf,
    Member,
    Presence,
    Record,
    at,
    either,
    has_method,
    hides_data,
    without_null,
)
from mailtemplates.jinja.exports import inherited
from mailtemplates.jinja.filtertypes import ATTRIBUTE_AT, BUILT_IN, DEFAULTS, TOLERANT, called, defaulted, filtered
from mailtemplates.jinja.guards import NamePath, path_of, spelled, when_false, when_true
from mailtemplates.jinja.nameplace import place_of, string_place
from mailtemplates.jinja.schematype import type_of
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.span import Span
from mailtemplates.template.tokens import offset_of

Origin = Literal["data", "parameter", "own"]
"""Where a value comes from: the data, a macro's caller, or the template itself (literals, macros, captured text)."""

How = Literal["printed", "filtered", "needed", "called", "asked", "given", "guarded"]
"""How a value is used: printed, given to a filter, to be there (a loop, an attribute of it), called; ``asked`` in a
condition, ``given`` to something that may take what is missing, ``guarded`` by ``default`` or ``is defined``."""

_ALWAYS_THERE = frozenset({"lang", "locale", "self", "super", "varargs", "kwargs"})


class Value(NamedTuple):
    """What an expression is."""

    presence: Presence
    type: DataType
    origin: Origin = "data"
    is_module: bool = False


class Use(NamedTuple):
    """A name or an attribute where it is used.

    :param span: the name or the attribute itself.
    :param path: the expression as written, as far as it is a path.
    :param of: what it is looked up in: the variables, a value, an imported template.
    :param member: what is known of it there.
    :param known: the names that are there.
    :param end: the offset behind it.
    :param shadowed: it is data, but Python's method of that name is what Jinja gives.
    """

    span: Span
    name: str
    path: str
    of: Literal["variables", "value", "module"]
    member: Member
    known: frozenset[str]
    how: How
    end: int
    shadowed: bool = False


DATA = Value("unknown", UNKNOWN)
OWN = Value("always", UNKNOWN, "own")
TEXT = Value("always", STRING, "own")


class State:
    """The names that are set at a place, and the paths that surely have a value there."""

    __slots__ = ("facts", "names")

    def __init__(self, names: dict[str, Value], facts: frozenset[NamePath] = frozenset()) -> None:
        self.names = names
        self.facts = facts

    def inner(self, facts: frozenset[NamePath] = frozenset()) -> State:
        return State(dict(self.names), self.facts | facts)

    def set(self, name: str, value: Value) -> None:
        """Give a name a value; of one that does not exist nothing more is said where the name is used."""
        self.names[name] = value._replace(presence="unknown") if value.presence == "never" else value
        self.facts = frozenset(path for path in self.facts if path[0] != name)


class Expressions:
    """Reads expressions; remembers the value of each and the uses in it."""

    def __init__(self, template: TemplateSource) -> None:
        self.template = template
        self.uses: list[Use] = []
        self.values: dict[int, Value] = {}
        schema = template.schema
        examples = schema.get("examples") if schema else None
        self.root = type_of(schema, examples if isinstance(examples, list) else ()) if schema is not None else None
        self.parents, self.is_open = inherited(template)
        self.top: State | None = None

    def value(self, node: nodes.Node, state: State, how: How) -> Value:
        """What an expression is; the names in it are used on the way."""
        read = getattr(self, f"_{type(node).__name__.lower()}_value", None)
        if read is not None:
            found: Value = read(node, state, how)
        else:
            inner: How = "needed" if isinstance(node, nodes.BinExpr | nodes.UnaryExpr | nodes.Concat) else "given"
            values = [self.value(child, state, inner) for child in node.iter_child_nodes()]
            own = all(value.origin == "own" for value in values)
            is_text = isinstance(node, nodes.Concat)
            found = Value("always", STRING if is_text else UNKNOWN, "own" if own else "data")
        self.values[id(node)] = found
        return found

    def _const_value(self, node: nodes.Const, state: State, how: How) -> Value:
        names = {bool: "boolean", int: "number", float: "number", str: "string"}
        return Value("always", KIND_TYPES.get(names.get(type(node.value), ""), UNKNOWN), "own")

    def _templatedata_value(self, node: nodes.TemplateData, state: State, how: How) -> Value:
        return TEXT

    def _list_value(self, node: nodes.List, state: State, how: How) -> Value:
        values = [self.value(child, state, "given") for child in node.items]
        own = all(value.origin == "own" for value in values)
        types = tuple(value.type for value in values)
        return Value("always", ListOf(either(types), types), "own" if own else "data")

    def _tuple_value(self, node: nodes.Tuple, state: State, how: How) -> Value:
        return self._list_value(node, state, how)  # type: ignore[arg-type]

    def _dict_value(self, node: nodes.Dict, state: State, how: How) -> Value:
        values = {pair.key: self.value(pair.value, state, "given") for pair in node.items}
        own = all(value.origin == "own" for value in values.values())
        members = {key.value: value.type for key, value in values.items() if isinstance(key, nodes.Const)}
        texts = {key: kind for key, kind in members.items() if isinstance(key, str)}
        return Value("always", Record(texts, closed=len(texts) == len(node.items)), "own" if own else "data")

    def _name_value(self, node: nodes.Name, state: State, how: How) -> Value:
        value = self.found(node.name, state)
        if node.ctx == "load":
            functions = self.template.variables if how == "called" else ()
            known = frozenset({*state.names, *functions, *(self.root.names if self.root else ())})
            span = place_of(self.template.text, node.name, offset_of(node))
            self._use(span, (node.name,), "variables", Member(value.presence, value.type), known, how)
        return value

    def found(self, name: str, state: State) -> Value:
        """What a name is at a place."""
        value = self._looked_up(name, state)
        if (name,) in state.facts:
            return value._replace(presence="always", type=without_null(value.type))
        return value

    def _looked_up(self, name: str, state: State) -> Value:
        if name in state.names:
            return state.names[name]
        member = self.root.member(name) if self.root else Member("unknown", UNKNOWN)
        if name in self.template.variables and member.presence != "always":
            return OWN
        if member.presence == "never" and self._may_be(name):
            return DATA
        return Value(member.presence, member.type)

    def _may_be(self, name: str) -> bool:
        """Whether a name that is neither data nor set may be there all the same: of Jinja, or set by a template
        that cannot be read."""
        return self.is_open or (self.top is None and name in self.parents) or name in _ALWAYS_THERE

    def _getattr_value(self, node: nodes.Getattr, state: State, how: How) -> Value:
        owner = self.value(node.node, state, "guarded" if how == "guarded" else "needed")
        at_dot = offset_of(node)
        span = place_of(
            self.template.text, node.attr, at_dot + 1 if self.template.text[at_dot : at_dot + 1] == "." else at_dot
        )
        return self._member(node, owner, node.attr, span, state, how, has_method(owner.type, node.attr))

    def _getitem_value(self, node: nodes.Getitem, state: State, how: How) -> Value:
        owner = self.value(node.node, state, "guarded" if how == "guarded" else "needed")
        index = self.value(node.arg, state, "given")
        if isinstance(node.arg, nodes.Const):
            key = node.arg.value
            if isinstance(key, str):
                span = string_place(self.template.text, key, offset_of(node.arg))
                return self._member(node, owner, key, span, state, how, False)
            if isinstance(key, int):
                return Value("always", at(without_null(owner.type), key), owner.origin)
        known = owner.type.kinds <= {"array", "null"} and index.type is NUMBER
        return Value("always", without_null(owner.type).items() if known else UNKNOWN, owner.origin)

    def _member(
        self, node: nodes.Expr, owner: Value, name: str, span: Span, state: State, how: How, method: bool
    ) -> Value:
        """A member of a value; in Jinja a method of Python's comes before data of its name."""
        member = without_null(owner.type).member(name)
        if owner.presence == "maybe" and member.presence == "maybe":
            member = Member("unknown", member.type)
        path = path_of(node) or ("…", name)
        if path in state.facts:
            member = Member("always", without_null(member.type))
        shadowed = method and hides_data(owner.type, name)
        if method:
            member = Member("always", UNKNOWN)
        self._use(span, path, "module" if owner.is_module else "value", member, owner.type.names, how, shadowed)
        return Value(member.presence, member.type, owner.origin)

    def _use(
        self,
        span: Span,
        path: NamePath,
        of: Literal["variables", "value", "module"],
        member: Member,
        known: frozenset[str],
        how: How,
        shadowed: bool = False,
    ) -> None:
        text = self.template.text
        end = span.end + (text[span.end : span.end + 1] in ("'", '"')) * 2
        self.uses.append(Use(span, path[-1], spelled(path), of, member, known, how, end, shadowed))

    def _call_value(self, node: nodes.Call, state: State, how: How) -> Value:
        function = self.value(node.node, state, "called")
        for one in (*node.args, *(pair.value for pair in node.kwargs), node.dyn_args, node.dyn_kwargs):
            if one is not None:
                self.value(one, state, "given")
        if isinstance(node.node, nodes.Getattr):
            owner = self.values.get(id(node.node.node), DATA)
            own = owner.origin if not owner.is_module else "own"
            return Value("always", called(node.node.attr, owner.type), own)
        if isinstance(node.node, nodes.Name) and node.node.name == "range":
            return Value("always", ListOf(NUMBER), "own")
        return Value("always", UNKNOWN, function.origin)

    def _test_value(self, node: nodes.Test, state: State, how: How) -> Value:
        self.value(node.node, state, "guarded" if node.name in ("defined", "undefined") else "asked")
        for child in (*node.args, *node.kwargs):
            self.value(child, state, "given")
        return Value("always", BOOLEAN, "own")

    def _compare_value(self, node: nodes.Compare, state: State, how: How) -> Value:
        for child in (node.expr, *(operand.expr for operand in node.ops)):
            self.value(child, state, "asked")
        return Value("always", BOOLEAN, "own")

    def _not_value(self, node: nodes.Not, state: State, how: How) -> Value:
        self.value(node.node, state, "asked")
        return Value("always", BOOLEAN, "own")

    def _and_value(self, node: nodes.And, state: State, how: How) -> Value:
        left = self.value(node.left, state, "asked")
        return _either(left, self.value(node.right, state.inner(when_true(node.left)), how))

    def _or_value(self, node: nodes.Or, state: State, how: How) -> Value:
        left = self.value(node.left, state, "asked")
        right = self.value(node.right, state.inner(when_false(node.left)), how)
        return _either(left._replace(type=without_null(left.type)), right)

    def _condexpr_value(self, node: nodes.CondExpr, state: State, how: How) -> Value:
        self.value(node.test, state, "asked")
        first = self.value(node.expr1, state.inner(when_true(node.test)), how)
        if node.expr2 is None:
            return first
        return _either(first, self.value(node.expr2, state.inner(when_false(node.test)), how))

    def _filter_value(self, node: nodes.Filter, state: State, how: How) -> Value:
        for child in (*node.args, *(pair.value for pair in node.kwargs)):
            self.value(child, state, "given")
        if node.node is None:
            return TEXT
        inner: How = "filtered" if how in ("printed", "filtered", "needed", "guarded") else how
        if node.name in TOLERANT or node.name not in BUILT_IN:
            inner = "guarded" if node.name in DEFAULTS else "given"
        value = self.value(node.node, state, inner)
        if node.name in DEFAULTS:
            other = self.values[id(node.args[0])] if node.args else TEXT
            return Value("always", defaulted(value.type, other.type), value.origin)
        attribute = self._attribute(node, value)
        return Value("always", filtered(node.name, value.type, attribute), value.origin)

    def _attribute(self, node: nodes.Filter, value: Value) -> DataType | None:
        """The type of the attribute that a filter looks at in each item; its path is used."""
        named = next((pair.value for pair in node.kwargs if pair.key == "attribute"), None)
        place = ATTRIBUTE_AT.get(node.name)
        if place is None or (named is None and not 0 <= place < len(node.args)):
            return None
        written = named or node.args[place]
        if not isinstance(written, nodes.Const) or not isinstance(written.value, str):
            return None
        member = Member(
            "always", without_null(value.type).items() if value.type.kinds <= {"array", "null"} else UNKNOWN
        )
        start = string_place(self.template.text, written.value, offset_of(written)).start
        for step in written.value.split("."):
            owner = member.type
            member = (
                without_null(owner).member(step) if not step.isdecimal() else Member("always", at(owner, int(step)))
            )
            if not has_method(owner, step) and not step.isdecimal():
                span = Span(start, start + len(step))
                self._use(span, ("…", step), "value", member, owner.names, "asked")
            start += len(step) + 1
        return member.type


def _either(left: Value, right: Value) -> Value:
    own = left.origin == right.origin == "own"
    presence: Presence = "always" if right.presence == "always" else "unknown"
    return Value(presence, either([left.type, right.type]), "own" if own else "data")
