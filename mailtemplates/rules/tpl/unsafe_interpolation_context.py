from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.jinja.nameflow import Flow, read_flow, walk
from mailtemplates.jinja.namevalues import Value
from mailtemplates.jinja.printing import Printed, read_printing
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span

_NUMBERS = frozenset({"int", "float", "length", "count", "round", "abs", "wordcount"})
_HARMLESS = frozenset({"number", "boolean", "null"})


@rule("TPL011", severity="error", fix="part")
def unsafe_interpolation_context(template: TemplateSource) -> Findings:
    """A value is printed where escaping for html does not keep it in its place.

    In an attribute without quotes a space ends the value, and what follows are attributes of its own. In a style or
    script, and in `onclick` and the like, html's escaping has no meaning: the value is code. What is known to be a
    number is fine.

    Reference: CWE-79; OWASP Cross Site Scripting Prevention, rule 0

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p title={{ user.name }}>Hello</p>{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<style>p { color: {{ user.name }} }</style><p>Hello</p>{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p onclick="greet('{{ user.name }}')">Hello</p>{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block html %}
        <table width={{ order.lines|length }}><tr><td title="{{ user.name }}">Hello</td></tr></table>
        <script type="application/ld+json">{"name": {{ user.name|tojson }}}</script>
        {% endblock %}
    """
    flow = read_flow(template)
    folded: dict[tuple[str, str], list[Printed]] = {}
    for one in read_printing(template).printed:
        context = one.context
        if one.place.sink != "html" or not one.own or not _may_be_text(one, flow):
            continue
        if context.state == "before" or (context.state == "value" and not context.quote):
            yield _unquoted(template, one, flow)
        elif context.state == "raw" and context.tag in ("style", "script"):
            folded.setdefault((context.tag, ""), []).append(one)
        elif context.state == "value" and context.attribute.startswith("on"):
            folded.setdefault(("", context.attribute), []).append(one)
    yield from _in_code(template, folded, flow)


def _in_code(template: TemplateSource, folded: dict[tuple[str, str], list[Printed]], flow: Flow) -> Iterator[Finding]:
    """One finding for all in styles, one for all in scripts, and so on."""
    for (tag, attribute), places in folded.items():
        first = next((one for one in places if _is_text(flow.value(one.node))), places[0])
        where = f"a <{tag}>" if tag else f"the attribute {attribute}"
        more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
        cure = (
            "print it with |tojson" if tag == "script" or attribute else "choose between values that the template has"
        )
        yield Finding(
            first.span, f"`{_words(template, first)}` is printed in {where}, where escaping does not help{more}", cure,
            severity=None if _is_text(flow.value(first.node)) else "warning",
        )  # fmt: skip


def _unquoted(template: TemplateSource, one: Printed, flow: Flow) -> Finding:
    attribute = one.context.attribute
    return Finding(
        one.span,
        f"`{_words(template, one)}` is printed in {attribute} without quotes",
        f'write {attribute}="…"',
        _quoted(template, one),
        severity=None if _is_text(flow.value(one.node)) else "warning",
    )


def _quoted(template: TemplateSource, one: Printed) -> Fix | None:
    """Quotes around the value, when it is that expression and text beside it."""
    text = template.text
    start = one.span.start if one.context.state == "before" else one.context.start
    end = one.span.end
    while end < len(text) and text[end] not in " \t\n>/{\"'":
        end += 1
    before = text[start : one.span.start] if 0 <= start <= one.span.start else "{"
    if end >= len(text) or text[end] in "/{\"'" or any(sign in before for sign in "{}\"' \n"):
        return None
    return Fix((Edit(Span(start, start), b'"'), Edit(Span(end, end), b'"')))


def _words(template: TemplateSource, one: Printed) -> str:
    words = " ".join(template.text[one.span.start : one.span.end].split())
    return words if len(words) <= 50 else f"{words[:49]}…"


def _is_text(value: Value) -> bool:
    return value.type.kinds == {"string"}


def _may_be_text(one: Printed, flow: Flow) -> bool:
    """Whether a value may be other than a number, and not the template's own text."""
    value = flow.value(one.node)
    if value.origin != "data" or value.type.kinds <= _HARMLESS:
        return False
    if isinstance(one.node, nodes.Call) and isinstance(one.node.node, nodes.Name):
        return False  # what an application's function gives is not data
    names = {node.name for node in walk(one.node) if isinstance(node, nodes.Filter)}
    return "tojson" not in names and not (isinstance(one.node, nodes.Filter) and one.node.name in _NUMBERS)
