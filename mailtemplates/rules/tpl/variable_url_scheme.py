from __future__ import annotations

import re

from jinja2 import nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.datatype import DataType, Either
from mailtemplates.jinja.guards import path_of, spelled
from mailtemplates.jinja.nameflow import Flow, read_flow, walk
from mailtemplates.jinja.printing import Printed, read_printing
from mailtemplates.jinja.schematype import SchemaString
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern

_ATTRIBUTES = frozenset({"href", "action", "formaction", "xlink:href"})
#: What a schema's ``format`` says of an address: that the application made it one (JSON Schema §7.3.5, §7.3.6).
_ADDRESSES = frozenset({"uri", "uri-reference", "iri", "iri-reference", "uri-template", "url"})
#: How applications call what is theirs to say: an address that they make, and their own settings.
_MADE = pattern(r"(?i)(?:\w*(?:url|uri|link|href)|unsubscribe|website|homepage)\d*")
_SETTINGS = frozenset({"app", "application", "brand", "company", "conf", "config", "current_app", "env", "g", "request",
                       "self", "settings", "site", "tenant", "theme"})  # fmt: skip
_LIMITED = pattern(r"\^\(?(?:\?:)?(?:https|mailto|tel|cid|http|/)")
_SCHEME = pattern(r"(?:https?|mailto|tel|sms|cid):|[/#?]", re.IGNORECASE)


@rule("TPL012", severity="warning")
def variable_url_scheme(template: TemplateSource, *, trusted: tuple[str, ...] = ("urlencode", "https")) -> Findings:
    """An address in the html is data whose scheme nothing limits.

    Who can write that data can write `javascript:` or a page that looks like yours. Say in the schema what it may be:
    `"pattern": "^https://"`, `"format": "uri"`, or choices with `enum`. `trusted` names filters after which an address
    is safe. An address that the application seems to make (`reset_link`, `settings.url`) is an info where the schema
    has it, and nothing without a schema; others are an info then. One finding for a template, at the first place.

    Reference: CWE-79; CWE-601

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block html %}<p><a href="{{ user.name }}">Hello</a> <a href="{{ order.id }}">there</a></p>{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block html %}
        <p><a href="https://acme-shop.com/{{ order.id }}">Hello</a> <a href="{{ order.url }}">Your order</a></p>
        {% endblock %}
    """
    flow = read_flow(template)
    found = [one for one in read_printing(template).printed if _is_start(one) and _is_free(one.node, flow, trusted)]
    if not found:
        return
    doubtful = [one for one in found if _is_declared(one.node, flow) and not _is_made(one.node)]
    found = doubtful or found
    names = list(dict.fromkeys(f"`{_named(one.node)}`" for one in found))
    listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    places = "" if len(found) == 1 else f" ({len(found)} places)"
    yield Finding(
        found[0].span,
        f"nothing limits the scheme of {listed} in {found[0].context.attribute}{places}",
        'give it "pattern": "^https://" in the schema',
        severity=None if doubtful else "info",
    )


def _is_start(one: Printed) -> bool:
    context = one.context
    starts = context.state == "before" or (context.state == "value" and context.empty)
    return one.place.sink == "html" and one.own and starts and context.attribute in _ATTRIBUTES


def _head(node: nodes.Expr) -> nodes.Expr:
    """What comes first of what an expression prints."""
    while True:
        match node:
            case nodes.Concat():
                node = node.nodes[0]
            case nodes.Add():
                node = node.left
            case nodes.Filter(node=nodes.Expr() as filtered):
                node = filtered
            case _:
                return node


def _named(node: nodes.Expr) -> str:
    path = path_of(_head(node))
    return spelled(path) if path else "…"


def _is_free(node: nodes.Expr, flow: Flow, trusted: tuple[str, ...]) -> bool:
    """Whether an expression begins with plain data that may hold any scheme."""
    if any(isinstance(one, nodes.Filter) and one.name in trusted for one in walk(node)):
        return False
    head = _head(node)
    value = flow.value(head)
    path = path_of(head)
    if path is None or value.origin != "data" or _is_limited(value.type):
        return False
    return _is_declared(node, flow) or not _is_made(node)


def _is_declared(node: nodes.Expr, flow: Flow) -> bool:
    """Whether a schema says what the data is."""
    return isinstance(flow.value(_head(node)).type, SchemaString)


def _is_made(node: nodes.Expr) -> bool:
    """Whether a name is what applications call an address of their own, and no field of somebody's data."""
    path = _named(node).split(".")
    return path[0] in _SETTINGS or (len(path) == 1 and _MADE.fullmatch(path[0]) is not None)


def _is_limited(kind: DataType) -> bool:
    if isinstance(kind, Either):
        return all(_is_limited(one) for one in kind.types)
    if kind.kinds <= {"number", "boolean", "null"}:
        return True
    if not isinstance(kind, SchemaString):
        return False
    if not _ADDRESSES.isdisjoint(one for one in kind.said("format") if isinstance(one, str)):
        return True
    if any(isinstance(one, str) and _LIMITED.match(one) for one in kind.said("pattern")):
        return True
    chosen = [one for listed in kind.said("enum") if isinstance(listed, list) for one in listed]
    chosen += kind.said("const")
    return bool(chosen) and all(isinstance(one, str) and _SCHEME.match(one) for one in chosen)
