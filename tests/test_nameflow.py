"""Names followed through templates: what surely is not there, what may be missing, and exactly where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from mailtemplates.jinja.datatype import is_nullable
from mailtemplates.jinja.nameflow import read_flow
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.linter import Linter
from mailtemplates.template.environment import EXTENSIONS

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["user", "order"],
    "properties": {
        "user": {
            "type": "object",
            "required": ["name", "age"],
            "properties": {
                "name": {"type": "string"},
                "nickname": {"type": "string"},
                "age": {"type": ["integer", "null"]},
                "address": {"$ref": "#/$defs/address"},
            },
        },
        "order": {
            "type": "object",
            "required": ["lines", "items"],
            "properties": {
                "items": {"type": "array"},
                "prices": {"type": "object", "additionalProperties": {"type": "number"}},
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["description"],
                        "properties": {"description": {"type": "string"}, "amount": {"type": "number"}},
                    },
                },
            },
        },
        "coupon": {"type": "string"},
    },
    "$defs": {
        "address": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "zip": {}}}
    },
}
OTHERS = {
    "macros.j2": "{% macro greet(name) %}Hello {{ name }}{% endmacro %}{% set _own = 1 %}{% set shown = 2 %}",
    "layout.j2": "{% set brand = 'Acme' %}{% block text %}{% endblock %}",
    "child_of_unknown.j2": "{% extends parent %}",
}


def source(text: str, *, name: str = "t.j2", schema: dict[str, Any] | None = SCHEMA) -> TemplateSource:
    environment = Environment(extensions=EXTENSIONS, loader=DictLoader(OTHERS), autoescape=True)
    environment.install_null_translations()  # type: ignore[attr-defined]
    return TemplateSource(name, text.encode(), environment, schema, frozenset(environment.globals))


def absent(text: str) -> list[str]:
    """The names that surely are not there, as the source has them, with their offsets."""
    template = source(text)
    return [
        f"{template.text[use.span.start : use.span.end]}@{use.span.start}"
        for use in read_flow(template).uses
        if use.member.presence == "never" and use.how != "guarded"
    ]


def unguarded(text: str) -> list[str]:
    """The paths that may be missing or null and are used as if they were there."""
    return [
        use.path
        for use in read_flow(source(text)).uses
        if use.how in ("printed", "filtered", "needed")
        and (use.member.presence == "maybe" or (use.member.presence == "always" and is_nullable(use.member.type)))
    ]


ABSENT = {
    "a variable": ("{{ usr }}", ["usr@3"]),
    "an attribute": ("{{ user.nmae }}", ["nmae@8"]),
    "with space before it": ("{{ user . nmae }}", ["nmae@10"]),
    "in brackets": ("{{ user['nmae'] }}", ["nmae@9"]),
    "on the second line": ("Hello\n{{ user.nmae }}", ["nmae@14"]),
    "in a condition": ("{% if user.nmae %}{% endif %}", ["nmae@11"]),
    "in an argument": ("{{ range(user.nmae) }}", ["nmae@14"]),
    "in a string": ("{{ 'a' ~ user.nmae }}", ["nmae@14"]),
    "of a string": ("{{ user.name.first }}", ["first@13"]),
    "of a list": ("{{ order.lines.amount }}", ["amount@15"]),
    "of an item": ("{{ order.lines[0].amuont }}", ["amuont@18"]),
    "of the first": ("{{ (order.lines|first).amuont }}", ["amuont@23"]),
    "of an item in a loop": ("{% for l in order.lines %}{{ l.amuont }}{% endfor %}", ["amuont@31"]),
    "after sort and list": ("{% for l in order.lines|sort|list %}{{ l.x }}{% endfor %}", ["x@41"]),
    "after batch": ("{% for r in order.lines|batch(2) %}{% for l in r %}{{ l.x }}{% endfor %}{% endfor %}", ["x@56"]),
    "of a group": ("{% for g in order.lines|groupby('description') %}{{ g.list[0].x }}{% endfor %}", ["x@62"]),
    "of a pair of a group": ("{% for k, ls in order.lines|groupby('description') %}{% for l in ls %}{{ l.x }}{% endfor %}{% endfor %}", ["x@75"]),
    "map's attribute": ("{{ order.lines|map(attribute='amuont')|list }}", ["amuont@30"]),
    "what map gives": ("{{ (order.lines|map(attribute='description')|first).x }}", ["x@52"]),
    "selectattr's attribute": ("{{ order.lines|selectattr('amuont')|list }}", ["amuont@27"]),
    "a reference": ("{{ user.address.ctiy }}", ["ctiy@16"]),
    "through set": ("{% set u = user %}{{ u.nmae }}", ["nmae@23"]),
    "once, though a set passes it on": ("{% set u = user.nmae %}{{ u.x }}{{ u }}{% with w = u %}{{ w }}{% endwith %}", ["nmae@16"]),
    "through with": ("{% with u = user %}{{ u.nmae }}{% endwith %}{{ u }}", ["nmae@24", "u@47"]),
    "through a conditional expression": ("{{ (user if coupon is defined else user).nmae }}", ["nmae@41"]),
    "through default": ("{{ (user|default({})).nmae }}", ["nmae@22"]),
    "a loop's own": ("{% for l in order.lines %}{{ loop.idx }}{% endfor %}", ["idx@34"]),
    "loop outside": ("{% for l in order.lines %}{% endfor %}{{ loop.index }}", ["loop@41"]),
    "a loop's variable outside": ("{% for l in order.lines %}{% endfor %}{{ l }}", ["l@41"]),
    "set in a loop": ("{% for l in order.lines %}{% set x = l %}{{ x }}{% endfor %}{{ x }}", ["x@63"]),
    "set in an if": ("{% if user.name %}{% set x = 1 %}{% endif %}{{ x }}", []),
    "set in both": ("{% if user.name %}{% set x = user %}{% else %}{% set x = user %}{% endif %}{{ x.y }}", ["y@80"]),
    "a set block": ("{% set x %}{{ usr }}{% endset %}{{ x }}{{ x.y }}", ["usr@14", "y@44"]),
    "a namespace": ("{% set ns = namespace(n=0) %}{% set ns.n = 1 %}{{ ns.n }}{{ ns.m }}", []),
    "a macro's parameters": ("{% macro m(a, b=usr) %}{{ a.b }}{{ c }}{% endmacro %}", ["usr@16", "c@35"]),
    "a macro's own": ("{% macro m() %}{{ caller() }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ caller }}", ["caller@71"]),
    "a macro before a set": ("{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}", []),
    "a call block": ("{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ y }}{% endcall %}", ["y@71"]),
    "a block sees the top": ("{% set x = 1 %}{% block a %}{{ x }}{% endblock %}", []),
    "a block does not see its loop": ("{% for l in order.lines %}{% block a %}{{ l }}{% endblock %}{% endfor %}", ["l@42"]),
    "a scoped block does": ("{% for l in order.lines %}{% block a scoped %}{{ l }}{% endblock %}{% endfor %}", []),
    "the parent's sets": ('{% extends "layout.j2" %}{% block text %}{{ brand }}{{ brnd }}{% endblock %}', ["brnd@55"]),
    "a parent that cannot be known": ("{% extends parent %}{% block text %}{{ brand }}{% endblock %}", []),
    "a parent that is not there": ('{% extends "no.j2" %}{% block text %}{{ brand }}{% endblock %}', []),
    "super and self": ("{% block a %}{{ super() }}{{ self.b() }}{% endblock %}", []),
    "an import": ('{% import "macros.j2" as m %}{{ m.greet("x") }}{{ m.gret("x") }}{{ m._own }}', ["gret@52", "_own@69"]),
    "a name that is imported": ('{% from "macros.j2" import greet as g %}{{ g("x") }}{{ greet("x") }}', ["greet@55"]),
    "an import of an unknown template": ("{% import usr as m %}{{ m.x }}", ["usr@10"]),
    "a defined test": ("{{ usr is defined }}{% if usr is defined %}{{ usr }}{% endif %}", []),
    "a defined test of an attribute": ("{% if user.nmae is defined %}{{ user.nmae }}{% endif %}", []),
    "default": ("{{ usr|default('') }}{{ user.nmae|d('') }}", []),
    "default behind it": ("{{ usr|upper|default('') }}", ["usr@3"]),
    "trans": ("{% trans n=user.nmae %}Hi {{ n }} {{ usr }}{% endtrans %}", ["nmae@16", "usr@37"]),
    "methods": ("{{ user.name.upper() }}{{ user.items() }}{{ order.lines.count(1) }}", []),
    "keys that are data": ("{% for k, v in order.prices.items() %}{{ k.x }}{{ v.x }}{% endfor %}{{ order.prices.eur }}", ["x@43"]),
    "globals": ("{{ range(3) }}{{ dict(a=1).a }}{{ lipsum() }}{{ _('x') }}", []),
    "a function": ("{{ shout('x') }}", ["shout@3"]),
    "a comment": ("{# {{ usr }} #}{% raw %}{{ usr }}{% endraw %}", []),
    "literals": ("{{ {'a': 1}.a }}{{ {'a': 1}.b }}{{ [1].x }}{{ 'x'.y }}", ["b@28", "x@39", "y@50"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "names"), ABSENT.values(), ids=ABSENT)
def test_what_is_not_there(text: str, names: list[str]) -> None:
    assert absent(text) == names


UNGUARDED = {
    "printed": ("{{ user.nickname }}", ["user.nickname"]),
    "a variable": ("{{ coupon }}", ["coupon"]),
    "null": ("{{ user.age }}", ["user.age"]),
    "filtered": ("{{ user.nickname|upper }}", ["user.nickname"]),
    "looped over": ("{% for k in order.prices %}{% endfor %}", ["order.prices"]),
    "an attribute of it": ("{{ user.address.city }}", ["user.address"]),
    "an optional attribute of it": ("{{ user.address.zip }}", ["user.address"]),
    "required": ("{{ user.name }}", []),
    "default": ("{{ user.nickname|default('you') }}{{ user.age|default('', true) }}", []),
    "or": ("{{ user.nickname or 'you' }}", []),
    "the other side of or": ("{{ user.name or user.nickname }}", ["user.nickname"]),
    "if": ("{% if user.nickname %}{{ user.nickname }}{% endif %}", []),
    "if defined": ("{% if user.nickname is defined %}{{ user.nickname }}{% endif %}", []),
    "if of its parent": ("{% if user.address %}{{ user.address.city }}{{ user.address.zip }}{% endif %}", ["user.address.zip"]),
    "if of a part of it": ("{% if user.address.zip %}{{ user.address.city }}{% endif %}", ["user.address"]),
    "and": ("{% if user.name and user.nickname %}{{ user.nickname }}{% endif %}", []),
    "or in the condition": ("{% if user.name or user.nickname %}{{ user.nickname }}{% endif %}", ["user.nickname"]),
    "not": ("{% if not user.nickname %}x{% else %}{{ user.nickname }}{% endif %}", []),
    "the wrong branch": ("{% if not user.nickname %}{{ user.nickname }}{% endif %}", ["user.nickname"]),
    "is none": ("{% if user.age is none %}x{% else %}{{ user.age }}{% endif %}", []),
    "is not none": ("{% if user.age is not none %}{{ user.age }}{% endif %}", []),
    "not equal to none": ("{% if user.age != none %}{{ user.age }}{% endif %}", []),
    "compared": ("{% if user.age > 3 %}{{ user.age }}{% endif %}", []),
    "length": ("{% if user.nickname|length > 3 %}{{ user.nickname }}{% endif %}", []),
    "default behind another filter": ("{{ user.nickname|upper|default('') }}", ["user.nickname"]),
    "elif": ("{% if user.name %}x{% elif user.nickname %}{{ user.nickname }}{% endif %}", []),
    "behind the if": ("{% if user.nickname %}{% endif %}{{ user.nickname }}", ["user.nickname"]),
    "inline if": ("{{ user.nickname if user.nickname else 'you' }}", []),
    "continue": ("{% for l in order.lines %}{% if not l.amount %}{% continue %}{% endif %}{{ l.amount }}{% endfor %}", []),
    "continue for another": ("{% for l in order.lines %}{% if not l.description %}{% continue %}{% endif %}{{ l.amount }}{% endfor %}", ["l.amount"]),
    "a loop's if": ("{% for l in order.lines if l.amount %}{{ l.amount }}{% endfor %}", []),
    "through set": ("{% set n = user.nickname %}{{ n }}", ["n"]),
    "through set, guarded": ("{% set n = user.nickname %}{% if n %}{{ n }}{% endif %}", []),
    "set instead": ("{% if coupon is not defined %}{% set coupon = 'x' %}{% endif %}{{ coupon }}", []),
    "set again": ("{% if coupon %}{% set coupon = user.nickname %}{{ coupon }}{% endif %}", ["coupon"]),
    "around a block": ("{% if coupon %}{% block a %}{{ coupon }}{% endblock %}{% endif %}", []),
    "given to a macro": ("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(user.nickname) }}", []),
    "a filter of the application": ("{{ user.nickname|money }}", []),
    "tested": ("{{ user.nickname is string }}{{ user.nickname == 'x' }}", []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "paths"), UNGUARDED.values(), ids=UNGUARDED)
def test_what_is_not_guarded(text: str, paths: list[str]) -> None:
    assert unguarded(text) == paths


def test_without_a_schema_nothing_is_known_of_data() -> None:
    flow = read_flow(source("{{ usr.nmae }}{% for x in y %}{{ x.z }}{% endfor %}", schema=None))
    assert {use.member.presence for use in flow.uses} <= {"unknown", "always"}


_PIECES = st.sampled_from(
    ["{{ user.nmae }}", "{{ x }}", "{% if user %}", "{% else %}", "{% endif %}", "{% for l in order.lines %}", "{% endfor %}",
     "{% set x = user %}", "{% set x %}", "{% endset %}", "{% block a %}", "{% endblock %}", "{% macro m(a) %}", "{% endmacro %}",
     "{% call m(1) %}", "{% endcall %}", "{{ m(x)|default(y)|upper }}", "<p class=", "<style>", "</style>", '"', ">", "<!--", "-->",
     "{% trans %}", "{% endtrans %}", "{{ loop.index }}", "{% extends 'layout.j2' %}", "{% include 'no.j2' %}", "{# \u202e #}",
     "{% block headers %}", "X-A: b\n", "{{", "}}", "{%", "%}", "\r\n", "é", "\ufeff", "{{ 'x'|safe }}", "{% filter upper %}",
     "{% endfilter %}", "{% with a = 1 %}", "{% endwith %}", "{% raw %}", "{% endraw %}", "{{ super() }}", "{{ user['a'].b[0] }}",
     "{% block to %}", "{{ order.lines|join('\\n') }}", ", ", "{% autoescape false %}", "{% endautoescape %}", "{% continue %}"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=14).map("".join), st.booleans())
def test_any_template_is_judged(text: str, contract: bool) -> None:
    """No exception, and every place and every edit inside the file."""
    template = source(text, schema=SCHEMA if contract else None)
    for one in LINTER.judge(template):
        spans = [one.finding.span, *(edit.span for edit in (one.finding.fix.edits if one.finding.fix else ()))]
        assert all(-3 <= span.start <= span.end <= len(template.text) for span in spans)
        assert one.finding.problem


DEEP = {
    "brackets": "{{ " + "(" * 3000 + "x" + ")" * 3000 + " }}",
    "statements": "{% if x %}" * 1500 + "{% endif %}" * 1500,
    "a long path": "{{ x" + ".y" * 3000 + " }}",
    "a long sum": "<a href={{ x" + " + x" * 3000 + " }}>",
    "many filters": "{{ x" + "|upper" * 3000 + " }}",
    "many conditions": "{% if x" + " and x" * 3000 + " %}{% endif %}",
    "many statements": "{{ x }}" * 3000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_nothing_is_too_deep(text: str) -> None:
    """A template that Jinja itself cannot take gives no exception, at most an error at its place."""
    for block in ("html", "to", "headers"):
        assert all(one.finding.problem for one in LINTER.judge(source(f"{{% block {block} %}}{text}{{% endblock %}}")))


LINTER = Linter()
