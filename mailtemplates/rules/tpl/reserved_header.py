from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings
from mailtemplates.headers.headerblocks import OURS, OWN_BLOCK
from mailtemplates.jinja.nameflow import Flow, read_flow
from mailtemplates.jinja.printing import Piece, Printed, read_printing
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_NAME = pattern(r"([!-9;-~]+)[ \t]*:")


@rule("TPL015", severity="error")
def reserved_header(template: TemplateSource) -> Findings:
    """The block `headers` sets a field that is not its own, or one whose name is data.

    Fields of the message's structure are written when it is composed, others have blocks of their own with the right
    escaping, and those of transport are the servers'. A field whose name comes from data could be any of them.

    Reference: RFC 2045 §3; RFC 5322 §3.6.7; docs/template-format.md

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block headers %}
        X-Order: {{ order.id }}
        Content-Type: text/plain
        {% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block headers %}Subject: Your order{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block headers %}X-{{ order.id }}: yes{% endblock %}
        {% block text %}Hello{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block headers %}
        Auto-Submitted: auto-generated
        X-Order: {{ order.id }}
        {% endblock %}
        {% block text %}Hello{% endblock %}
    """
    printing = read_printing(template)
    held: list[Piece | Printed] = [one for one in printing.pieces if one.place.block == "headers"]
    held += [one for one in printing.printed if one.place.block == "headers"]
    held.sort(key=lambda one: one.span)
    yield from _lines(held, read_flow(template))


def _lines(held: list[Piece | Printed], flow: Flow) -> Iterator[Finding]:
    """Read the block line by line; a name that is cut by an expression is not literal."""
    cut: Printed | None = None
    at_start = True
    for one in held:
        if isinstance(one, Printed):
            cut = cut or (one if at_start else None)
            continue
        start = one.span.start
        for row, line in enumerate(one.text.split("\n")):
            if row:
                if at_start and cut is not None and flow.value(cut.node).origin == "data":
                    yield Finding(cut.span, "a whole line of the header is data", "write the field's name literally")
                at_start, cut = True, None
            if at_start and line.strip():
                if cut is not None and ":" in line:
                    yield Finding(cut.span, "a field's name is data", "write the name literally")
                elif cut is None and (found := _NAME.match(line.lstrip())):
                    begin = start + len(line) - len(line.lstrip())
                    yield from _named(found[1], Span(begin, begin + len(found[1])))
                at_start = cut is None and ":" not in line
            start += len(line) + 1


def _named(name: str, span: Span) -> Iterator[Finding]:
    lower = name.lower()
    if lower in OWN_BLOCK:
        block = OWN_BLOCK[lower]
        yield Finding(span, f"{name} has a block of its own", f"write {{% block {block} %}}…{{% endblock %}}")
    elif lower in OURS:
        yield Finding(span, f"{name} is not the template's to set", "remove the line")
