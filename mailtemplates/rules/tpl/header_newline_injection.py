from __future__ import annotations

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.nameflow import walk
from mailtemplates.jinja.nameplace import place_of
from mailtemplates.jinja.printing import read_printing
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.template.tokens import offset_of

_ALWAYS = frozenset({"pprint", "indent"})


@rule("TPL013", severity="error")
def header_newline_injection(template: TemplateSource) -> Findings:
    """A filter can bring a line end into a header field.

    A line end in a value would begin a field of its own, so such a message is refused when it is rendered: with short
    values the template works, with a long one it does not.

    Reference: RFC 5322 §2.2; CWE-93

    Bad:

        {% block subject %}{{ user.name|wordwrap(40) }}{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block subject %}{{ order.lines|map(attribute='description')|join('\\n') }}{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block subject %}{{ user.name|pprint }}{% endblock %}
        {% block text %}Hello{% endblock %}

    Good:

        {% block subject %}{{ order.lines|map(attribute='description')|join(', ')|truncate(40) }}{% endblock %}
        {% block text %}{{ user.name|wordwrap(40) }}{% endblock %}
    """
    for one in read_printing(template).printed:
        if one.place.sink == "header":
            for node in walk(one.node):
                if isinstance(node, nodes.Filter) and _brings_lines(node):
                    span = place_of(template.text, node.name, offset_of(node))
                    cure = f"remove `|{node.name}`: the field is folded as it must be"
                    yield Finding(span, f"`|{node.name}` can bring a line end into the header field", cure)


def _brings_lines(node: nodes.Filter) -> bool:
    given = {str(pair.key): pair.value for pair in node.kwargs}
    if node.name == "tojson":
        return "indent" in given or bool(node.args)
    if node.name == "wordwrap":
        between = given.get("wrapstring")
        return not isinstance(between, nodes.Const) or _has_line(between)
    if node.name in ("join", "replace"):
        return any(_has_line(one) for one in (*node.args[-1:], *given.values()))
    return node.name in _ALWAYS


def _has_line(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str) and ("\n" in node.value or "\r" in node.value)
