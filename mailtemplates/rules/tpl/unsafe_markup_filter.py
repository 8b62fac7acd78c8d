from __future__ import annotations

from collections.abc import Iterator, Set

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.jinja.guards import path_of, spelled
from mailtemplates.jinja.nameflow import Flow, read_flow, walk
from mailtemplates.jinja.nameplace import place_of
from mailtemplates.jinja.printing import read_printing
from mailtemplates.jinja.schematype import SchemaString
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.template.tokens import offset_of

_CALLED = pattern(r"\s*\(\s*\)")
_CLEAN = frozenset(
    {"e", "escape", "forceescape", "tojson", "urlencode", "xmlattr", "striptags", "sanitize", "bleach", "int", "float"}
)


@rule("TPL009", severity="warning", fix="part")
def unsafe_markup_filter(template: TemplateSource, *, trusted: tuple[str, ...] = ("clean", "nh3")) -> Findings:
    """Data is printed in html as markup, without escaping.

    Whoever can write that data can write into your message: links that look like yours, images that tell when it was
    read. `trusted` names filters that make data safe; a schema says so of a field with `"contentMediaType":
    "text/html"`.

    Reference: CWE-79

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p>Hello {{ user.name|safe }}</p>{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p>Hello {{ Markup(user.name) if Markup is defined else '' }}</p>{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% macro greet(name) %}Hello <b>{{ name }}</b>{% endmacro %}
        {% block html %}
        <p>{{ greet(user.name)|safe }} {{ '<b>Hello</b>'|safe }} {{ user.name|e|replace('x', '<br>')|safe }}</p>
        {% endblock %}
    """
    flow = read_flow(template)
    clean = _CLEAN | set(trusted)
    for one in read_printing(template).printed:
        if one.place.sink == "html":
            for node in walk(one.node):
                yield from _found(template, node, flow, clean)


def _found(template: TemplateSource, node: nodes.Node, flow: Flow, clean: Set[str]) -> Iterator[Finding]:
    if isinstance(node, nodes.Filter) and node.name == "safe" and node.node is not None:
        marked, word = node.node, "safe"
    elif (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "Markup" and node.args
    ):
        marked, word = node.args[0], "Markup"
    else:
        return
    if _is_data(marked, flow, clean):
        start = offset_of(node if word == "safe" else node.node)
        said = f"`|{word}`" if word == "safe" else f"`{word}()`"
        path = path_of(marked)
        span = place_of(template.text, word, start)
        yield Finding(
            span,
            f"{said} prints {f'`{spelled(path)}`' if path else 'data'} as markup",
            f"remove {said}, or clean the html first with a filter that the option `trusted` names",
            _without(template.text, span) if word == "safe" else None,
        )


def _without(text: str, name: Span) -> Fix | None:
    """The fix that takes a filter out; what the data holds is then shown as it is, markup too."""
    bar = text.rfind("|", 0, name.start)
    if bar < 0 or text[bar + 1 : name.start].strip():
        return None
    called = _CALLED.match(text, name.end)
    return replace(Span(len(text[:bar].rstrip()), called.end() if called else name.end), b"", safe=False)


def _is_data(node: nodes.Expr, flow: Flow, clean: Set[str]) -> bool:
    """Whether what is marked may hold markup that somebody else wrote."""
    value = flow.value(node)
    if value.origin != "data" or value.type.kinds <= {"number", "boolean", "null"}:
        return False
    if isinstance(value.type, SchemaString) and "text/html" in value.type.said("contentMediaType"):
        return False
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):  # what an application makes of its arguments
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        return any(_is_data(one, flow, clean) for one in given)
    return not any(isinstance(one, nodes.Filter) and one.name in clean for one in walk(node))
