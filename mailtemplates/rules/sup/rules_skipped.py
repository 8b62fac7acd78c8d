from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.linting.suppression import Skipped


@rule("SUP003", severity="warning")
def rules_skipped(skipped: Skipped) -> Findings:
    """Rules could not run: the template has no sample data, or cannot be rendered with it.

    A template that was never rendered was never judged, and silence would look like approval. Where the template itself
    is at fault this is an error.

    Reference: docs/lint.md

    Bad:

        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.nmae }}{% endblock %}

    Good:

        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}
    """
    if skipped.reason:
        yield Finding(skipped.span, skipped.reason, skipped.cure, severity="error" if skipped.broken else None)
