"""Where in its source a compiled template stands: Jinja keeps lines, and an error wants the expression."""

from __future__ import annotations

from bisect import bisect_right

from jinja2 import Environment, Template, nodes
from jinja2.parser import Parser

from mailtemplates.template.tokens import locate_tokens, start_of


def code_offset(template: Template, source: str, code_line: int) -> int:
    """The offset of the statement or printed expression that a line of a template's code was made of; -1 when that
    cannot be told.

    The template is compiled once more with offsets for lines: its code is the same, line for line.

    :param source: the template's source with LF line ends.
    :param code_line: a line of the generated code, as a traceback has it.
    """
    try:
        places = _places(template.environment, source, template.name)
    except Exception:  # whatever the source has become meanwhile: the place is then the line
        return -1
    at = bisect_right(places, code_line, key=lambda place: place[1]) - 1
    return places[at][0] - 1 if at >= 0 else -1


def _places(environment: Environment, source: str, name: str | None) -> list[tuple[int, int]]:
    """Offsets, counted from 1, each with the first line of the code made of what stands there."""
    located = environment.overlay()
    locate_tokens(located, {})
    tree = Parser(located, source, name).parse()  # a tree of our own: an environment may remember those it gives
    for node in tree.iter_child_nodes():
        _number(node)
    generator = located.code_generator_class(located, name, name, None, False, located.optimized)
    generator.visit(tree)
    return sorted(generator.debug_info, key=lambda place: place[1])


def _number(node: nodes.Node) -> int:
    """Give each node its first character's number for a line; that number."""
    inside = [_number(child) for child in node.iter_child_nodes()]
    own = start_of(node.lineno, -1) + 1
    if isinstance(node, nodes.Expr):
        own = min([number for number in (own, *inside) if number > 0], default=own)
    node.lineno = own
    return own
