"""The place of a finding where constructs of Jinja stand in each other: the same plants in html, text and a field."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_template_places import HTML, SUBJECT, check

#: What is planted for ``FAULT``, the words that must be marked in ``⟦ ⟧``; and the rule that finds it. The text goes out
#: in base64, and the field in an encoded word.
SINKS = {
    "html": ('<img src="cid:⟦nothing⟧" alt="">', "unresolved-cid"),
    "text": ("Caf⟦\ufffd⟧ 日本語の", "damaged-or-hidden-characters"),
    "field": ("日本 ⟦*|FNAME|*⟧ x", "placeholder-in-header"),
}
AROUND = {
    "html": (f"{SUBJECT}{{% block html %}}{HTML}", "</body></html>{% endblock %}"),
    "text": (f"{SUBJECT}{{% block text %}}", "{% endblock %}"),
    "field": ("{% block subject %}", "{% endblock %}{% block text %}x{% endblock %}"),
}

#: ``¶`` is a line end, in a field a space. ``BLOCK`` stands for the sink's block and what is around it in a layout.
NESTED: dict[str, dict[str, str]] = {
    "recursive loop": {
        "t.j2": "{% for n in tree recursive %}{{ n.name }}{% if n.kids %}({{ loop(n.kids) }}){% else %}¶FAULT{% endif %}{% endfor %}"
    },
    "loop in a loop in a macro": {
        "t.j2": "{% macro m(x) %}{% for i in x %}{% for j in x %}{{ i }}{{ j }}¶ FAULT{% endfor %}{% endfor %}{% endmacro %}a¶{{ m(items) }}"
    },
    "imported macro with caller() in a loop": {
        "t.j2": '{% import "m.j2" as m %}{% for i in items %}{% call m.box() %}{{ i }}¶ FAULT{% endcall %}{% endfor %}',
        "m.j2": "{% macro box() %}[{{ caller() }}]{% endmacro %}",
    },
    "round caller() in an imported macro": {
        "t.j2": '{% from "m.j2" import box %}{% set s %}{% call box() %}x{% endcall %}{% endset %}¶{{ s }}',
        "m.j2": "{% macro box() %}[¶FAULT{{ caller() }}]{% endmacro %}",
    },
    "call with arguments": {
        "t.j2": "{% macro each(of) %}{% for i in of %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(x) each(items) %}{{ x }}¶FAULT{% endcall %}"
    },
    "call in a call": {
        "t.j2": "{% macro a() %}<{{ caller() }}>{% endmacro %}{% call a() %}{% call a() %} FAULT{% endcall %}{% endcall %}"
    },
    "macro in a set block in a macro": {
        "t.j2": "{% macro a() %}FAULT{% endmacro %}{% macro b() %}{% set s %}{{ a() }}{% endset %}¶{{ s }}{% endmacro %}{{ b() }}"
    },
    "macro of a macro's file": {
        "t.j2": '{% from "m.j2" import outer %}{{ outer() }}',
        "m.j2": '{% from "n.j2" import inner %}{% macro outer() %}a {{ inner() }}{% endmacro %}',
        "n.j2": "{% macro inner() %}¶ FAULT{% endmacro %}",
    },
    "include in a loop in an include": {
        "t.j2": 'a {% include "i.j2" %}',
        "i.j2": '{% for i in items %}{% include "k.j2" %}{% endfor %}',
        "k.j2": "{{ i }}¶FAULT",
    },
    "include of a list": {"t.j2": '{% include ["no.j2", "i.j2"] %}', "i.j2": "¶¶FAULT"},
    "include with a layout": {
        "t.j2": 'a {% include "i.j2" %}',
        "i.j2": '{% extends "l.j2" %}{% block inner %}¶FAULT{% endblock %}',
        "l.j2": "[{% block inner %}{% endblock %}]",
    },
    "scoped block in a loop": {"t.j2": "{% for i in items %}{% block inner scoped %}{{ i }}¶FAULT{% endblock %}{% endfor %}"},
    "self": {"t.j2": "{% block inner %}¶a FAULT{% endblock %} and {{ self.inner() }}"},
    "white space control": {"t.j2": "a  ¶  {%- if yes -%}  ¶  {{- name -}} ¶ {#- x -#} ¶ FAULT ¶ {%- endif -%} ¶ b"},
    "raw in a loop": {"t.j2": "{% for i in items %}{{ i }}{% raw -%} ¶ {x} FAULT{%- endraw %}{% endfor %}"},
    "filter block in a macro": {"t.j2": "{% macro m() %}{% filter trim %}¶ FAULT ¶{% endfilter %}{% endmacro %}a {{ m() }}"},
    "with in an if in a for": {
        "t.j2": "{% for i in items %}{% if loop.last %}{% with x = i %}{{ x }}¶FAULT{% endwith %}{% endif %}{% endfor %}"
    },
    "trans with a singular": {
        "t.j2": "{% trans count=items[:1]|length %}¶one FAULT{% pluralize %}{{ count }} of them{% endtrans %}"
    },
    "trans with a plural": {
        "t.j2": "{% trans count=items|length %}one{% pluralize %}{{ count }} of¶FAULT of them{% endtrans %}"
    },
    "trans in a loop in a macro": {
        "t.j2": "{% macro m() %}{% for i in items %}{% trans i=i %}{{ i }}¶FAULT{% endtrans %}{% endfor %}{% endmacro %}{{ m() }}"
    },
    "namespace": {"t.j2": "{% set ns = namespace(x='') %}{% for i in items %}{% set ns.x = i %}{% endfor %}{{ ns.x }}¶FAULT"},
    "values around": {"t.j2": "{{ name }}{{ name|upper }}{{ name|length }}¶{{ items|join(', ') }} FAULT {{ name }}"},
    "a variant in a variant": {
        "t.j2": "{% if not yes %}{% for i in empty %}¶FAULT{% endfor %}{% endif %}z"
    },
}  # fmt: skip

LAYOUTS: dict[str, dict[str, str]] = {
    "super of super": {
        "t.j2": '{% extends "m.j2" %}HEADS{% block inner %}c {{ super() }}{% endblock %}',
        "m.j2": '{% extends "l.j2" %}{% block inner %}b {{ super() }}{% endblock %}',
        "l.j2": "STARTa {% block inner %}¶FAULT{% endblock %}END",
    },
    "in the middle of super": {
        "t.j2": '{% extends "m.j2" %}HEADS{% block inner %}c {{ super() }} d{% endblock %}',
        "m.j2": '{% extends "l.j2" %}{% block inner %}b {{ super() }}¶FAULT{% endblock %}',
        "l.j2": "START{% block inner %}a{% endblock %}END",
    },
    "block in a block": {
        "t.j2": '{% extends "l.j2" %}HEADS{% block within %}¶ FAULT{% endblock %}',
        "l.j2": "START{% block inner %}a {% block within %}x{% endblock %}{% endblock %}END",
    },
    "super in a loop": {
        "t.j2": '{% extends "l.j2" %}HEADS{% block inner %}{% for i in items %}{{ super() }}{% endfor %}{% endblock %}',
        "l.j2": "START{% block inner %}a¶ FAULT{% endblock %}END",
    },
    "super in a set in a call": {
        "t.j2": '{% extends "l.j2" %}HEADS{% macro w() %}({{ caller() }}){% endmacro %}'
        "{% block inner %}{% call w() %}{% set s %}{{ super() }}{% endset %}{{ s }}{% endcall %}{% endblock %}",
        "l.j2": "START{% block inner %}a¶ FAULT{% endblock %}END",
    },
    "super in autoescape": {
        "t.j2": '{% extends "l.j2" %}HEADS{% block inner %}{% autoescape false %}{{ super() }}{% endautoescape %}{% endblock %}',
        "l.j2": "START{% block inner %}{{ name }}¶ FAULT{% endblock %}END",
    },
    "macro of a layout's file": {
        "t.j2": '{% extends "l.j2" %}HEADS{% from "m.j2" import box %}{% block inner %}{{ box(name) }}{% endblock %}',
        "m.j2": "{% macro box(x) %}{{ x }}¶FAULT{% endmacro %}",
        "l.j2": "START{% block inner %}{% endblock %}END",
    },
}  # fmt: skip

#: What a filter makes of text is found at the filter's own tag when it can be none of the text's places.
FILTERED: dict[str, dict[str, str]] = {
    "replaced in a block": {"t.j2": "a {% filter replace('y', 'zz') %}y¶PLAIN{% endfilter %}"},
    "wrapped in a block": {"t.j2": "a {% filter indent(8, true) %}b¶PLAIN{% endfilter %}"},
    "a set block replaced": {"t.j2": "{% set s %}y PLAIN{% endset %}a¶ ⟦{{ s|replace('y', 'zz') }}⟧"},
    "a macro's text replaced": {"t.j2": "{% macro m() %}y PLAIN{% endmacro %}a¶ ⟦{{ m()|replace('y', 'zz') }}⟧"},
    "a constant": {"t.j2": "a¶ ⟦{{ 'CONSTANT'|safe }}⟧"},
    "a constant that is joined": {"t.j2": "a¶ ⟦{{ ('x ' ~ 'CONSTANT')|safe }}⟧"},
}  # fmt: skip


def files_of(files: dict[str, str], sink: str) -> dict[str, str]:
    """The templates with the fault of a sink planted in them."""
    fault, _ = SINKS[sink]
    before, after = AROUND[sink]
    plain = fault.replace("⟦", "").replace("⟧", "")
    values = {
        "FAULT": fault, "PLAIN": plain, "CONSTANT": plain.replace("'", "\\'"), "START": before, "END": after,
        "HEADS": "{% block from %}Acme <hello@acme-shop.com>{% endblock %}{% block to %}b@reader.example{% endblock %}",
        "¶": " " if sink == "field" else "\n",
    }  # fmt: skip
    made = {}
    for name, text in files.items():
        for word, value in values.items():
            text = text.replace(word, value)
        made[name] = text
    return made


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("files", NESTED.values(), ids=NESTED)
def test_a_fault_in_nested_constructs_is_found_at_its_words(tmp_path: Path, files: dict[str, str], sink: str) -> None:
    check(tmp_path, files_of(files, sink), *AROUND[sink], SINKS[sink][1])


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_a_fault_in_layouts_of_layouts_is_found_at_its_words(tmp_path: Path, files: dict[str, str], sink: str) -> None:
    check(tmp_path, files_of(files, sink), "", "", SINKS[sink][1])


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("files", FILTERED.values(), ids=FILTERED)
def test_a_fault_in_what_a_filter_made_is_found_at_the_filter(tmp_path: Path, files: dict[str, str], sink: str) -> None:
    """At the tag or the expression; no more can be said."""
    made = files_of(files, sink)
    if "⟦" not in made["t.j2"]:
        start = made["t.j2"].index("{% filter")
        end = made["t.j2"].index("%}", start) + 2
        made["t.j2"] = f"{made['t.j2'][:start]}⟦{made['t.j2'][start:end]}⟧{made['t.j2'][end:]}"
    check(tmp_path, made, *AROUND[sink], SINKS[sink][1])
