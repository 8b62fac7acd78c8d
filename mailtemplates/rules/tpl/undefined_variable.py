from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.nameflow import read_flow
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.source import nearest


@rule("TPL002", severity="error")
def undefined_variable(template: TemplateSource) -> Findings:
    """A name is used that the data contract does not have, nor the template, nor the application.

    An undefined name stops the message when it is rendered, and only for those readers whose data comes to that
    branch. A template without a schema has no contract, and is not looked at.

    Reference: Jinja2 StrictUndefined; JSON Schema 2020-12

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ usr.name }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{% if ordr is defined or total > 3 %}Hello{% endif %}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}
        {% for line in order.lines %}{{ line.description }}{% endfor %}
        {{ line.description }}
        {% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}
        {% set name = user.name %}
        Hello {{ name }} {{ greeting|default('') }}
        {% for line in order.lines %}{{ loop.index }} {{ line.description }}{% endfor %}
        {% endblock %}
    """
    for use in read_flow(template).uses:
        if use.of == "variables" and use.member.presence == "never" and use.how not in ("guarded", "called"):
            similar = nearest(use.name, use.known)
            cure = f"did you mean `{similar}`?" if similar else "add it to the schema, or mend the name"
            yield Finding(use.span, f"there is no variable `{use.name}`", cure)
