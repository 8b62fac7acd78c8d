"""What a template prints, and where it goes: each expression with its sink and its place in the html there.

A block of the author's own goes where the block goes that it stands in, here or in a template that this one extends.
What a macro prints goes where it is called; it is taken for html when its own text is html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from jinja2 import nodes

from mailtemplates.html.amendments import is_html
from mailtemplates.html.context import TEXT, UNKNOWN, HtmlContext, advance, after_value, begins_in_text, joined
from mailtemplates.jinja.exports import parents
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.span import Span
from mailtemplates.template.reserved import BODY_BLOCKS, HEADER_BLOCKS, HTML_BLOCKS, RESERVED
from mailtemplates.template.tokens import offset_of

SinkKind = Literal["html", "text", "header", "none", "unknown"]
"""Where output goes; ``none`` when it is thrown away, ``unknown`` when that is up to whoever uses the template."""

_TEXT_SUFFIXES = frozenset({".txt", ".text"})


class Place(NamedTuple):
    """Where statements print.

    :param block: the reserved block, when it is one.
    """

    sink: SinkKind
    block: str = ""


class Printed(NamedTuple):
    """An expression that is printed.

    :param span: the expression with its delimiters; of ``{% trans %}`` and the like, the node's token.
    :param context: where in the html it is; for other sinks text.
    :param own: whether it stands in its own delimiters.
    """

    node: nodes.Expr
    span: Span
    place: Place
    context: HtmlContext
    own: bool = True


class Piece(NamedTuple):
    """A piece of text of the template.

    :param block: the reserved block that it stands in.
    """

    text: str
    span: Span
    place: Place


class Printing(NamedTuple):
    """What a template prints, in the order of its source.

    :param blocks: where each of its blocks is, and begins in the html.
    :param statements: statements and expressions with their place, all of them.
    """

    printed: tuple[Printed, ...]
    pieces: tuple[Piece, ...]
    blocks: dict[str, tuple[Place, HtmlContext]]
    statements: tuple[tuple[nodes.Node, Place], ...]


def read_printing(template: TemplateSource) -> Printing:
    """Follow what a template prints; nothing is found in one that does not parse."""
    return _read((template, *parents(template)))


@lru_cache(maxsize=64)
def _read(line: tuple[TemplateSource | None, ...]) -> Printing:
    """What the first prints of templates that extend each other; None is one that cannot be read."""
    template = line[0]
    inherited = _read(line[1:]).blocks if len(line) > 1 else None
    if template is None or template.tree is None:
        return Printing((), (), {}, ())
    reader = _Reader(template, inherited)
    try:
        reader.run(template.tree)
    except RecursionError:
        return Printing((), (), {}, ())
    return Printing(tuple(reader.printed), tuple(reader.pieces), reader.blocks, tuple(reader.statements))


def text_of(body: Iterable[nodes.Node]) -> str:
    """All text of statements, joined."""
    return "".join(data.data for node in body for data in _data(node))


def _data(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    if isinstance(node, nodes.TemplateData):
        yield node
    yield from node.find_all(nodes.TemplateData)


class _Reader:
    def __init__(self, template: TemplateSource, inherited: dict[str, tuple[Place, HtmlContext]] | None) -> None:
        self.template = template
        self.printed: list[Printed] = []
        self.pieces: list[Piece] = []
        self.blocks: dict[str, tuple[Place, HtmlContext]] = {}
        self.statements: list[tuple[nodes.Node, Place]] = []
        self.inherited = inherited

    def run(self, tree: nodes.Template) -> None:
        place = Place("none") if self.inherited is not None else self._file(tree)
        if self.inherited:
            self.blocks.update(self.inherited)
        self.body(tree.body, place, TEXT)

    def _file(self, tree: nodes.Template) -> Place:
        """Where the top level prints of a file that extends none."""
        if any(block.name in BODY_BLOCKS for block in tree.find_all(nodes.Block)):
            return Place("none")
        if _TEXT_SUFFIXES & set(PurePosixPath(self.template.name).suffixes):
            return Place("text")
        return self._guessed(tree.body)

    def _guessed(self, body: Iterable[nodes.Node]) -> Place:
        return Place("html" if is_html(text_of(body)) else "unknown")

    def body(self, body: Iterable[nodes.Node], place: Place, context: HtmlContext) -> HtmlContext:
        for node in body:
            context = self.statement(node, place, context)
        return context

    def apart(self, body: list[nodes.Node], place: Place) -> None:
        """Statements whose output is not printed where they stand."""
        self.body(body, place, TEXT if begins_in_text(text_of(body)) else UNKNOWN)

    def statement(self, node: nodes.Node, place: Place, context: HtmlContext) -> HtmlContext:
        self.statements.append((node, place))
        match node:
            case nodes.Output():
                return self._output(node, place, context)
            case nodes.If():
                return self._if(node, place, context)
            case nodes.For():
                ends = [context, self.body(node.body, place, context)]
                return joined([*ends, self.body(node.else_, place, context)])
            case nodes.Block():
                return self._block(node, place, context)
            case nodes.Macro():
                self.apart(node.body, self._guessed(node.body))
            case nodes.CallBlock() | nodes.AssignBlock():
                self.apart(node.body, place if place.sink != "none" else self._guessed(node.body))
            case nodes.FilterBlock() | nodes.With() | nodes.Scope() | nodes.ScopedEvalContextModifier():
                return self.body(node.body, place, context)
        return context

    def _output(self, node: nodes.Output, place: Place, context: HtmlContext) -> HtmlContext:
        for child in node.nodes:
            start = offset_of(child)
            if isinstance(child, nodes.TemplateData):
                self.pieces.append(Piece(child.data, Span(start, start + len(child.data)), place))
                context = advance(context, child.data, start) if place.sink == "html" else context
                continue
            span = self.template.enclosing(start)
            self.printed.append(Printed(child, span or Span(start, start + 1), place, context, span is not None))
            context = after_value(context, span.start if span else start)
        return context

    def _if(self, node: nodes.If, place: Place, context: HtmlContext) -> HtmlContext:
        ends = [self.body(branch.body, place, context) for branch in (node, *node.elif_)]
        return joined([*ends, self.body(node.else_, place, context)])

    def _block(self, node: nodes.Block, place: Place, context: HtmlContext) -> HtmlContext:
        inner, begins = self._where(node, place, context)
        self.blocks[node.name] = inner, begins
        end = self.body(node.body, inner, begins)
        return end if inner == place else context

    def _where(self, node: nodes.Block, place: Place, context: HtmlContext) -> tuple[Place, HtmlContext]:
        if node.name in RESERVED:
            return Place(_sink(node.name), node.name), TEXT
        if self.inherited is None or place.sink != "none":
            return place, context
        if node.name in self.inherited:
            known, begins = self.inherited[node.name]
            if known.sink != "none" and begins.state != "unknown":
                return known, begins._replace(start=-1)
            if known.sink != "none":
                return known, TEXT if begins_in_text(text_of(node.body)) else UNKNOWN
        begins = TEXT if begins_in_text(text_of(node.body)) else UNKNOWN
        return self._guessed(node.body), begins


def _sink(block: str) -> SinkKind:
    if block in HTML_BLOCKS:
        return "html"
    if block in HEADER_BLOCKS:
        return "header"
    return "none" if block == "attachments" else "text"
