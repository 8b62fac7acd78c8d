"""Every kind of bad input: one clear error with its place and a cure, never a foreign exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import MakeEngine

from mailtemplates import (
    AddressError,
    AttachmentError,
    Engine,
    HeaderError,
    LimitError,
    MailTemplatesError,
    SettingsError,
    TemplateError,
    UndefinedError,
)

HTML = "{% block html %}<p>x</p>{% endblock %}"
FROM = "{% block from %}a@x.example{% endblock %}"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20

# name: (files, data, error, place, words)
CASES: dict[str, tuple[dict[str, str | bytes], dict[str, Any], type[MailTemplatesError], str, str]] = {
    "unknown tag": ({"t.j2": "a\n  {% foo %}"}, {}, TemplateError, "t.j2:2:6", "there is no tag `foo`"),
    "unclosed block": ({"t.j2": "{% block html %}\nx"}, {}, TemplateError, "t.j2:1:4", "endblock"),
    "unclosed expression": ({"t.j2": "x\n{{ a "}, {}, TemplateError, "t.j2:2:1", "`{{` is not closed"),
    "unknown filter": (
        {"t.j2": "{% block html %}\n <p>{{ 'a'|uper }}{% endblock %}"}, {}, TemplateError, "t.j2:2:12", "did you mean 'upper'",
    ),
    "block twice": ({"t.j2": "{% block html %}{% endblock %}\n{% block html %}{% endblock %}"}, {}, TemplateError,
                    "t.j2:2", "defined twice"),
    "missing include": (
        {"t.j2": "{% block html %}\n\n{% include 'part.j2' %}{% endblock %}", "parts.j2": ""}, {},
        TemplateError, "t.j2:3", "did you mean 'parts.j2'",
    ),
    "missing layout": ({"t.j2": "{% extends 'base.j2' %}"}, {}, TemplateError, "t.j2:1", "no template 'base.j2'"),
    "missing import": ({"t.j2": "\n{% import 'm.j2' as m %}" + HTML}, {}, TemplateError, "t.j2:2", "no template 'm.j2'"),
    "include loop": (
        {"t.j2": "{% block html %}{% include 'a.j2' %}{% endblock %}", "a.j2": "\n{% include 'b.j2' %}",
         "b.j2": "{% include 'a.j2' %}"}, {}, TemplateError, ".j2:", "a.j2 → b.j2",
    ),
    "brackets in brackets": (
        {"t.j2": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"}, {}, TemplateError, "t.j2", "nests too deeply",
    ),
    "extends loop": ({"t.j2": "{% extends 't.j2' %}"}, {}, TemplateError, "t.j2:1", "without end"),
    "endless macro": (
        {"t.j2": "{% macro m() %}{{ m() }}{% endmacro %}{% block html %}{{ m() }}{% endblock %}"}, {},
        TemplateError, "t.j2:1", "without end",
    ),
    "undefined name": (
        {"t.j2": "{% block html %}\n<p>{{ usr.name }}</p>{% endblock %}"}, {"user": {}}, UndefinedError, "t.j2:2:7", "did you mean 'user'",
    ),
    "undefined attribute": (
        {"t.j2": "{% block html %}\n<p>{{ user.nmae }}</p>{% endblock %}"}, {"user": {"name": 1}},
        UndefinedError, "t.j2:2:12", "did you mean 'name'",
    ),
    "undefined in layout": (
        {"t.j2": "{% extends 'l.j2' %}", "l.j2": "\n\n{% block html %}{{ nope }}{% endblock %}"}, {},
        UndefinedError, "l.j2:3:20", "'nope' is undefined",
    ),
    "undefined in subject": ({"t.j2": HTML + "\n{% block subject %}{{ x }}{% endblock %}"}, {}, UndefinedError, "t.j2:2:23", "'x' is undefined"),
    "undefined in a condition": ({"t.j2": "{% block html %}{% if x %}{% endif %}{% endblock %}"}, {}, UndefinedError, "t.j2:1", "'x'"),
    "division": ({"t.j2": "{% block html %}\n{{ 1 / n }}{% endblock %}"}, {"n": 0}, TemplateError, "t.j2:2", "ZeroDivisionError"),
    "wrong type": ({"t.j2": "{% block html %}\n{{ 1 + n }}{% endblock %}"}, {"n": "a"}, TemplateError, "t.j2:2", "TypeError"),
    "not UTF-8": ({"t.j2": "{% block html %}\nGrüße aus Köln{% endblock %}".encode("latin-1")}, {}, TemplateError, "t.j2:2:3", "not UTF-8"),
    "no body": ({"t.j2": "{% block subject %}x{% endblock %}"}, {}, TemplateError, "t.j2", "no html and no text"),
    "newline in subject": ({"t.j2": HTML + "\n{% block subject %}Hi {{ n }}{% endblock %}"}, {"n": "a\r\nBcc: x@y"}, HeaderError, "t.j2:2:26", "`n`"),
    "NUL in subject": ({"t.j2": HTML + "{% block subject %}{{ n }}{% endblock %}"}, {"n": "a\0"}, HeaderError, "t.j2:1", "`n`"),
    "bidi in name": ({"t.j2": HTML + "\n\n{% block to %}{{ u.n }} <a@x.example>{% endblock %}"}, {"u": {"n": "a\u202eb"}}, HeaderError, "t.j2:3:18", "`u.n`"),
    "list in address": ({"t.j2": HTML + "{% block to %}{{ a }}{% endblock %}"}, {"a": "a@x.example, b@x.example"}, AddressError, "t.j2:1", "mailbox"),
    "bad address": ({"t.j2": HTML + "{% block to %}{{ u|mailbox }}{% endblock %}"}, {"u": {"email": "a..b@x"}}, AddressError, "t.j2:1", "a..b@x"),
    "reserved field": ({"t.j2": HTML + "\n{% block headers %}\nContent-Type: x\n{% endblock %}"}, {}, HeaderError, "t.j2:2", "Content-Type"),
    "no colon": ({"t.j2": HTML + "\n{% block headers %}X-Foo bar{% endblock %}"}, {}, HeaderError, "t.j2:2", "not a header field"),
    "newline in other field": ({"t.j2": HTML + "{% block headers %}X-A: {{ n }}{% endblock %}"}, {"n": "a\nX-B: c"}, HeaderError, "t.j2:1", "`n`"),
    "missing attachment": (
        {"t.j2": HTML + "\n{% block attachments %}{{ attach('files/term.pdf') }}{% endblock %}", "files/terms.pdf": b"%PDF-1.4"}, {},
        AttachmentError, "t.j2:2", "did you mean 'files/terms.pdf'",
    ),
    "attachment above": ({"t.j2": "{% block html %}{{ inline('../x.png') }}{% endblock %}", "../x.png": PNG}, {}, AttachmentError, "t.j2:1", "outside"),
    "absolute attachment": ({"t.j2": "{% block html %}{{ inline('/etc/passwd') }}{% endblock %}"}, {}, AttachmentError, "t.j2:1", "outside"),
    "file name with path": (
        {"t.j2": HTML + "{% block attachments %}{{ attach('a.png', filename='../a.png') }}{% endblock %}", "a.png": PNG}, {},
        AttachmentError, "t.j2:1", "a.png",
    ),
    "inline in subject": ({"t.j2": HTML + "{% block subject %}{{ inline('a.png') }}{% endblock %}", "a.png": PNG}, {}, AttachmentError, "t.j2:1", "subject"),
    "attach in html": ({"t.j2": "{% block html %}{{ attach('a.png') }}{% endblock %}", "a.png": PNG}, {}, AttachmentError, "t.j2:1", "attachments"),
    "template above": ({"t.j2": "{% include '../x.j2' %}", "../x.j2": "secret"}, {}, TemplateError, "t.j2:1", "no template"),
    "expression that cannot be computed": (
        {"t.j2": "{% block html %}a {{ 'b' }} {{ n + 3 }}{% endblock %}"}, {"n": "a"}, TemplateError, "t.j2:1:32", "can only concatenate",
    ),
    "what a loop runs over": ({"t.j2": "{% block html %}a{% for x in n %}{% endfor %}{% endblock %}"}, {"n": 1}, TemplateError, "t.j2:1:21", "not iterable"),
    "expression of several lines": (
        {"t.j2": "{% block html %}\n{{ u\n  .name\n  .foo }}{% endblock %}"}, {"u": {"name": "a"}}, UndefinedError, "t.j2:4:4", "'foo'",
    ),
    "the second of two alike": (
        {"t.j2": "{% block html %}{{ a.x }} {{ b.x }}{% endblock %}"}, {"a": {"x": 1}, "b": {}}, UndefinedError, "t.j2:1:32", "'x'",
    ),
    "undefined in a translation": ({"t.j2": "{% block html %}{% trans %}Hi {{ x }}{% endtrans %}{% endblock %}"}, {}, UndefinedError, "t.j2:1:34", "'x'"),
    "undefined in a list": (
        {"t.j2": "{% block html %}{{ us|map(attribute='x')|list }}{% endblock %}"}, {"us": [{"y": 1}]}, UndefinedError, "t.j2:1:38", "'x'",
    ),
    "undefined in a mapping": ({"t.j2": "{% block html %}{{ {'a': u.x} }}{% endblock %}"}, {"u": {}}, UndefinedError, "t.j2:1:28", "'x'"),
    "undefined in JSON": ({"t.j2": "{% block html %}{{ u.x|tojson }}{% endblock %}"}, {"u": {}}, TemplateError, "t.j2:1:20", "an undefined value"),
    "unknown test": ({"t.j2": "{% block html %}{% if 1 is devided %}{% endif %}{% endblock %}"}, {}, TemplateError, "t.j2:1:28", "did you mean 'defined'"),
    "unfinished attribute": ({"t.j2": "{% block html %}<p>{{ user. }}{% endblock %}"}, {}, TemplateError, "t.j2:1:29", "expected name"),
    "break outside a loop": ({"t.j2": "{% block html %}\n {% break %}{% endblock %}"}, {}, TemplateError, "t.j2:2:5", "'break' outside loop"),
    "no parent block": ({"t.j2": "{% block html %}{{ super() }}{% endblock %}"}, {}, UndefinedError, "t.j2:1:20", "remove super()"),
    "missing macro": (
        {"t.j2": "{% block html %}{% from 'm.j2' import a %}{{ a() }}{% endblock %}", "m.j2": ""}, {}, UndefinedError, "t.j2:1:46", "mend the name",
    ),
    "argument that is not given": (
        {"t.j2": "{% block html %}{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}{% endblock %}"}, {}, UndefinedError, "t.j2:1:36", "where the macro is called",
    ),
    "include of nothing": ({"t.j2": "{% block html %}{% include n %}{% endblock %}"}, {"n": None}, TemplateError, "t.j2:1:20", "empty or None"),
    "attachment of nothing": ({"t.j2": HTML + "{% block attachments %}{{ attach(n) }}{% endblock %}"}, {"n": None}, AttachmentError, "t.j2:1:65", "no path"),
    "undefined attachment": ({"t.j2": HTML + "{% block attachments %}{{ attach(n) }}{% endblock %}"}, {}, UndefinedError, "t.j2:1:72", "'n' is undefined"),
    "attachment of another suffix": (
        {"t.j2": HTML + "{% block attachments %}{{ attach('a/b.jpg') }}{% endblock %}", "a/b.png": PNG}, {}, AttachmentError, "t.j2:1:65", "did you mean 'a/b.png'",
    ),
    "field of several": ({"t.j2": HTML + "{% block headers %}\nX-A: b\nDate: soon\n{% endblock %}"}, {}, HeaderError, "t.j2:3:1", "soon"),
    "recipient": ({"t.j2": HTML + "{% block to %}Bob bob@x.example{% endblock %}"}, {}, AddressError, "t.j2:1:42", "white space"),
    "linked stylesheet of a layout": (
        {"t.j2": "{% extends 'l.j2' %}", "l.j2": "{% block html %}\n  <link rel=stylesheet href=a.css>\n{% endblock %}"}, {}, AttachmentError,
        "l.j2:2:3", "a.css",
    ),
    "linked stylesheet": ({"t.j2": '<html><head><link rel="stylesheet" href="css/a.css"></head><p>x</p>'}, {}, MailTemplatesError, "t.j2:1:13", "css/a.css"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_an_error_with_place_and_cure(make_engine: MakeEngine, name: str) -> None:
    files, data, kind, place, words = CASES[name]
    with pytest.raises(MailTemplatesError) as caught:
        make_engine(files).render("t.j2", data)
    shown = str(caught.value)
    assert isinstance(caught.value, kind), shown
    assert place in shown.split("\n")[0], shown
    assert not shown.startswith("html of"), shown
    assert words in shown, shown
    assert "\nhelp: " in shown, shown


HALF = "caf\u00e9 \ud83d"
LONG = "x" * 1000
HEAD = "{% block from %}a@x.example{% endblock %}\n"

LATE: dict[str, tuple[dict[str, str], str, str]] = {
    "half in the text": ({"t.j2": HEAD + "{% block text %}\nHi\n you {{ user.name }}{% endblock %}"}, "t.j2:4:9",
                         "`user.name` holds a lone surrogate (U+D83D)"),
    "half in the html": ({"t.j2": HEAD + "{% block html %}\n<p>é</p>\n<p>{{ user.name }}</p>{% endblock %}"}, "t.j2:4:4",
                         "the block html holds a lone surrogate"),
    "half in an attribute": (
        {"t.j2": HEAD + "{% block html %}<style>.a{color:red}</style>\n<p class='{{ user.name }}'>x</p>{% endblock %}"},
        "t.j2:3:11", "the block html holds",
    ),
    "half in a layout's block": (
        {"t.j2": "{% extends 'base.j2' %}\n{% block content %}\n\n{{ user.name }}{% endblock %}",
         "base.j2": HEAD + "{% block html %}<p>{% block content %}{% endblock %}</p>{% endblock %}"}, "t.j2:4:1",
        "the block html holds",
    ),
    "half in an include": (
        {"t.j2": HEAD + "{% block html %}\n<p>{% include 'part.j2' %}</p>{% endblock %}", "part.j2": "\n\n\n {{ user.name }}"},
        "part.j2:4:2", "the block html holds",
    ),
    "half in a macro": (
        {"t.j2": HEAD + "{% macro m(x) %}{{ x }}{% endmacro %}\n{% block html %}\n<p>{{ m(user.name) }}</p>{% endblock %}"},
        "t.j2:4:4", "the block html holds",
    ),
    "half in the template itself": ({"t.j2": HEAD + '{% block html %}\n<p>{{ "\\ud83d" }}</p>{% endblock %}'}, "t.j2:2:1",
                                    "the block html holds"),
    "half in the preheader": (
        {"t.j2": HEAD + "{% block preheader %}{{ user.name }}{% endblock %}\n{% block html %}<p>x</p>{% endblock %}"},
        "t.j2:2:", "`user.name` holds",
    ),
    "half in amp": (
        {"t.j2": HEAD + "{% block html %}<p>x</p>{% endblock %}\n{% block amp %}\n{{ user.name }}{% endblock %}"}, "t.j2:4:1",
        "the block amp holds",
    ),
    "half in a calendar": (
        {"t.j2": HEAD + "{% block text %}x{% endblock %}\n{% block calendar %}\n{{ user.name }}{% endblock %}"}, "t.j2:4:4",
        "`user.name` holds",
    ),
    "half in a html file": ({"t.j2": "<html>\n<p>{{ user.name }}</p></html>"}, "t.j2:2:4", "the template holds"),
    "half in a text file": ({"t.j2": "Hello\n\n{{ user.name }}"}, "t.j2:3:1", "the template holds"),
    "a long field": ({"t.j2": HEAD + "{% block headers %}\nX-A: b\nX-C: {{ user.id }}\n{% endblock %}" + HTML}, "t.j2:4:6",
                     "X-C: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` has 1000 octets and no place to fold it"),
    "a long field of the author": ({"t.j2": HEAD + "{% block headers %}\nX-A: " + LONG + "\n{% endblock %}" + HTML},
                                   "t.j2:2:", "X-A: `xxx"),
    "a long field of two values": (
        {"t.j2": HEAD + "{% block headers %}\nX-C: {{ user.id[:600] }}{{ user.id[:600] }}\n{% endblock %}" + HTML}, "t.j2:3:6",
        "X-C: `xxx",
    ),
    "a long message identifier": (
        {"t.j2": HEAD + "{% block headers %}\nFeedback-ID: a:{{ user.id }}\n{% endblock %}" + HTML}, "t.j2:3:", "Feedback-ID: `a:xxx",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("times", [1, 4], ids=["first", "known"])
def test_what_cannot_be_written_is_an_error_of_the_template(make_engine: MakeEngine, name: str, times: int) -> None:
    """It is seen at the render, with the place that prints it, and not in the octets. The shape of the html may be known
    from earlier renders."""
    files, place, words = LATE[name]
    engine = make_engine({**files})
    for number in range(times - 1):
        if "itself" not in name and "author" not in name:
            engine.render("t.j2", {"user": {"name": f"Ann{number}", "id": "b"}})
    with pytest.raises(MailTemplatesError) as caught:
        engine.render("t.j2", {"user": {"name": HALF, "id": LONG}})
    assert place in str(caught.value)
    assert words in caught.value.problem
    assert caught.value.source_line and caught.value.cure
    assert caught.value.source_line[:40] in str(caught.value)


def test_a_field_that_the_call_gives_and_that_cannot_be_folded_is_an_error_of_the_call(make_engine: MakeEngine) -> None:
    with pytest.raises(HeaderError, match=r"^X-A: `xxx"):
        make_engine({"t.j2": HEAD + HTML}).render("t.j2", headers={"X-A": LONG})


def test_what_can_be_folded_may_be_long(make_engine: MakeEngine) -> None:
    engine = make_engine({"t.j2": HEAD + "{% block subject %}{{ long }}{% endblock %}" + HTML})
    octets = (
        engine.render("t.j2", {"long": LONG}, headers={"X-A": "word " * 400}, to="a@b.example").message().as_bytes()
    )
    assert max(map(len, octets.split(b"\r\n"))) <= 998


MESSAGES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "no From": (HTML, {}, ":1:1", "no From"),
    "two authors": (HTML + "\n{% block from %}a@x.example, b@x.example{% endblock %}", {}, ":2:1", "no Sender"),
    "no METHOD": (f"{FROM}\n{HTML}\n{{% block calendar %}}BEGIN:VCALENDAR{{% endblock %}}", {}, ":3:1", "METHOD"),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("extended", [False, True], ids=["", "in a layout"])
def test_parts_that_make_no_message_are_an_error_at_their_block(
    make_engine: MakeEngine, name: str, extended: bool
) -> None:
    """Composing knows no template; whoever renders is told where the part is written all the same."""
    text, data, place, words = MESSAGES[name]
    files = {"t.j2": "{% extends 'l.j2' %}", "l.j2": text} if extended else {"t.j2": text}
    mail = make_engine(files).render("t.j2", data)
    with pytest.raises(MailTemplatesError, match=words) as caught:
        mail.message()
    shown = str(caught.value)
    file = "l.j2" if extended and place != ":1:1" else "t.j2"
    assert f"{file}{place}: " in shown.split("\n")[0], shown
    assert "\nhelp: " in shown
    assert shown.count(" | ") == 2, shown


def test_a_link_out_of_the_folder_is_refused(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine({"t.j2": "{% block html %}{{ inline('a.png') }}{% endblock %}"})
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "templates" / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(AttachmentError, match="outside"):
        engine.render("t.j2")
    (tmp_path / "templates" / "b.j2").symlink_to(tmp_path / "secret.png")
    with pytest.raises(TemplateError, match=r"no template 'b\.j2'"):
        engine.render("b.j2")


def test_a_name_that_does_not_exist_suggests_one(make_engine: MakeEngine) -> None:
    with pytest.raises(TemplateError, match=r"did you mean 'welcome\.j2'"):
        make_engine({"welcome.j2": HTML}).render("welcom.j2")


def test_a_missing_folder_is_a_settings_error(tmp_path: Path) -> None:
    from mailtemplates import Engine

    with pytest.raises(SettingsError, match="no template folder"):
        Engine(tmp_path / "none")


def test_a_cid_for_two_files_is_refused(make_engine: MakeEngine) -> None:
    from mailtemplates import Attachment

    one = Attachment.from_bytes(PNG, filename="a.png", content_id="logo@x.example")
    two = Attachment.from_bytes(PNG + b"1", filename="b.png", content_id="logo@x.example")
    source = "{% block html %}{{ inline(one) }}{{ inline(two) }}{% endblock %}"
    with pytest.raises(AttachmentError, match="twice"):
        make_engine({"t.j2": source}).render("t.j2", {"one": one, "two": two})


def test_a_large_value_is_rendered(make_engine: MakeEngine) -> None:
    """5 MB in one value: nothing quadratic, nothing over-long in the octets."""
    from conftest import STAMP

    engine = make_engine(
        {"t.j2": "{% block from %}a@x.example{% endblock %}{% block html %}<p>{{ v }}</p>{% endblock %}"}
    )
    octets = engine.render("t.j2", {"v": "word " * 1_000_000}).message(STAMP).as_bytes()
    assert max(map(len, octets.split(b"\r\n"))) <= 998


SANDBOXED = {
    "endless loop": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "endless recursion of loops": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "much output": "{% for a in range(9999) %}{{ 'x' * 1000 }}{% endfor %}",
    "multiplication": "{{ 'x' * 10 ** 9 }}",
    "power": "{{ 10 ** 1000000000 }}",
    "power in a macro": "{% macro m() %}{{ 9 ** 999999999 }}{% endmacro %}{{ m() }}",
    "large numbers": "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n }}",
    "doubling": "{% set ns = namespace(s='x' * 1000) %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "doubling by addition": "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "doubling by set": "{% set ns = namespace(s='xxxx') %}{% for i in range(60) %}{% set t %}{{ ns.s }}{{ ns.s }}{% endset %}"
    "{% set ns.s = t %}{% endfor %}",
    "center": "{{ 'x'|center(1000000000) }}",
    "ljust": "{{ 'x'.ljust(1000000000) }}",
    "width": "{{ '%999999999d' % 1 }}",
    "format filter": "{{ '%999999999d'|format(1) }}",
    "format method": "{{ '{:999999999}'.format(1) }}",
    "replace": "{{ ('x' * 100000).replace('x', 'y' * 100000) }}",
    "replace filter": "{{ ('x' * 100000)|replace('x', 'y' * 100000) }}",
    "join": "{{ (['x'] * 100000)|join('y' * 100000) }}",
    "join method": "{{ ('y' * 100000).join(['x'] * 100000) }}",
    "indent": "{{ ('\n' * 100000)|indent(100000) }}",
    "join of a range": "{{ range(99999)|join('y' * 100000) }}",
    "join of what is made on the way": "{{ range(99999)|map('string')|join('y' * 100000) }}",
    "join method of what is made on the way": "{{ ('y' * 100000).join(range(99999)|map('string')) }}",
    "join of octets": "{{ ('y' * 100000).encode().join([''.encode()] * 99999) }}",
    "octets": "{{ 'x'.encode().ljust(1000000000) }}",
    "octets of a number": "{{ (1).to_bytes(1000000000, 'big') }}",
    "a list of one long text": "{{ [['x' * 100000] * 10000] }}",
    "a list of one long text, as text": "{% set x = [['x' * 100000] * 10000] ~ '' %}",
    "a format that is given again and again": "{{ ('%(a)s' * 10000)|format(a='x' * 100000) }}",
    "a format method that is given again and again": "{{ ('{0}' * 10000).format('x' * 100000) }}",
    "the operator of formats": "{{ ('%(a)s' * 10000) % {'a': 'x' * 100000} }}",
    "a width in a width": "{{ '{0:{1}}'.format(1, 10 ** 9) }}",
    "indent by a text": "{{ ('\n' * 10000)|indent('x' * 100000) }}",
    "tabs": "{{ ('\t' * 10000).expandtabs(100000) }}",
    "words wrapped with a text": "{{ ('x' * 10000)|wordwrap(1, wrapstring='y' * 100000) }}",
    "list": "{{ ([1] * 10 ** 9)|length }}",
    "lipsum": "{{ lipsum(1000000) }}",
    "attributes": "{{ ''.__class__.__mro__ }}",
    "change of data": "{{ items.append(1) }}",
}


@pytest.mark.parametrize("name", SANDBOXED)
def test_the_sandbox_stops_what_grows_or_reaches_out(make_engine: MakeEngine, name: str) -> None:
    from mailtemplates import Limits

    engine = make_engine(
        {"t.j2": f"{{% block html %}}{SANDBOXED[name]}{{% endblock %}}"}, sandbox=True, limits=Limits(seconds=0.5)
    )
    with pytest.raises(TemplateError) as caught:
        engine.render("t.j2", {"items": [1]})
    if name not in {"attributes", "change of data", "endless recursion of loops", "lipsum"}:
        assert isinstance(caught.value, LimitError), str(caught.value)
    assert "help:" in str(caught.value)
    assert caught.value.location is not None
    assert caught.value.location.path.endswith("t.j2") and caught.value.location.line


def test_output_that_grows_over_the_limit_is_placed_where_it_does(make_engine: MakeEngine) -> None:
    from mailtemplates import Limits

    source = "{% block html %}<p>\n{% for i in range(1000) %}\n{{ i }}\n{% endfor %}{% endblock %}"
    with pytest.raises(LimitError) as caught:
        make_engine({"t.j2": source}, sandbox=True, limits=Limits(output=900)).render("t.j2", {})
    assert caught.value.location is not None
    assert (caught.value.location.path.endswith("t.j2"), caught.value.location.line) == (True, 3)


@pytest.mark.parametrize(
    "source",
    ["{{ 'a' ~ n }}{{ 2 ** 8 }}{{ 'ab' * 3 }}", "{{ n|replace('n', 'mm') }}{{ n|center(9) }}", "{{ '%5d' % 3 }}{{ [1, 2]|join(', ') }}",
     "{% for i in range(3) %}{{ loop.index }}{% endfor %}", "{{ '%s-%s'|format(n * 9999, 2) }}{{ '{:>8}'.format(n) }}",
     "{{ (n * 9999)|replace('%', '') ~ 7 }}{{ range(9)|map('string')|join(',') }}{{ 'a b'|wordwrap(1)|indent(2) }}",
     "{{ [1, {'a': n}] }}{{ {'a': 1}|xmlattr }}{{ 'see www.x.example'|urlize }}{{ [n]|tojson }}{{ none }}{{ 1.5 }}"],
)  # fmt: skip
def test_the_sandbox_renders_ordinary_templates(make_engine: MakeEngine, source: str) -> None:
    source = f"{{% block html %}}<p>{source}</p>{{% endblock %}}"
    free, boxed = make_engine({"t.j2": source}), make_engine({"t.j2": source}, sandbox=True)
    assert boxed.render("t.j2", {"n": "name"}).html == free.render("t.j2", {"n": "name"}).html


WARNED = {
    "css that does not parse": ("<style>p { colr red; margin: 0 }</style><p>x</p>", "t.j2:1:12: 'colr red' is not a declaration"),
    "a rule without an end": ("<style>p { color: red }\nb { color: blue</style><p>x</p>", "t.j2:2"),
    "an element that is not closed": ("<table><tr><td>\n<div><b>x</b></table>", "t.j2:2:1: <div> is not closed"),
    "a tag that is not closed": ("<p>x</p>\n<a href='x>y", "t.j2:2:1: a tag is not closed"),
    "a sheet elsewhere": ("<link rel=stylesheet href=https://x.example/a.css><p>x</p>", "https://x.example/a.css is not fetched"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_what_can_be_rendered_all_the_same_is_a_warning(make_engine: MakeEngine, name: str) -> None:
    """With its place, at the first render and when the plan is known."""
    html, words = WARNED[name]
    engine = make_engine({"t.j2": html + "\n{{ n }}"})
    for number in range(3):
        warnings = engine.render("t.j2", {"n": number}).parts.warnings
        assert any(words in warning for warning in warnings), warnings
        assert not any(warning.startswith("html of") for warning in warnings), warnings


def test_a_warning_has_the_place_in_a_layout_or_else_in_the_html(make_engine: MakeEngine) -> None:
    """A place in the html is all that is known of what data or a loop made."""
    layout = "\n{% block html %}\n  <style>p { colr red }</style>\n{% block content %}{% endblock %}{% endblock %}"
    engine = make_engine(
        {"t.j2": "{% extends 'l.j2' %}", "l.j2": layout, "u.j2": "{% block html %}<p>{{ s|safe }}{% endblock %}"}
    )
    [warning] = engine.render("t.j2").parts.warnings
    assert warning.endswith("l.j2:3:14: 'colr red' is not a declaration")
    [warning] = engine.render("u.j2", {"s": "<style>p { colr red }</style>"}).parts.warnings
    assert warning == "html of u.j2:1:15: 'colr red' is not a declaration"


def test_a_broken_declaration_does_not_spoil_the_rest(make_engine: MakeEngine) -> None:
    html = make_engine({"t.j2": WARNED["css that does not parse"][0]}).render("t.j2").html or ""
    assert '<p style="margin: 0">' in html


@pytest.mark.parametrize("first", [False, True], ids=["free first", "sandbox first"])
def test_what_was_compiled_without_the_sandbox_is_not_run_in_it(tmp_path: Path, first: bool) -> None:
    """One cache on disk serves both: neither takes the other's code."""
    from mailtemplates.template.bytecode import bytecode_cache

    (tmp_path / "t.j2").write_text("{% block html %}<p>{{ ('x' * 3000000)|length }}</p>{% endblock %}")
    for sandbox in (first, not first, first):
        engine = Engine(tmp_path, sandbox=sandbox, cache=bytecode_cache(tmp_path, ""))
        if sandbox:
            with pytest.raises(LimitError):
                engine.render("t.j2", {})
        else:
            assert engine.render("t.j2", {}).html == "<p>3000000</p>"


def test_compiled_templates_that_are_damaged_or_in_each_others_place_are_compiled_anew(tmp_path: Path) -> None:
    from mailtemplates.template.bytecode import bytecode_cache

    def rendered() -> list[str | None]:
        engine = Engine(tmp_path / "templates", cache=bytecode_cache(tmp_path, ""))
        return [engine.render(f"{name}.j2", {}).html for name in "ab"]

    (tmp_path / "templates").mkdir()
    for name in "ab":
        (tmp_path / "templates" / f"{name}.j2").write_text(f"<p>{name}</p>")
    assert rendered() == ["<p>a</p>", "<p>b</p>"]
    files = sorted((tmp_path / "bytecode").iterdir())
    assert files
    contents = [file.read_bytes() for file in files]
    for file, octets in zip(files, contents[1:] + contents[:1], strict=True):
        file.write_bytes(octets)
    assert rendered() == ["<p>a</p>", "<p>b</p>"]
    for file in files:
        file.write_bytes(file.read_bytes()[:-2] + b"xx")
    assert rendered() == ["<p>a</p>", "<p>b</p>"]
