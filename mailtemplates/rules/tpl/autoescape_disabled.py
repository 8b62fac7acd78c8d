from __future__ import annotations

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.html.amendments import is_html
from mailtemplates.jinja.nameplace import place_of
from mailtemplates.jinja.printing import read_printing, text_of
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span
from mailtemplates.template.tokens import offset_of


@rule("TPL008", severity="error")
def autoescape_disabled(template: TemplateSource) -> Findings:
    """Escaping is turned off in html.

    What data brings then is markup: a name such as `<a href=…>` becomes a link in your message, and a `&` breaks what
    follows. Escape everything, and mark what is surely html with a macro or `{% set %}` block.

    Reference: CWE-79

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p>{% autoescape false %}Hello {{ user.name }}{% endautoescape %}</p>{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p>{% autoescape true %}Hello {{ user.name }}{% endautoescape %}</p>{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}{% autoescape false %}Hello {{ user.name }}{% endautoescape %}{% endblock %}
    """
    for node, place in read_printing(template).statements:
        if not isinstance(node, nodes.ScopedEvalContextModifier) or not _is_off(node) or not _prints(node):
            continue
        if place.sink == "html" or (place.sink in ("none", "unknown") and is_html(text_of(node.body))):
            start = place_of(template.text, "autoescape", offset_of(node)).start
            end = template.text.find("false", start)
            span = Span(start, end + 5 if 0 <= end < start + 40 else start + len("autoescape"))
            yield Finding(span, "escaping is turned off in html", "remove the autoescape block")


def _is_off(node: nodes.ScopedEvalContextModifier) -> bool:
    return any(
        option.key == "autoescape" and isinstance(option.value, nodes.Const) and not option.value.value
        for option in node.options
    )


def _prints(node: nodes.ScopedEvalContextModifier) -> bool:
    """Whether anything is printed in it but its own text."""
    for output in node.find_all(nodes.Output):
        if not all(isinstance(child, nodes.TemplateData | nodes.Const) for child in output.nodes):
            return True
    return any(node.find(kind) for kind in (nodes.Include, nodes.CallBlock, nodes.Block))
