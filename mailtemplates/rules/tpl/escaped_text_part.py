from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.finding import replace as replace_span
from mailtemplates.jinja.nameflow import walk
from mailtemplates.jinja.nameplace import place_of
from mailtemplates.jinja.printing import read_printing
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span
from mailtemplates.template.tokens import offset_of

_FILTERS = frozenset({"e", "escape", "forceescape", "urlize", "xmlattr"})


@rule("TPL010", severity="error", fix="part")
def escaped_text_part(template: TemplateSource) -> Findings:
    """A value is escaped for html where the output is plain text.

    Plain text and header fields have no character references: a reader would see `O&#39;Neill &amp; Sons`.

    Reference: docs/template-format.md, Escaping

    Bad:

        {% block subject %}Your order, {{ user.name|e }}{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name | upper | escape }}, see {{ user.name|urlize(20) }}{% endblock %}

    Good:

        {% block subject %}Your order, {{ user.name }}{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}
        {% block html %}<p>Hello {{ user.name|e }}</p>{% endblock %}
    """
    for node, sink in _filters(template):
        span = place_of(template.text, node.name, offset_of(node))
        where = "a header field" if sink == "header" else "plain text"
        problem = f"`|{node.name}` makes html, and this is {where}"
        yield Finding(span, problem, f"remove `|{node.name}`", _fix(template, node, span))


def _filters(template: TemplateSource) -> Iterator[tuple[nodes.Filter, str]]:
    printing = read_printing(template)
    for one in printing.printed:
        for node in walk(one.node) if one.place.sink in ("text", "header") else ():
            if isinstance(node, nodes.Filter) and node.name in _FILTERS:
                yield node, one.place.sink
    for statement, place in printing.statements:
        if isinstance(statement, nodes.FilterBlock) and place.sink in ("text", "header"):
            for node in walk(statement.filter):
                if isinstance(node, nodes.Filter) and node.name in _FILTERS:
                    yield node, place.sink


def _fix(template: TemplateSource, node: nodes.Filter, span: Span) -> Fix | None:
    """Without the bar, the name and empty brackets; not for what has arguments, or is the filter of a block."""
    text = template.text
    bar = len(text[: span.start].rstrip()) - 1
    end = span.end
    if text.startswith("()", end):
        end += 2
    if node.node is None or text[bar] != "|" or node.args or node.kwargs or text.startswith("(", end):
        return None
    return replace_span(Span(len(text[:bar].rstrip()), end), b"")
