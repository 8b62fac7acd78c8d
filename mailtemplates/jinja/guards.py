"""What a condition in a template tells: which names and attributes surely exist, and are not null, behind it."""

from __future__ import annotations

from jinja2 import nodes

NamePath = tuple[str, ...]
"""A name and the attributes after it: ``user.address.city`` is ``("user", "address", "city")``."""

_EMPTY: frozenset[NamePath] = frozenset()


def path_of(node: nodes.Node | None) -> NamePath | None:
    """The path that an expression is; None when it is something else."""
    steps: list[str] = []
    while True:
        match node:
            case nodes.Name():
                return (node.name, *reversed(steps))
            case nodes.Getattr():
                steps.append(node.attr)
                node = node.node
            case nodes.Getitem(arg=nodes.Const() as index):
                steps.append(index.value if isinstance(index.value, str) else f"[{index.value!r}]")
                node = node.node
            case _:
                return None


def spelled(path: NamePath) -> str:
    """A path as an author would write it."""
    text = path[0]
    for step in path[1:]:
        text += f".{step}" if step.isidentifier() else step if step.startswith("[") else f"[{step!r}]"
    return text


def prefixes(path: NamePath) -> frozenset[NamePath]:
    """A path and all that lead to it."""
    return frozenset(path[:length] for length in range(1, len(path) + 1))


def when_true(test: nodes.Node | None) -> frozenset[NamePath]:
    """The paths that surely have a value where a condition holds."""
    match test:
        case nodes.And():
            return when_true(test.left) | when_true(test.right)
        case nodes.Or():
            return when_true(test.left) & when_true(test.right)
        case nodes.Not():
            return when_false(test.node)
        case nodes.Test():
            return _EMPTY if test.name in ("undefined", "none") else _head(test.node)
        case nodes.Compare():
            return _compared(test)
    return _head(test)


def when_false(test: nodes.Node | None) -> frozenset[NamePath]:
    """The paths that surely have a value where a condition does not hold."""
    match test:
        case nodes.And():
            return when_false(test.left) & when_false(test.right)
        case nodes.Or():
            return when_false(test.left) | when_false(test.right)
        case nodes.Not():
            return when_true(test.node)
        case nodes.Test():
            return _head(test.node) if test.name in ("undefined", "none") else _EMPTY
        case nodes.Compare(ops=[nodes.Operand(op="eq", expr=nodes.Const(value=None | "" | 0))]):
            return _head(test.expr)
    return _EMPTY


def _compared(test: nodes.Compare) -> frozenset[NamePath]:
    """``x != none`` says that there is an x; so does any comparison with something else, and ``y in x``."""
    if len(test.ops) != 1:
        return _head(test.expr)
    operand = test.ops[0]
    is_none = isinstance(operand.expr, nodes.Const) and operand.expr.value is None
    if operand.op in ("in", "notin"):
        return _head(operand.expr) | (_head(test.expr) if operand.op == "in" else _EMPTY)
    if operand.op == "eq" and is_none:
        return _EMPTY
    if operand.op == "ne" and not is_none:
        empty = isinstance(operand.expr, nodes.Const) and not operand.expr.value
        return _head(test.expr) if empty else _EMPTY
    return _head(test.expr) | _head(operand.expr)


def _head(node: nodes.Node | None) -> frozenset[NamePath]:
    """The path at the beginning of an expression: that of ``x`` in ``x|length`` and ``x.strip()``."""
    while True:
        path = path_of(node)
        if path:
            return prefixes(path)
        match node:
            case nodes.Filter():
                node = node.node
            case nodes.Call(node=nodes.Getattr() as method):
                node = method.node
            case nodes.Getattr() | nodes.Getitem():
                node = node.node
            case _:
                return _EMPTY
