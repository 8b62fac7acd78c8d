"""The pytest plugin and the assertions, as a project's own tests use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import MakeEngine

from mailtemplates import Mail
from mailtemplates.octets.transcript import transcribe
from mailtemplates.testing import MailAssertion, assert_lints_clean, assert_mail

pytest_plugins = ["pytester"]

TEMPLATE = """\
{% block from %}Acme, Inc. <hello@acme-shop.com>{% endblock %}
{% block to %}{{ user|mailbox }}{% endblock %}
{% block bcc %}audit@acme-shop.com{% endblock %}
{% block subject %}Größe for {{ user.name }}{% endblock %}
{% block html %}<!DOCTYPE html><html lang="en"><head><title>Hello</title></head><body>
<p>Hello &amp; welcome, {{ user.name }}.</p><p><a href="https://acme-shop.com/a">Open</a></p></body></html>{% endblock %}
{% block attachments %}{{ attach("terms.txt") }}{% endblock %}
"""
GMAIL = TEMPLATE.replace("Acme, Inc. <hello@acme-shop.com>", "Acme <hello@gmail.com>")
USER = {"user": {"name": "Ann Müller", "email": "ann@reader.example"}}


@pytest.fixture
def mail(make_engine: MakeEngine) -> Mail:
    return make_engine({"t.j2": TEMPLATE.replace("Acme, Inc.", "Acme"), "terms.txt": "Terms."}).render("t.j2", USER)


def test_assertions_read_as_a_sentence(mail: Mail) -> None:
    (
        assert_mail(mail)
        .from_("Acme <hello@acme-shop.com>")
        .to("ann@reader.example")
        .to("Ann Müller <ann@reader.example>")
        .cc()
        .bcc("audit@acme-shop.com")
        .subject("Größe for Ann Müller")
        .subject(re.compile("^Größe"))
        .has_text("Hello & welcome, Ann Müller.")
        .has_html_text("Hello & welcome,  Ann Müller.")
        .has_link("https://acme-shop.com/a", re.compile("acme-shop"))
        .has_attachment("terms.txt", "text/plain")
        .header("MIME-Version", "1.0")
        .lints_clean()
    )


WRONG: dict[str, tuple[Callable[[MailAssertion], object], str]] = {
    "to": (lambda it: it.to("eve@reader.example"), "To is"),
    "name": (lambda it: it.to("Eve <ann@reader.example>"), "To is"),
    "bcc": (lambda it: it.bcc(), "Bcc is"),
    "subject": (lambda it: it.subject("Hello"), "Subject is"),
    "no field": (lambda it: it.header("X-Thing", "1"), "no X-Thing"),
    "text": (lambda it: it.has_text("Good bye"), "plain text has no"),
    "link": (lambda it: it.has_link("https://acme-shop.com/b"), "no link to"),
    "attachment": (lambda it: it.has_attachment("a.pdf"), "no attachment"),
    "type": (lambda it: it.has_attachment("terms.txt", "text/csv"), "is text/plain"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_so_is_said(mail: Mail, name: str) -> None:
    check, said = WRONG[name]
    with pytest.raises(AssertionError, match=said):
        check(assert_mail(mail))


def test_findings_fail_with_their_names(make_engine: MakeEngine) -> None:
    mail = make_engine({"t.j2": GMAIL, "terms.txt": "x"})
    with pytest.raises(AssertionError, match="foreign-or-reserved-from"):
        assert_lints_clean(mail.render("t.j2", USER), fail_on="warning")
    assert_lints_clean(mail.render("t.j2", USER), fail_on="warning", ignore=("ADR", "HTM", "ACC", "TXT", "LNK", "CSS"))


def test_a_transcript_is_for_reading(mail: Mail) -> None:
    text = transcribe(mail.message().octets)
    assert text.startswith("From: Acme <hello@acme-shop.com>\nTo: Ann Müller <ann@reader.example>\n")
    assert "Subject: Größe for Ann Müller" in text
    assert "──── text/plain attachment terms.txt ────\nTerms." in text


def test_the_plugin_in_a_project(pytester: pytest.Pytester) -> None:
    """Fixtures, a run for each sample, and golden messages that are written, kept, and compared."""
    Path("templates").mkdir()
    Path("schemas").mkdir()
    Path("templates/t.j2").write_text(TEMPLATE.replace("Acme, Inc.", "Acme").replace('{{ attach("terms.txt") }}', ""))
    Path("schemas/t.json").write_text('{"examples": [{"user": {"name": "Ann", "email": "ann@reader.example"}}]}')
    pytester.makepyfile(
        """
        from mailtemplates.testing import assert_mail

        def test_engine(mail_engine):
            assert "t.j2" in mail_engine.templates

        def test_every(mail_sample, golden_mail):
            mail = mail_sample.render()
            assert_mail(mail).to("ann@reader.example").lints_clean()
            golden_mail(mail)
        """
    )
    pytester.runpytest().assert_outcomes(passed=1, failed=1)
    pytester.runpytest("--update-mail").assert_outcomes(passed=2)
    pytester.runpytest().assert_outcomes(passed=2)
    Path("templates/t.j2").write_text(Path("templates/t.j2").read_text().replace("welcome", "good bye"))
    changed = pytester.runpytest()
    changed.assert_outcomes(passed=1, failed=1)
    changed.stdout.fnmatch_lines(["*-Hello & welcome, Ann.*", "*+Hello & good bye, Ann.*"])
