from __future__ import annotations

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.guards import path_of
from mailtemplates.jinja.nameflow import Flow, read_flow, walk
from mailtemplates.jinja.printing import Printed, read_printing
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_BLOCKS = frozenset({"from", "sender", "to", "cc", "bcc", "reply_to"})
_LIST_NAME = pattern(r"(?:.*_)?(?:recipients|addresses|emails|mailboxes|mails|to_list|cc_list|bcc_list)")


@rule("TPL014", severity="error")
def data_shaped_structure(template: TemplateSource) -> Findings:
    """A whole address or a list of addresses is pasted from data into an address field.

    A value that is printed there is exactly one address, so that no name in the data can add a recipient. What is more
    than that is refused when it is rendered. The filters `mailbox` and `mailboxes` read it properly.

    Reference: RFC 5322 §3.4; docs/template-format.md, Addresses from data

    Bad:

        {% block to %}{{ user }}{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block to %}{{ recipients|join(', ') }}{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello{% endblock %}

    Good:

        {% block to %}{{ user.email }}, {{ user.name }} <{{ user.email }}>, {{ user|mailbox }}{% endblock %}
        {% block cc %}{{ recipients|mailboxes }}{% endblock %}
        {% block subject %}Your order{% endblock %}
        {% block text %}Hello{% endblock %}
    """
    flow = read_flow(template)
    for one in read_printing(template).printed:
        if one.place.block in _BLOCKS and one.own and _is_alone(template.text, one):
            yield from _judge(one, flow)


def _is_alone(text: str, one: Printed) -> bool:
    """Whether an expression is a whole element of the list: it has no text beside it up to a comma or a tag."""
    start, end = one.span
    while start and text[start - 1].isspace():
        start -= 1
    while end < len(text) and text[end].isspace():
        end += 1
    return text[start - 1 : start] in ("", ",", ";", ":", "}") and text[end : end + 1] in ("", ",", ";", "{")


def _judge(one: Printed, flow: Flow) -> Findings:
    node = one.node
    names = {inner.name for inner in walk(node) if isinstance(inner, nodes.Filter)}
    if names & {"mailbox", "mailboxes"}:
        return
    kinds = flow.value(node).type.kinds
    if "join" in names:
        yield Finding(one.span, "a list of addresses is joined from data", "write `|mailboxes` in place of `|join`")
    elif kinds <= {"array", "null"}:
        yield Finding(one.span, "a list is printed as one address", "write `|mailboxes` behind it")
    elif kinds <= {"object", "null"}:
        yield Finding(one.span, "an object is printed as one address", "write `|mailbox` behind it")
    elif (path := path_of(node)) and kinds != {"string"} and _LIST_NAME.fullmatch(path[-1].lower()):
        cure = "write `|mailboxes` behind it"
        yield Finding(
            one.span, f"`{path[-1]}` looks like a list, and is printed as one address", cure, severity="warning"
        )
