"""What templates give each other: the names that one exports to who imports it, and sets for who extends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from jinja2 import nodes

from mailtemplates.jinja.source import TemplateSource

_MOST_PARENTS = 20


def top_names(tree: nodes.Template) -> frozenset[str]:
    """The names that the top level of a template sets, macros and imports too."""
    return frozenset(_names(tree.body))


def _names(body: Iterable[nodes.Node]) -> Iterator[str]:
    for node in body:
        match node:
            case nodes.Assign() | nodes.AssignBlock():
                yield from (name.name for name in _targets(node.target))
            case nodes.Macro():
                yield node.name
            case nodes.Import():
                yield node.target
            case nodes.FromImport():
                yield from (one[1] if isinstance(one, tuple) else one for one in node.names)
            case nodes.If():
                yield from _names([*node.body, *node.elif_, *node.else_])


def _targets(target: nodes.Node) -> Iterator[nodes.Name]:
    if isinstance(target, nodes.Name):
        yield target
    else:
        yield from target.find_all(nodes.Name)


def literal(node: nodes.Node | None) -> str | None:
    """The template name that is written there; None when it is an expression."""
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


@lru_cache(maxsize=64)
def parents(template: TemplateSource) -> tuple[TemplateSource | None, ...]:
    """The templates that one extends, nearest first; None in the place of one that cannot be read, which is the last.

    What a template extends under a condition cannot be told either.
    """
    found: list[TemplateSource | None] = []
    current = template
    seen = {template.name}
    while len(found) < _MOST_PARENTS:
        extends = next(_extends(current.tree.body), None) if current.tree else None
        if extends is None:
            break
        name = literal(extends.template) if current.tree and extends in current.tree.body else None
        parent = current.other(name) if name and name not in seen else None
        found.append(parent if parent is not None and parent.tree is not None else None)
        if parent is None or parent.tree is None:
            break
        seen.add(parent.name)
        current = parent
    return tuple(found)


def _extends(body: Iterable[nodes.Node]) -> Iterator[nodes.Extends]:
    for node in body:
        if isinstance(node, nodes.Extends):
            yield node
        elif isinstance(node, nodes.If):
            yield from _extends([*node.body, *node.elif_, *node.else_])


def inherited(template: TemplateSource) -> tuple[frozenset[str], bool]:
    """The names that the templates set which one extends, and whether there may be others."""
    names: frozenset[str] = frozenset()
    for parent in parents(template):
        if parent is None or parent.tree is None:
            return names, True
        names |= top_names(parent.tree)
    return names, False


def exports(template: TemplateSource, target: nodes.Node) -> tuple[frozenset[str], bool]:
    """The names that an imported template defines, and whether there may be others."""
    name = literal(target)
    other = template.other(name) if name else None
    if other is None or other.tree is None:
        return frozenset(), True
    own = frozenset(one for one in top_names(other.tree) if not one.startswith("_"))
    inherits, is_open = inherited(other)
    return own | inherits, is_open
