from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.linting.suppression import Suppression, without


@rule("SUP001", severity="warning", fix="safe")
def unused_suppression(suppression: Suppression) -> Findings:
    """A comment turns a rule off that finds nothing there.

    What was wrong has been mended, or the rule's name was never the right one. Left in place, the comment hides the
    next real fault.

    Reference: docs/suppressing.md

    Bad:

        {# mailtpl: ignore-file[missing-subject] the caller gives it #}
        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}

    Good:

        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}
    """
    fix = without(suppression, suppression.unused)
    for word in suppression.unused:
        yield Finding(word.span, f"the comment turns off `{word.text}`, which finds nothing there", "remove it", fix)
