from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.nameflow import read_flow
from mailtemplates.jinja.namevalues import Use
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.source import nearest


@rule("TPL003", severity="error")
def undefined_attribute(template: TemplateSource) -> Findings:
    """An attribute is used that the data contract does not have.

    A wrong attribute stops the message when it is rendered, and only for those readers whose data comes to that branch.
    Data of the name of a Python method (`order.items`) is reached with brackets only: `order['items']`.

    Reference: JSON Schema 2020-12 `properties`; Jinja2 "Variables"

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.nmae }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{% for line in order.lines %}{{ line.amuont }}{% endfor %}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{{ order.lines|map(attribute='amuont')|sum }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{% for line in order.lines %}{{ loop.indx }}{% endfor %}{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}
        Hello {{ user.name.split(' ')|first }} {{ user.title|default('') }}
        {% for line in order.lines|sort(attribute='amount') %}{{ loop.index }} {{ line.amount }}{% endfor %}
        {% endblock %}
    """
    for use in read_flow(template).uses:
        if use.of == "value" and use.how != "guarded":
            if use.member.presence == "never":
                similar = nearest(use.name, use.known)
                cure = f"did you mean `{similar}`?" if similar else _there(use)
                unsure = use.how == "called"  # data of an application may have methods
                yield Finding(use.span, f"there is no `{_shown(use)}`", cure, severity="warning" if unsure else None)
            elif use.shadowed and use.how != "called":
                problem = f"`{use.path}` is the method `{use.name}` of Python's dict, not the data"
                owner = use.path.removesuffix(f".{use.name}")
                yield Finding(use.span, problem, f"write `{owner}[{use.name!r}]`")


def _shown(use: Use) -> str:
    return use.name if use.path.startswith("…") else use.path


def _there(use: Use) -> str:
    names = sorted(use.known)
    if not names:
        return "mend the name, or add it to the schema"
    return f"there is `{'`, `'.join(names[:8])}`{' and others' if len(names) > 8 else ''}"
