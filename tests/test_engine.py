"""The engine as a web app holds it: reload, threads, locales, an application's own environment."""

from __future__ import annotations

import gettext
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from conftest import STAMP, MakeEngine
from jinja2.nativetypes import NativeEnvironment

from mailtemplates import DataError, Engine, LintError, Message, SettingsError, TemplateError

SOURCE = (
    "{% block from %}Acme <hello@acme.example>{% endblock %}{% block to %}{{ user|mailbox }}{% endblock %}"
    "{% block subject %}Hi {{ user.name }}{% endblock %}"
    "{% block html %}<style>p { color: red }</style><p>{{ user.name }}</p>{% endblock %}"
)
ANN = {"user": {"name": "Ann", "email": "ann@x.example"}}


def test_a_render_gives_parts_and_a_message(make_engine: MakeEngine) -> None:
    mail = make_engine({"t.j2": SOURCE}).render("t.j2", ANN)
    message = mail.message(stamp=STAMP)
    assert mail.html == '<p style="color: red">Ann</p>' or "color: red" in (mail.html or "")
    assert mail.text == "Ann\n"
    assert mail.subject == "Hi Ann"
    assert isinstance(message, Message)
    assert message.envelope.sender == "hello@acme.example"
    assert message.envelope.recipients == ("ann@x.example",)
    email = message.as_email()
    assert email["To"] == "Ann <ann@x.example>"
    assert email.get_content_type() == "multipart/alternative"


def test_the_stamp_is_optional_and_decides_the_octets(make_engine: MakeEngine) -> None:
    mail = make_engine({"t.j2": SOURCE}).render("t.j2", ANN)
    assert mail.message(STAMP).as_bytes() == mail.message(STAMP).as_bytes()
    assert mail.message().message_id != mail.message().message_id


def test_templates_reload_when_they_change(make_engine: MakeEngine, tmp_path: Path) -> None:
    path = tmp_path / "templates" / "t.j2"
    engine = make_engine({"t.j2": "<p>one</p>"})
    still = make_engine({"t.j2": "<p>one</p>"}, auto_reload=False)
    assert engine.render("t.j2").html == still.render("t.j2").html == "<p>one</p>"
    path.write_text("<p>two</p>")
    os.utime(path, ns=(1, 1))
    assert engine.render("t.j2").html == "<p>two</p>"
    assert still.render("t.j2").html == "<p>one</p>"


def test_schemas_are_checked_and_reload(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine({"t.j2": "<p>{{ n }}</p>"})
    assert engine.contract("t.j2") is None
    schema = tmp_path / "schemas" / "t.json"
    schema.parent.mkdir()
    schema.write_text('{"properties": {"n": {"type": "integer"}}, "examples": [{"n": 7}]}')
    assert engine.render("t.j2", engine.sample("t.j2")).html == "<p>7</p>"
    with pytest.raises(DataError, match=r"data\.n: expected integer"):
        engine.render("t.j2", {"n": "x"})
    schema.write_text('{"properties": {"n": {"type": "string"}}}')
    os.utime(schema, ns=(1, 1))
    assert engine.render("t.j2", {"n": "x"}).html == "<p>x</p>"
    with pytest.raises(DataError, match="no sample data"):
        engine.sample("t.j2")


def test_render_many_streams(make_engine: MakeEngine) -> None:
    asked: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(3):
            asked.append(number)
            yield {"user": {"name": f"N{number}", "email": f"n{number}@x.example"}}

    mails = make_engine({"t.j2": SOURCE}).render_many("t.j2", rows(), subject="S")
    assert next(mails).text == "N0\n"
    assert asked == [0]
    assert [mail.subject for mail in mails] == ["S", "S"]


def test_threads_do_not_mix_their_mails(make_engine: MakeEngine) -> None:
    files: dict[str, str | bytes] = {
        "t.j2": SOURCE + '{% block attachments %}{{ attach(file, filename=user.name ~ ".bin") }}{% endblock %}'
    }
    engine = make_engine(files)
    wrong: list[object] = []

    def work(worker: int) -> None:
        for number in range(40):
            name = f"w{worker}n{number}"
            data = {"user": {"name": name, "email": f"{name}@x.example"}, "file": name.encode()}
            mail = engine.render("t.j2", data)
            seen = (mail.subject, mail.text, [part.content for part in mail.parts.attachments])
            if seen != (f"Hi {name}", f"{name}\n", [name.encode()]):
                wrong.append(seen)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_applications_environment_is_used_and_not_changed() -> None:
    loader = jinja2.DictLoader(
        {
            "t.j2": "{% block subject %}{{ n|shout }} {{ site }}{% endblock %}{% block html %}<p>{{ n|shout }}</p>{% endblock %}"
        }
    )
    app = jinja2.Environment(loader=loader)
    app.filters["shout"] = lambda text: f"{text}!".upper()
    app.globals["site"] = "Acme"
    filters, names = set(app.filters), set(app.globals)
    mail = Engine(environment=app).render("t.j2", {"n": "a<b"})
    assert mail.subject == "A<B! Acme"
    assert mail.html == "<p>A&lt;B!</p>"
    assert (set(app.filters), set(app.globals)) == (filters, names)
    assert app.from_string("{{ x }}").render() == ""
    assert app.get_template("t.j2").render(n="a<b").startswith("A<B! Acme<p>")


def test_a_loader_with_prefixes_keeps_whole_names() -> None:
    child = "{% extends 'mail/t.j2' %}{% block subject %}Re: {{ super() }}{% endblock %}"
    loader = jinja2.PrefixLoader({"mail": jinja2.DictLoader({"t.j2": SOURCE, "child.j2": child, "bad.j2": "{{ x }}"})})
    engine = Engine(environment=jinja2.Environment(loader=loader))
    assert engine.render("mail/child.j2", ANN).subject == "Re: Hi Ann"
    with pytest.raises(TemplateError) as caught:
        engine.render("mail/bad.j2", {})
    assert str(caught.value.location) == "mail/bad.j2:1:4"


@pytest.mark.parametrize(
    ("app", "words"),
    [(jinja2.Environment(), "no loader"), (NativeEnvironment(loader=jinja2.DictLoader({})), "makes no text")],
)
def test_an_environment_that_cannot_be_used_is_refused(app: jinja2.Environment, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Engine(environment=app)


def test_one_attachment_needs_no_list(make_engine: MakeEngine, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4")
    mail = make_engine({"t.j2": SOURCE}).render("t.j2", ANN, attachments=str(tmp_path / "x.pdf"))
    assert [file.filename for file in mail.parts.attachments] == ["x.pdf"]


def test_a_name_may_be_a_path_and_data_must_be_a_mapping(make_engine: MakeEngine) -> None:
    engine = make_engine({"t.j2": SOURCE})
    assert engine.render(Path("t.j2"), ANN).subject == "Hi Ann"
    with pytest.raises(DataError, match="a list, no mapping"):
        engine.render("t.j2", [ANN])  # type: ignore[arg-type]


def test_an_asynchronous_environment_is_rendered_synchronously() -> None:
    app = jinja2.Environment(loader=jinja2.DictLoader({"t.j2": "<p>{{ n }}</p>"}), enable_async=True)
    assert Engine(environment=app).render("t.j2", {"n": 1}).html == "<p>1</p>"


class German(gettext.NullTranslations):
    """A catalog of one message."""

    def gettext(self, message: str) -> str:
        return {"Welcome, %(name)s": "Willkommen, %(name)s"}.get(message, message)


TRANSLATED = (
    '{% block subject %}{% trans name=n %}Welcome, {{ name }}{% endtrans %}{% endblock %}'
    '{% block html %}<html lang="en"><p>{% trans name=n %}Welcome, {{ name }}{% endtrans %}</p></html>{% endblock %}'
)  # fmt: skip


@pytest.mark.parametrize(
    "translations", [German(), {"de": German()}, lambda locale: German()], ids=["catalog", "mapping", "function"]
)
def test_translations_follow_the_locale(make_engine: MakeEngine, translations: Any) -> None:
    engine = make_engine({"t.j2": TRANSLATED}, translations=translations)
    mail = engine.render("t.j2", {"n": "A&B"}, locale="de_AT")
    assert mail.subject == "Willkommen, A&B"
    assert mail.html == '<html lang="de-AT"><p>Willkommen, A&amp;B</p></html>'
    assert mail.parts.language == "de-AT"


def test_compiled_catalogs_lie_in_locales(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine({"t.j2": TRANSLATED})
    folder = tmp_path / "locales" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid "Welcome, %(name)s"\nmsgstr "Willkommen, %(name)s"\n')
    with pytest.raises(SettingsError, match="msgfmt"):
        engine.render("t.j2", {"n": "Ann"}, locale="de")
    (folder / "messages.mo").write_bytes(catalog({"": "Content-Type: text/plain; charset=UTF-8\n",
                                                  "Welcome, %(name)s": "Willkommen, %(name)s"}))  # fmt: skip
    assert engine.render("t.j2", {"n": "Ann"}, locale="de").subject == "Willkommen, Ann"
    assert engine.render("t.j2", {"n": "Ann"}, locale="fr").subject == "Welcome, Ann"
    assert engine.render("t.j2", {"n": "Ann"}).parts.language == "en"


def catalog(messages: dict[str, str]) -> bytes:
    """A GNU .mo file."""
    import struct

    keys = sorted(messages)
    ids = b"".join(key.encode() + b"\0" for key in keys)
    texts = b"".join(messages[key].encode() + b"\0" for key in keys)
    start = 28 + 16 * len(keys)
    tables: list[int] = []
    for blob, base in ((keys, start), ([messages[key] for key in keys], start + len(ids))):
        for text in blob:
            tables += [len(text.encode()), base]
            base += len(text.encode()) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + struct.pack(f"<{len(tables)}I", *tables) + ids + texts


@pytest.mark.parametrize("locale", ["../../etc", "de/DE", "x", "de de"])
def test_a_locale_that_is_none_is_refused(make_engine: MakeEngine, locale: str) -> None:
    with pytest.raises(SettingsError, match="no locale"):
        make_engine({"t.j2": "<p>x</p>"}).render("t.j2", locale=locale)


EXTENSION_CASES = [
    ("{% do items.append(3) %}{{ items }}", "[1, 2, 3]"),
    ("{% for i in items %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "1"),
    ("{{ _('a %(n)s', n=items[0]) }}", "a 1"),
    ("{% trans count=items|length %}{{ count }} item{% pluralize %}{{ count }} items{% endtrans %}", "2 items"),
]


@pytest.mark.parametrize(("source", "expected"), EXTENSION_CASES, ids=["do", "loopcontrols", "gettext", "plural"])
def test_extensions_are_on(make_engine: MakeEngine, source: str, expected: str) -> None:
    assert make_engine({"t.j2": f"<p>{source}</p>"}).render("t.j2", {"items": [1, 2]}).html == f"<p>{expected}</p>"


def test_a_template_name_never_leaves_the_folder(make_engine: MakeEngine, tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_text("secret")
    with pytest.raises(TemplateError):
        make_engine({"t.j2": "x"}).render("../x.j2")


LOOK_UPS = [
    ("{{ d.name }}", "Ann"),
    ("{{ d.items is callable }}", "True"),
    ("{{ d.get('name') }}", "Ann"),
    ("{{ d.missing is defined }}", "False"),
    ("{{ o.name }}", "Bob"),
    ("{{ d.inner.deep }}", "1"),
    ("{{ d['items'] }}", "3"),
]


@pytest.mark.parametrize(("source", "expected"), LOOK_UPS)
def test_look_ups_are_jinjas(make_engine: MakeEngine, source: str, expected: str) -> None:
    """The quick look-up in dicts gives what Jinja's own gives: methods first, then items."""

    class Person:
        name = "Bob"

    data = {"d": {"name": "Ann", "items": 3, "inner": {"deep": 1}}, "o": Person()}
    assert make_engine({"t.j2": f"<p>{source}</p>"}).render("t.j2", data).html == f"<p>{expected}</p>"
    assert jinja2.Environment().from_string(source).render(data) == expected


def test_a_message_with_findings_is_refused_when_asked(make_engine: MakeEngine) -> None:
    """``lint="error"`` hands out nothing that has an error; a lower severity refuses more."""
    engine = make_engine({"t.j2": "{% block from %}a@acme-shop.com{% endblock %}{% block text %}x{% endblock %}"})
    assert engine.render("t.j2", lint="error", to="b@reader.example").message().octets
    with pytest.raises(LintError, match="missing-subject") as refused:
        engine.render("t.j2", lint="warning", to="b@reader.example")
    assert [one.code for one in refused.value.diagnostics] == ["HDR004"]
