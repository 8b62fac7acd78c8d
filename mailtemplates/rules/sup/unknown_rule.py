from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.linting.suppression import Suppression


@rule("SUP002", severity="error")
def unknown_rule(suppression: Suppression) -> Findings:
    """A comment names a rule that does not exist.

    The rule that was meant still runs, and its finding stays. In the settings and on the command line an unknown rule
    is an error that stops the run.

    Reference: docs/suppressing.md

    Bad:

        {# mailtpl: ignore-file[missing-subjekt] the caller gives it #}
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
    for word in suppression.unknown:
        yield Finding(word.span, f"there is no rule `{word.text}`", "mailtpl rules lists them all")
