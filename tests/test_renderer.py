"""Templates as the format describes them: blocks, sinks, escaping, files without blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import MakeEngine

from mailtemplates import Attachment, HeaderError, Parts

FROM = "{% block from %}Acme <hello@acme.example>{% endblock %}"
ANN = {"name": "Ann", "email": "ann@x.example"}


def parts(make_engine: MakeEngine, source: str, data: dict[str, Any] | None = None, **files: Any) -> Parts:
    templates = {"t.j2": source, **{name.replace("__", "/"): text for name, text in files.items()}}
    return make_engine(templates).render("t.j2", data or {}).parts


def shown(rendered: Parts, name: str) -> str:
    field = rendered.field(name)
    assert field is not None
    return str(field.value)


HEADER_CASES = [
    ("to", "{{ u.name }} <{{ u.email }}>", {"u": ANN}, "Ann <ann@x.example>"),
    ("to", "{{ u.name }} <{{ u.email }}>", {"u": {**ANN, "name": 'Eve, Inc." <x@y>'}}, '"Eve, Inc.\\" <x@y>" <ann@x.example>'),
    ("to", "{{ u|mailbox }}", {"u": ANN}, "Ann <ann@x.example>"),
    ("to", "{{ us|mailboxes }}", {"us": [ANN, "b@x.example"]}, "Ann <ann@x.example>, b@x.example"),
    ("to", "{{ u.email }}", {"u": ANN}, "ann@x.example"),
    ("to", "{{ id }}@reply.acme.example", {"id": "r7"}, "r7@reply.acme.example"),
    ("to", "{% for u in us %}{{ u|mailbox }}{% if not loop.last %}, {% endif %}{% endfor %}", {"us": [ANN, "b@x.example"]},
     "Ann <ann@x.example>, b@x.example"),
    ("cc", "\n  Ann <ann@x.example>,\n  Bob <bob@x.example>\n", {}, "Ann <ann@x.example>, Bob <bob@x.example>"),
    ("subject", "  Hello\n   {{ n }},\n welcome  ", {"n": "A & B <b>"}, "Hello A & B <b>, welcome"),
    ("subject", "{% if n %}yes{% else %}no{% endif %}", {"n": 0}, "no"),
    ("subject", "{{ n|e }} {{ n|safe }}", {"n": "a<b"}, "a<b a<b"),
    ("subject", "{% autoescape true %}{{ n }}{% endautoescape %}", {"n": "a&b"}, "a&b"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "source", "data", "expected"), HEADER_CASES)
def test_header_blocks(make_engine: MakeEngine, block: str, source: str, data: dict[str, Any], expected: str) -> None:
    source = f"{{% block {block} %}}{source}{{% endblock %}}{{% block html %}}x{{% endblock %}}"
    assert shown(parts(make_engine, source, data), block) == expected


def test_sinks_escape_apart(make_engine: MakeEngine) -> None:
    source = (
        "{% block subject %}{{ n }}{% endblock %}{% block html %}<p title='{{ n }}'>{{ n }}</p>{% endblock %}"
        "{% block text %}{{ n }}{% endblock %}"
    )
    rendered = parts(make_engine, source, {"n": "<b> & 'co'"})
    assert rendered.subject == "<b> & 'co'"
    assert rendered.html == "<p title='&lt;b&gt; &amp; &#39;co&#39;'>&lt;b&gt; &amp; &#39;co&#39;</p>"
    assert rendered.text == "<b> & 'co'\n"


MACROS = "{% macro person(u) %}{{ u.name }} <{{ u.email }}>{% endmacro %}{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}"


def test_macros_sets_and_includes_follow_the_sink_they_are_used_in(make_engine: MakeEngine) -> None:
    source = (
        '{% import "m.j2" as m %}{% set shop = "A&B" %}{% set whole %}{{ u.name }} of {{ shop }}{% endset %}'
        "{% block to %}{{ m.person(u) }}{% endblock %}{% block subject %}{{ whole }}{% endblock %}"
        '{% block html %}{{ m.b(u.name) }}{% include "i.j2" %}{{ whole }}{% endblock %}'
        '{% block text %}{{ m.b(u.name) }}{% include "i.j2" %}{{ whole }}{% endblock %}'
    )
    user = {"name": "A<,>B", "email": "a@x.example"}
    rendered = parts(make_engine, source, {"u": user}, **{"m.j2": MACROS, "i.j2": "[{{ u.name }}]"})
    assert shown(rendered, "To") == '"A<,>B" <a@x.example>'
    assert rendered.subject == "A<,>B of A&B"
    assert rendered.html == "<b>A&lt;,&gt;B</b>[A&lt;,&gt;B]A&lt;,&gt;B of A&amp;B"
    assert rendered.text == "<b>A<,>B</b>[A<,>B]A<,>B of A&B\n"


def test_blocks_inherit_override_and_call_super(make_engine: MakeEngine) -> None:
    base = (
        FROM + "{% block subject %}Acme: {% block topic %}news{% endblock %}{% endblock %}"
        "{% block headers %}X-Base: 1{% endblock %}"
        "{% block html %}<main>{% block content %}base{% endblock %}</main>{% endblock %}"
    )
    middle = '{% extends "base.j2" %}{% block content %}[{{ super() }}]{% endblock %}'
    child = (
        '{% extends "middle.j2" %}{% set name = "Ann" %}{% block topic %}for {{ name }}{% endblock %}'
        "{% block headers %}{{ super() }}\nX-Child: 2{% endblock %}"
        "{% block content %}({{ super() }}){{ self.topic() }}{% endblock %}"
    )
    rendered = parts(make_engine, child, {}, **{"base.j2": base, "middle.j2": middle})
    assert rendered.subject == "Acme: for Ann"
    assert rendered.html == "<main>([base])for Ann</main>"
    assert [(field.name, str(field.value)) for field in rendered.fields if field.name.startswith("X-")] == [
        ("X-Base", "1"),
        ("X-Child", "2"),
    ]


def test_empty_header_blocks_are_no_fields(make_engine: MakeEngine) -> None:
    rendered = parts(make_engine, "{% block cc %}  {% endblock %}{% block html %}x{% endblock %}")
    assert rendered.field("Cc") is None


def test_the_text_is_made_from_html_when_there_is_no_block(make_engine: MakeEngine) -> None:
    rendered = parts(make_engine, "{% block html %}<p>Hi <a href='https://x.example/'>there</a></p>{% endblock %}")
    assert rendered.text == "Hi there <https://x.example/>\n"


def test_the_preheader_is_hidden_in_the_html_and_left_out_of_the_text(make_engine: MakeEngine) -> None:
    source = "{% block preheader %}A & B\n  soon{% endblock %}{% block html %}<body><p>Hi</p></body>{% endblock %}"
    rendered = parts(make_engine, source)
    assert rendered.html is not None
    assert rendered.html.startswith('<body><div style="display:none')
    assert "A &amp; B soon" in rendered.html
    assert rendered.text == "Hi\n"


WHOLE_FILES = [
    ("<title>Hi &amp; {{ n }}</title><p>{{ n }}</p>", "Hi & <b>", "<title>Hi &amp; &lt;b&gt;</title><p>&lt;b&gt;</p>", "<b>\n"),
    ("Hello {{ n }},\nbye", "", None, "Hello <b>,\nbye\n"),
    ("{% set x = 1 %}<p>{{ x }}</p>", "", "<p>1</p>", "1\n"),
    ('{% extends "l.j2" %}{% block body %}<i>{{ n }}</i>{% endblock %}', "T", "<title>T</title><i>&lt;b&gt;</i>", "<b>\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "subject", "html", "text"), WHOLE_FILES, ids=["html", "text", "statement", "author's blocks"]
)
def test_files_without_reserved_blocks_are_taken_as_they_are(
    make_engine: MakeEngine, source: str, subject: str, html: str | None, text: str
) -> None:
    layout = "<title>T</title>{% block body %}{% endblock %}"
    rendered = parts(make_engine, source, {"n": "<b>"}, **{"l.j2": layout})
    assert (rendered.subject, rendered.html, rendered.text) == (subject, html, text)


def test_a_file_with_header_blocks_only_is_its_own_body(make_engine: MakeEngine) -> None:
    rendered = parts(make_engine, "{% block subject %}S{% endblock %}<p>{{ 1 }}</p>")
    assert (rendered.subject, rendered.html) == ("S", "<p>1</p>")


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_inline_attaches_a_related_part_once(make_engine: MakeEngine) -> None:
    source = (
        '{% block html %}<img src="{{ inline("a/logo.png") }}"><img src="{{ inline("a/logo.png") }}">{% endblock %}'
    )
    engine = make_engine({"t.j2": source, "a/logo.png": PNG})
    rendered = engine.render("t.j2").parts
    (part,) = rendered.related
    assert part.content == PNG
    assert part.media_type == "image/png"
    assert (rendered.html or "").count(f"cid:{(part.content_id or '').strip('<>')}") == 2


def test_inline_and_attach_work_in_imported_macros(make_engine: MakeEngine) -> None:
    files = {
        "t.j2": '{% from "m.j2" import pic, file %}{% block html %}{{ pic() }}{% endblock %}'
        "{% block attachments %}{{ file() }}{% endblock %}",
        "m.j2": '{% macro pic() %}<img src="{{ inline("l.png") }}">{% endmacro %}'
        '{% macro file() %}{{ attach("l.png", filename="x.png") }}{% endmacro %}',
        "l.png": PNG,
    }
    rendered = make_engine(files).render("t.j2").parts
    assert [part.filename for part in rendered.related] == ["l.png"]
    assert [part.filename for part in rendered.attachments] == ["x.png"]


def test_octets_from_data_can_be_attached(make_engine: MakeEngine) -> None:
    source = (
        '{% block html %}<img src="{{ inline(qr, filename="qr.png") }}">{% endblock %}'
        '{% block attachments %}{{ attach(qr, filename="qr.png") }}{% endblock %}'
    )
    rendered = make_engine({"t.j2": source}).render("t.j2", {"qr": PNG}).parts
    assert [part.content for part in (*rendered.related, *rendered.attachments)] == [PNG, PNG]


def test_the_call_overrides_the_template(make_engine: MakeEngine) -> None:
    source = (
        FROM + "{% block to %}{{ missing }}{% endblock %}{% block subject %}S{% endblock %}"
        "{% block headers %}X-A: 1\nX-B: 2{% endblock %}{% block html %}x{% endblock %}"
    )
    rendered = (
        make_engine({"t.j2": source})
        .render(
            "t.j2",
            to=[{"name": "Ann", "email": "ann@x.example"}, "Bob <bob@x.example>"],
            from_="Me <me@x.example>",
            subject="Other",
            headers={"X-B": "3", "X-C": "4"},
            attachments=[Attachment.from_bytes(PNG, filename="a.png")],
        )
        .parts
    )
    assert shown(rendered, "To") == "Ann <ann@x.example>, Bob <bob@x.example>"
    assert shown(rendered, "From") == "Me <me@x.example>"
    assert rendered.subject == "Other"
    assert [(field.name, str(field.value)) for field in rendered.fields if field.name.startswith("X-")] == [
        ("X-A", "1"),
        ("X-B", "3"),
        ("X-C", "4"),
    ]
    assert [part.filename for part in rendered.attachments] == ["a.png"]


def test_amp_and_calendar_blocks(make_engine: MakeEngine) -> None:
    source = (
        "{% block html %}<p>x</p>{% endblock %}{% block amp %}<!doctype html><html ⚡4email>{{ n }}</html>{% endblock %}"
        "{% block calendar %}\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n{% endblock %}"
    )
    rendered = parts(make_engine, source, {"n": "<"})
    assert rendered.amp == "<!doctype html><html ⚡4email>&lt;</html>"
    assert rendered.calendar == "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n"


def test_data_never_makes_a_recipient(make_engine: MakeEngine, tmp_path: Path) -> None:
    """The leak of a released peer: data that becomes a Bcc recipient."""
    source = "{% block to %}{{ n }} <a@x.example>{% endblock %}{% block html %}x{% endblock %}"
    with pytest.raises(HeaderError, match="n"):
        parts(make_engine, source, {"n": "Eve\r\nBcc: victim@x.example"})
    rendered = parts(make_engine, source, {"n": "Eve <eve@x.example>, Bcc: victim@x.example"})
    assert shown(rendered, "To") == '"Eve <eve@x.example>, Bcc: victim@x.example" <a@x.example>'


def test_an_authors_text_stays_as_it_is(make_engine: MakeEngine) -> None:
    """But for blank lines around it: the space of a signature's ``-- `` (RFC 3676 §4.3) is kept."""
    rendered = parts(make_engine, "{% block text %}\n\n  Hi {{ n }}\n\n-- \nAcme\n  \n{% endblock %}", {"n": "A&B"})
    assert rendered.text == "  Hi A&B\n\n-- \nAcme\n"
    assert rendered.html is None


STATIC = [
    ("A <a@x.example>", True),
    ("{# note #}A{{ ' <' }}a@x.example>", True),
    ("{% if vip %}V{% else %}A{% endif %} <a@x.example>", False),
    ("{{ vip }} <a@x.example>", False),
    ("{% for n in [1] %}A{% endfor %} <a@x.example>", False),
    ("{% set x = 1 %}A{{ x }} <a@x.example>", False),
    ("{% trans %}A{% endtrans %} <a@x.example>", False),
    ("{% include 'n.j2' %} <a@x.example>", False),
    ("{{ super() }}", False),
]


@pytest.mark.parametrize(("source", "static"), STATIC)
def test_only_a_block_that_looks_nothing_up_is_remembered(make_engine: MakeEngine, source: str, static: bool) -> None:
    """A header block is read once when it prints its own text only; any other is rendered each time."""
    files = {"l.j2": "{% block from %}L <l@x.example>{% endblock %}{% block html %}x{% endblock %}", "n.j2": "N",
             "t.j2": "{% extends 'l.j2' %}{% block from %}" + source + "{% endblock %}"}  # fmt: skip
    engine = make_engine(dict(files))
    shown_names = [shown(engine.render("t.j2", {"vip": vip}).parts, "From") for vip in ("", "x", "")]
    assert shown_names[0] == shown_names[2]
    assert len([fields for fields in engine._renderer.static_fields.values() if fields]) == static
    if "vip" in source:
        assert shown_names[0] != shown_names[1]
