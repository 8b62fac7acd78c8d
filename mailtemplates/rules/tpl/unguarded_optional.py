from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.finding import replace as replace_span
from mailtemplates.jinja.datatype import is_nullable
from mailtemplates.jinja.nameflow import read_flow
from mailtemplates.jinja.namevalues import Use
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span


@rule("TPL004", severity="warning", fix="unsafe")
def unguarded_optional(template: TemplateSource) -> Findings:
    """What may be missing or null is used as if it were always there.

    The data contract says that the field is optional or may be null. Without it the message cannot be rendered; with
    null, a reader is greeted as "None".

    Reference: JSON Schema 2020-12 `required`

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.nickname }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.nickname|upper }}, you are {{ user.age|default('', true) }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}You are {{ user.age }}{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}
        Hello {{ user.nickname|default(user.name) }}
        {% if user.age is not none %}You are {{ user.age }}{% endif %}
        {% if user.nickname is defined and user.nickname|length > 3 %}{{ user.nickname }}{% endif %}
        {% endblock %}
    """
    said: set[str] = set()
    for use in read_flow(template).uses:
        if use.how == "needed" and use.path in said:
            continue
        if use.of != "module" and use.how in ("printed", "filtered", "needed"):
            said.add(use.path)
            if use.member.presence == "maybe":
                yield Finding(use.span, f"`{use.path}` is optional, and nothing is said for when it is missing",
                              _cure(use), _fix(use, b"|default('')"))  # fmt: skip
            elif use.member.presence == "always" and is_nullable(use.member.type):
                yield Finding(use.span, f"`{use.path}` may be null, and nothing is said for that",
                              _cure(use), _fix(use, b"|default('', true)"))  # fmt: skip


def _cure(use: Use) -> str:
    if use.member.presence == "always":
        return f"write `{use.path}|default(…, true)`, or guard it: {{% if {use.path} is not none %}}"
    if use.how == "needed":
        return f"guard it: {{% if {use.path} is defined and {use.path} %}}"
    return f"write `{use.path}|default(…)`, or guard it: {{% if {use.path} is defined %}}"


def _fix(use: Use, filtered: bytes) -> Fix | None:
    if use.how == "needed" or use.path.endswith("]"):
        return None
    return replace_span(Span(use.span.end, use.span.end), filtered, safe=False)
