from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.linting.suppression import Coverage


@rule("TPL007", severity="info")
def branch_not_covered(coverage: Coverage) -> Findings:
    """No sample reaches a branch, and rendering it without data for it failed: nothing was judged there.

    The linter takes the branches that no sample takes on its own, as far as the sample's data allows. What it cannot
    render that way is seen by a reader first.

    Reference: docs/lint.md

    Bad:

        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}
        {% if order.lines|length > 2 %}The third is {{ order.lines[2].description }}{% endif %}{% endblock %}

    Good:

        {% block from %}Acme <hello@acme-shop.com>{% endblock %}
        {% block to %}{{ user.name }} <ben@reader.example>{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% if order.lines %}: {{ order.id }}{% else %}!{% endif %}{% endblock %}
    """
    for gap in coverage.gaps:
        help = f"add a sample that reaches it to {coverage.schema}"
        what = "the body of this loop" if gap.title == "loop" else "this branch"
        yield Finding(gap.span, f"{what} was never rendered: no sample reaches it", help)
