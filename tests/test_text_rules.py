"""What the rules over plain text pass over, what they find, and that text made of the html has no finding."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.bodies import read_bodies
from mailtemplates.octets.message import read_message
from mailtemplates.settings import Settings
from mailtemplates.text.plaintext import to_text

LINTER = Linter(Settings(profile="bulk", select=("TXT",)))
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.eml"))


def octets(text: str, html: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Acme <hello@acme-shop.com>"
    message.set_content(text, cte="8bit" if text.isascii() else "base64")
    message.add_alternative(f"<!DOCTYPE html><html><body>{html}</body></html>", subtype="html")
    return message.as_bytes()


def lint(text: str, html: str) -> list[Diagnostic]:
    return LINTER.lint(octets(text, html))


def codes(text: str, html: str) -> list[str]:
    return [one.code for one in lint(text, html)]


SAID = "<p>Hello Ben, your order of two pairs of shoes is on its way. It comes on Monday with the post.</p>"

STUBS = (
    " \n\t\n",
    "-- \n",
    "\u200b\n",
    "This is an HTML message. Your mail reader cannot show it.",
    "To view this message, please use an HTML compatible email viewer!",
    "Your email client does not support HTML.",
    "Please view this email in your browser: https://acme-shop.com/m/81",
    "Hi,\n\nView this email online: https://acme-shop.com/m/81\n\nAcme",
    "Ihr E-Mail-Programm unterstützt keine HTML-Nachrichten.",
    "Falls die Nachricht nicht richtig dargestellt wird, klicken Sie bitte hier, um sie im Browser zu öffnen.",
    "Votre logiciel de messagerie n'affiche pas les messages au format HTML.",
    "Voir cet e-mail dans votre navigateur",
    "Su cliente de correo no soporta mensajes HTML.",
    "Ver este correo en el navegador: https://acme-shop.com/m/81",
    "Il tuo programma di posta non supporta HTML.",
    "Uw e-mailprogramma ondersteunt geen HTML.",
    "Ваша почтовая программа не поддерживает HTML.",
    "このメールはHTML形式です。HTML対応のメールソフトでご覧ください。",
    "您的邮件客户端不支持HTML格式。",
)


@pytest.mark.parametrize("text", STUBS, ids=range(len(STUBS)))
def test_a_stub_is_found_in_many_languages_and_nothing_else_is(text: str) -> None:
    assert codes(text, SAID) == ["TXT001"]


@pytest.mark.parametrize("text", STUBS[:4], ids=range(4))
def test_a_stub_is_mended_with_the_text_of_the_html(text: str) -> None:
    message = octets(text, SAID)
    (found,) = LINTER.lint(message)
    assert found.fix is not None
    mended = apply_fixes(message, [found.fix])
    assert LINTER.lint(mended) == []
    text_body = read_bodies(read_message(mended)).text
    assert text_body is not None and "two pairs of shoes" in text_body.text


TEXTS = {
    "own words": ("Hello Ben, your shoes are on their way.", SAID),
    "short both": ("OK", "<p>OK</p>"),
    "about html": ("Learn HTML with us: how a program renders it. It begins on Monday and ends with a feast for all.", "<p>Learn HTML with us, from Monday on.</p>"),
    "empty html too": ("", "<p></p>"),
    "browser": ("Somebody opened your account in a new browser. Was it you?\n\nBen, Berlin, Firefox, Monday morning",
                "<p>Somebody opened your account in a new browser. Was it you?</p><p>Ben, Berlin, Firefox, Monday</p>"),
    "amount": ("You paid USD 49.", "<p>You paid <b>$</b>49<sup>.00</sup></p>"),
    "code": ("Your code: 483 920", "<table><tr><td>483</td><td>920</td></tr></table>"),
    "footer": ("Hello Ben", "<p>Hello Ben</p><p>© 2026 Acme, San Francisco, CA 94107, +1 (555) 010-0199</p>"),
    "social": ("Hello Ben and all", "<p>Hello Ben</p><a href='https://facebook.com/acme'>Facebook</a>"),
    "home": ("Hello Ben and all", "<p>Hello Ben</p><a href='https://acme.example/'><img src='a' alt='Acme'></a>"),
    "mailto": ("Hello Ben and help@acme.example", "<p>Hello Ben</p><a href='mailto:help@acme.example'>Write</a>"),
    "web copy": ("Hello Ben and all", "<a href='https://acme.example/m/1'>View in your browser</a><p>Hello Ben</p>"),
    "no scheme": ("Hello Ben, see acme.example/help", "<p>Hello Ben <a href='https://www.acme.example/help/'>see</a></p>"),
    "tracking": ("Hello Ben https://a.example/x?utm_source=text&id=4",
                 "<p>Hello Ben <a href='https://a.example/x?id=4&amp;utm_source=html'>see</a></p>"),
    "wrapped": ("Hello Ben\nhttps://a.example/a-long-path/\nnext words", "<p><a href='https://a.example/a-long-path/'>x</a></p>"),
    "code sample": ("Use the <p> element and &nbsp; in it.", "<p>Use the &lt;p> element and &amp;nbsp; in it.</p>"),
    "addresses": ("Ann <ann@x.example> wrote: <https://a.example/p?a=1&b=2> and a<b, AT&T; x &y; {a: b}", "<p>Ann</p>"),
    "words in brackets": ("Write <title> or <address> in the subject", "<p>Write it in the subject</p>"),
    "URL before prose": ("See https://a.example/\nhelp is there", "<p><a href='https://a.example/help'>See</a> https://a.example/help</p>"),
    "json": ('Data: {"color": "red"} and { width }', "<p>Data</p>"),
    "template": ("Use {name: value} for it", "<p>Use it</p>"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "html"), TEXTS.values(), ids=TEXTS)
def test_right_texts_have_no_finding(text: str, html: str) -> None:
    assert lint(text, html) == []


FAULTS = {
    "amount gone": ("Hello Ben, thank you.", "<p>Hello Ben, thank you for $49.00.</p>", "TXT002", "`$49.00`"),
    "amount other": ("Hello Ben, you pay $59.00", "<p>Hello Ben, you pay</p>", "TXT002", "html lacks `$59.00`"),
    "code gone": ("Hello Ben, here is your code.", "<p>Hello Ben, your code is <b>483920</b></p>", "TXT002", "`483920`"),
    "date gone": ("Hello Ben, see you soon.", "<p>Hello Ben, see you on 2 November 2026</p>", "TXT002", "`2 November 2026`"),
    "link gone": ("Hello Ben, please confirm.", "<p>Hello Ben <a href='https://a.example/c?t=1'>confirm</a></p>", "TXT003", "c?t=1"),
    "token gone": ("Hello Ben, https://a.example/c", "<p>Hello Ben <a href='https://a.example/c?t=1'>confirm</a></p>", "TXT003", "c?t=1"),
    "button": ("Hello Ben and all", "<p>Hello Ben</p><a href='https://a.example/pay'><img src='a' alt='Pay'></a>", "TXT003", "/pay"),
    "tag": ("Hello <b>Ben</b>", "<p>Hello <b>Ben</b></p>", "TXT004", "the tag `<b>` and 1 other kind"),
    "break": ("Hello Ben<br/>you", "<p>Hello Ben<br>you</p>", "TXT004", "`<br/>`"),
    "entity": ("Hello&nbsp;Ben", "<p>Hello Ben</p>", "TXT004", "`&nbsp;`"),
    "numeric": ("It&#39;s Ben", "<p>It&#39;s Ben</p>", "TXT004", "`&#39;`"),
    "css": ("a:hover {color: red}\nHello Ben", "<p>Hello Ben</p>", "TXT004", "style"),
    "media": ("@media (max-width: 600px) {\nHello Ben", "<p>Hello Ben</p>", "TXT004", "style"),
    "comment": ("<!-- preheader -->Hello Ben", "<p>Hello Ben</p>", "TXT004", "`<!--`"),
    "cut": ("See https://a.example/a/b/\nc?d=1 now", "<p><a href='https://a.example/a/b/c?d=1'>See</a></p>", "TXT005", "c?d=1"),
    "cut in brackets": ("See <https://a.example/a/b/\nc?d=1> now", "<p>See now</p>", "TXT005", "c?d=1"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "html", "code", "words"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_has_one_finding(text: str, html: str, code: str, words: str) -> None:
    found = lint(text, html)
    assert [one.code for one in found] == [code]
    assert words in found[0].message


def test_many_missing_links_are_one_finding() -> None:
    links = "".join(f"<a href='https://a.example/p/{at}'>Read about it</a> " for at in range(9))
    (found,) = lint("Hello Ben and all of you", f"<p>Hello Ben and all of you</p>{links}")
    assert "nor 8 other links" in found.message


def test_a_way_out_that_the_header_has_is_not_asked_of_the_text() -> None:
    message = octets("Hello Ben and all", "<p>Hello Ben</p><a href='https://a.example/u/1'>Unsubscribe</a>")
    assert [one.code for one in LINTER.lint(message)] == ["TXT003"]
    with_field = b"List-Unsubscribe: <https://b.example/u/1>\n" + message
    assert LINTER.lint(with_field) == []


def test_a_text_of_a_message_without_html_is_judged_too() -> None:
    message = (
        b"From: a@b.example\n\nSee https://acme-shop.com/a/very/long/path/of/an/article/about/shoes?\nid=4&token=7f3a\n"
    )
    assert [one.code for one in LINTER.lint(message)] == ["TXT005"]
    assert LINTER.lint(message.replace(b"\nid=4", b" id=4")) == []


def test_an_attached_text_is_not_the_text_version() -> None:
    message = EmailMessage()
    message.set_content("<p>Hello</p>", subtype="html")
    message.add_attachment("<p>notes</p>", filename="notes.txt")
    assert LINTER.lint(message.as_bytes()) == []


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_our_own_messages_have_no_finding(path: Path) -> None:
    assert LINTER.lint(path.read_bytes()) == []


PIECES = st.sampled_from(
    ["<p>", "</p>", "$49.00 ", "AB-1234 ", "&amp;lt;b&amp;gt;", "<a href='https://a.example/x?y=1&amp;z=2'>", "</a>", "see ",
     "&lt;br&gt; ", "<b>", "</b>", "2026-11-02 ", "<table><tr><td>", "</td></tr></table>", "p {color: red} ", "483 920 ",
     "<a href='https://a.example/a%20b#c/d'>here</a> ", "&amp;nbsp; ", "https://a.example/shown ", "größe ", "\n"]
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_text_that_is_made_of_the_html_has_no_finding(html: str) -> None:
    text = to_text(f"<!DOCTYPE html><html><body>{html}</body></html>")
    assert lint(text, html) == []


@settings(max_examples=100)
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_and_html_are_judged(text: str, html: str) -> None:
    message = (
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    message += text.encode("utf-8", "replace") + b"\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    for one in LINTER.lint(message + html.encode("utf-8", "replace") + b"\r\n--x--\r\n"):
        assert one.line >= 1


@pytest.mark.parametrize(
    "text",
    ["<a " * 30_000, "<p> " * 30_000, "&amp;" * 30_000, "{a:" * 30_000, "{color:" * 30_000, "@media " * 20_000,
     "https://a.example/ \n" * 10_000, "<https://a\n" * 10_000, "a\n" * 60_000, "x@" * 60_000, "HTML view. " * 10_000],
    ids=range(11),
)  # fmt: skip
def test_long_texts_take_linear_time(text: str) -> None:
    head = b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    tail = b"\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>Hello Ben and all of you</p>\r\n--x--\r\n"
    LINTER.lint(head + text.encode() + tail)
