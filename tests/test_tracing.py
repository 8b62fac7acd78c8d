"""Where output comes from: every stretch of a traced render knows its template, line and column."""

from __future__ import annotations

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, TemplateError

from mailtemplates import Engine
from mailtemplates.inspection.pairing import html_place
from mailtemplates.inspection.tracer import Tracer
from mailtemplates.jinja.branches import Watch
from mailtemplates.jinja.tracing import Traced, join, tracing_environment
from mailtemplates.source import Source
from mailtemplates.template.environment import EXTENSIONS
from mailtemplates.template.reserved import Sink

#: Each holds ``FAULT`` once, at the line and column given for the template given.
PLACES: dict[str, tuple[dict[str, str], str, int, int]] = {
    "plain": ({"t": "a\nb FAULT"}, "t", 2, 3),
    "CRLF": ({"t": "a\r\nb FAULT"}, "t", 2, 3),
    "loop": ({"t": "{% for i in items %}\n  {{ i }}\n{% endfor %}\n{% for i in items[:1] %}\n <p>FAULT</p>\n{% endfor %}"}, "t", 5, 5),
    "branch": ({"t": "{% if not yes %}x{% else %}\nFAULT{% endif %}"}, "t", 2, 1),
    "macro": ({"t": "{% macro m(x) %}\n <b>FAULT</b>{{ x }}\n{% endmacro %}\n{{ m(1) }}"}, "t", 2, 5),
    "imported macro": ({"t": '{% import "m" as m %}\n{{ m.box(2) }}', "m": "{% macro box(x) %}FAULT{% endmacro %}"}, "m", 1, 19),
    "from import": ({"t": '{% from "m" import box %}{{ box(2) }}', "m": "{% macro box(x) %}\n FAULT{% endmacro %}"}, "m", 2, 2),
    "macro in a macro": ({"t": "{% macro a() %}FAULT{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ b() }}"}, "t", 1, 16),
    "include": ({"t": '<p>\n{% include "i" %}', "i": "\n\n  FAULT"}, "i", 3, 3),
    "inherited block": ({"t": '{% extends "l" %}{% block b %}x{% endblock %}', "l": "<i>\nFAULT{% block b %}{% endblock %}"}, "l", 2, 1),
    "own block": ({"t": '{% extends "l" %}\n{% block b %}FAULT{% endblock %}', "l": "<i>{% block b %}{% endblock %}"}, "t", 2, 14),
    "super": ({"t": '{% extends "l" %}{% block b %}a {{ super() }} b{% endblock %}', "l": "{% block b %}\nx FAULT{% endblock %}"}, "l", 2, 3),
    "filter block": ({"t": "{% filter upper %}abc\n fault{% endfilter %}"}, "t", 2, 2),
    "trimming filter": ({"t": "{% filter trim %}\n  FAULT {% endfilter %}"}, "t", 2, 3),
    "set block": ({"t": "{% set s %}\n<i>FAULT</i>{% endset %}\n\n{{ s }}"}, "t", 2, 4),
    "call block": ({"t": "{% macro w() %}<div>{{ caller() }}</div>{% endmacro %}\n{% call w() %}\n FAULT{% endcall %}"}, "t", 3, 2),
    "round a call block": ({"t": "{% macro w() %}\nFAULT{{ caller() }}{% endmacro %}{% call w() %}x{% endcall %}"}, "t", 2, 1),
    "trimmed": ({"t": "a\n{%- if yes -%}\n\n   FAULT   {%- endif %}"}, "t", 4, 4),
    "value": ({"t": "a\n {{ fault }}"}, "t", 2, 2),
    "filtered value": ({"t": "a\n {{ lower|upper }}"}, "t", 2, 2),
    "raw": ({"t": "{% raw %}{{ x }}\nFAULT{% endraw %}"}, "t", 2, 1),
    "comment before": ({"t": "{# a\nb #}FAULT"}, "t", 2, 5),
    "with": ({"t": "{% with x = 1 %}\n{{ x }}FAULT{% endwith %}"}, "t", 2, 8),
    "trans": ({"t": "a\n{% trans %}FAULT{% endtrans %}"}, "t", 2, 12),
    "same text twice": ({"t": "{% macro a() %}FAULT{% endmacro %}\n{{ a() }}"}, "t", 1, 16),
}  # fmt: skip

DATA = {"items": ["a", "b"], "yes": True, "fault": "FAULT", "lower": "fault"}


def environment(templates: dict[str, str]) -> Environment:
    made = Environment(autoescape=True, loader=DictLoader(templates), extensions=EXTENSIONS)
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return made


def traced(templates: dict[str, str], sink: Sink, data: dict[str, object]) -> tuple[Traced, dict[str, str]]:
    sources: dict[str, str] = {}
    tracing = tracing_environment(sources, Watch())(environment(templates), sink, auto_reload=False)
    template = tracing.get_template("t")
    return join(template.root_render_func(template.new_context(dict(data)))), sources


@pytest.mark.parametrize("sink", [Sink.HTML, Sink.PLAIN], ids=lambda sink: str(sink.value))
@pytest.mark.parametrize(("templates", "name", "line", "column"), PLACES.values(), ids=PLACES)
def test_a_stretch_of_output_knows_its_place(
    templates: dict[str, str], name: str, line: int, column: int, sink: Sink
) -> None:
    output, sources = traced(templates, sink, DATA)
    at = output.index("FAULT")
    (stretch,) = (one for one in output.stretches if one.start <= at < one.end)
    start = stretch.origin.start + (at - stretch.start if stretch.exact else 0)
    place = Source(stretch.origin.template, sources[stretch.origin.template]).locate(start)
    assert (place.path, place.line, place.column) == (name, line, column)


def test_the_output_of_a_macro_knows_its_call_too() -> None:
    output, _ = traced({"t": "{% macro m() %}x{% endmacro %}\n{{ m() }}"}, Sink.HTML, {})
    (stretch,) = (one for one in output.stretches if output[one.start : one.end] == "x")
    assert stretch.call is not None
    assert stretch.call.start == 31


@pytest.mark.parametrize("name", ["welcome.j2", "password_reset.j2", "receipt.j2", "newsletter.j2"])
def test_tracing_the_starters_changes_nothing(starters: Engine, name: str) -> None:
    """The traced html is the one that is sent, before styles are inlined; and every character has an origin."""
    trace = Tracer(starters).trace(name, starters.sample(name))
    html = trace.blocks["html"]
    assert sum(one.end - one.start for one in html.stretches) == len(html)
    final = starters.render(name, starters.sample(name)).html or ""
    at = final.index("<h1") + 2
    assert html[html_place(str(html), final, at) - 2 :].startswith("<h1")
    assert (ROOT / "templates" / name).exists()


PIECES = [
    "text ", "\n", "{{ a }}", "{{ b|upper }}", "{% if a %}", "{% else %}", "{% endif %}", "{% for i in c %}",
    "{% endfor %}", "{% for i in c recursive %}", "{{ loop([]) }}", "{{ i }}", "{%- if b -%}", "{% set s %}", "{% endset %}", "{{ s }}", "{% filter upper %}",
    "{% endfilter %}", "{% macro m(x) %}", "{% endmacro %}", "{{ m(1) }}", "{% call m(2) %}", "{% endcall %}",
    "{{ caller() }}", "<b>", "{# c #}", "{% trans %}t{% endtrans %}", "{{ b|safe }}", "{% block q %}", "{% endblock %}",
    "{% autoescape false %}", "{% endautoescape %}", "{{ a ~ b }}", "{{ '<i>' ~ a }}", "{{ self.q() }}", "{{ '<'|e }}",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join), st.sampled_from([Sink.HTML, Sink.FILE]))
def test_traced_and_untraced_rendering_give_the_same_text(source: str, sink: Sink) -> None:
    data: dict[str, object] = {"a": "A<", "b": "b&b", "c": [1, 2]}
    base = environment({"t": source}).overlay(autoescape=sink is Sink.HTML)
    try:
        plain = base.get_template("t").render(data)
    except (TemplateError, TypeError, RecursionError, RuntimeError):
        return
    try:
        output, sources = traced({"t": source}, sink, data)
    except TemplateError:
        return
    assert str(output) == plain
    assert all(0 <= one.origin.start <= one.origin.end <= len(sources["t"]) for one in output.stretches)
