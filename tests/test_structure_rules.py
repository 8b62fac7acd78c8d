"""The rules over MIME structure: right messages of many kinds, one planted fault at a time, and what fixes make."""

from __future__ import annotations

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from functools import cache
from itertools import count

import pytest

from mailtemplates.linting.diagnostic import Diagnostic
from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.mime import parse
from mailtemplates.settings import Settings

HEAD = """\
From: Ann <ann@acme-shop.com>
To: Ben <ben@reader.example>
Subject: Your order
Date: Mon, 02 Nov 2026 12:00:00 +0000
Message-ID: <1@acme-shop.com>
MIME-Version: 1.0
"""
SAID = "Hello Ben, how are you today? We meet on Monday."
NUMBERS = count()


def multi(subtype: str, *parts: str, more: str = "") -> str:
    boundary = f"=_{next(NUMBERS)}_"
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; {more}boundary="{boundary}"\n\n{inside}--{boundary}--\n'


def text(said: str = SAID, fields: str = "") -> str:
    return f"Content-Type: text/plain; charset=us-ascii\n{fields}\n{said}"


def html(said: str = SAID, fields: str = "") -> str:
    return f"Content-Type: text/html; charset=us-ascii\n{fields}\n<!DOCTYPE html><title>x</title><p>{said}</p>"


def attached(subtype: str) -> str:
    return f"Content-Type: message/rfc822\n\n{HEAD}{multi(subtype, html(), text())}"


SHOWN = f'<img src="cid:dot@acme-shop.com" alt="x">{SAID}'
IMAGE = """\
Content-Type: image/gif; name="d.gif"
Content-Transfer-Encoding: base64
Content-ID: <dot@acme-shop.com>
Content-Disposition: inline; filename="d.gif"

R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICTAEAOw=="""
PDF = """\
Content-Type: application/pdf; name="a.pdf"
Content-Disposition: attachment; filename="a.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQK"""
ICS = """\
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo="""
CALENDAR = (
    "Content-Type: text/calendar; charset=us-ascii; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR"
)
AMP = "Content-Type: text/x-amp-html; charset=us-ascii\n\n<!doctype html><html amp4email></html>"
HTML_TYPE = 'type="text/html"; '
FOOTER = text("____\nlist@list.example\nhttps://list.example/all", "Content-Disposition: inline\n")
EXTERNAL = (
    'Content-Type: message/external-body; access-type="mail-server"; server="x@y.example"\n\nContent-Type: text/plain\n'
)

RIGHT: dict[str, str] = {
    "text": text(),
    "alternative": multi("alternative", text(), html()),
    "related in alternative": multi("alternative", text(), multi("related", html(SHOWN), IMAGE, more=HTML_TYPE)),
    "alternative in related": multi("related", multi("alternative", text(), html(SHOWN)), IMAGE, more='type="multipart/alternative"; '),
    "alternative in related with the type of the html": multi("related", multi("alternative", text(), html(SHOWN)), IMAGE, more=HTML_TYPE),
    "root that start names": multi("alternative", text(), multi("related", IMAGE, html(SHOWN, "Content-ID: <r@x.example>\n"), more='type="text/html"; start="<r@x.example>"; ')),
    "text around a file": multi("mixed", text(), PDF, text("Kind regards")),
    "mixed in alternative": multi("alternative", text(), multi("mixed", html(), PDF, html("Kind regards"))),
    "invitation": multi("alternative", text(), html(), CALENDAR),
    "invitation and file": multi("mixed", multi("alternative", text(), html(), CALENDAR), ICS),
    "calendar as a file": multi("mixed", text(), 'Content-Type: text/calendar; charset=us-ascii; name="a.ics"\nContent-Disposition: attachment; filename="a.ics"\n\nBEGIN:VCALENDAR\nEND:VCALENDAR'),
    "signed": multi("signed", multi("alternative", text(), html()), 'Content-Type: application/pgp-signature; name="signature.asc"\n\n-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----', more='micalg=pgp-sha256; protocol="application/pgp-signature"; '),
    "encrypted": multi("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1", 'Content-Type: application/octet-stream; name="encrypted.asc"\nContent-Disposition: inline; filename="encrypted.asc"\n\n-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----', more='protocol="application/pgp-encrypted"; '),
    "delivery report": multi("report", text(), "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1", "Content-Type: text/rfc822-headers\n\nFrom: a@b.example\nSubject: x\n", more="report-type=delivery-status; "),
    "digest": multi("digest", f"\n{HEAD}\nhello", f"\n{HEAD}\nhello again"),
    "list footer": multi("mixed", multi("alternative", text(), html()), FOOTER),
    "html and list footer": multi("mixed", html(), FOOTER),
    "text and html footer": multi("mixed", text(), html("This mail is for you only.")),
    "text and html file": multi("mixed", text(), html(fields='Content-Disposition: attachment; filename="p.html"\n')),
    "text and shown html file": multi("mixed", text(), html(fields='Content-Disposition: inline; filename="p.html"\n')),
    "AMP": multi("alternative", text(), AMP, html()),
    "watch": multi("alternative", text(), "Content-Type: text/watch-html; charset=us-ascii\n\n<b>Hi</b>", html()),
    "enriched": multi("alternative", text(), "Content-Type: text/enriched; charset=us-ascii\n\n<bold>Hi</bold>", html()),
    "two languages": multi("alternative", text(fields="Content-Language: en\n"), text("Hallo.", "Content-Language: de\n")),
    "multilingual": multi("multilingual", text("In two languages"), f"Content-Type: message/rfc822\nContent-Language: en\n\n{HEAD}\nhello", f"Content-Type: message/rfc822\nContent-Language: de\n\n{HEAD}\nhallo"),
    "two ways to fetch a file": multi("mixed", text(), multi("alternative", EXTERNAL, EXTERNAL)),
}  # fmt: skip

WRONG: dict[str, tuple[str, str]] = {
    "html alone": (html(), "html-without-text"),
    "html and a file": (multi("mixed", html(), PDF), "html-without-text"),
    "html and images": (multi("related", html(SHOWN), IMAGE, more=HTML_TYPE), "html-without-text"),
    "html and a calendar": (multi("alternative", html(), CALENDAR), "html-without-text"),
    "siblings": (multi("mixed", text(), html()), "mixed-instead-of-alternative"),
    "siblings, the html first": (multi("mixed", html(), text(), PDF), "mixed-instead-of-alternative"),
    "siblings with images": (multi("mixed", text(), multi("related", html(SHOWN), IMAGE, more=HTML_TYPE), PDF), "mixed-instead-of-alternative"),
    "siblings, a stub": (multi("mixed", text("See the html."), html()), "mixed-instead-of-alternative"),
    "html first": (multi("alternative", html(), text()), "alternative-order"),
    "html with images first": (multi("alternative", multi("related", html(SHOWN), IMAGE, more=HTML_TYPE), text(), CALENDAR), "alternative-order"),
    "one text": (multi("alternative", text()), "degenerate-alternative"),
    "one html": (multi("alternative", html()), "degenerate-alternative"),
    "one in mixed": (multi("mixed", multi("alternative", text()), PDF), "degenerate-alternative"),
    "two html": (multi("alternative", text(), html(), html("Other")), "degenerate-alternative"),
    "file in alternative": (multi("alternative", text(), html(), PDF), "attachment-in-alternative"),
    "file in alternative in mixed": (multi("mixed", multi("alternative", text(), html(), PDF), PDF.replace("a.pdf", "b.pdf")), "attachment-in-alternative"),
    "files in alternative": (multi("alternative", PDF, text(), html(), PDF.replace("a.pdf", "b.pdf")), "attachment-in-alternative"),
    "files in alternative in mixed": (multi("mixed", multi("alternative", PDF, text(), html(), PDF.replace("a.pdf", "b.pdf"))), "attachment-in-alternative"),
    "file first in alternative": (multi("alternative", PDF, text(), html()), "attachment-in-alternative"),
    "image before the html": (multi("alternative", text(), multi("related", IMAGE, html(SHOWN), more=HTML_TYPE)), "related-root"),
    "start of nothing": (multi("alternative", text(), multi("related", html(SHOWN), IMAGE, more='type="text/html"; start="<r@x.example>"; ')), "related-root"),
    "no type of related": (multi("alternative", text(), multi("related", html(SHOWN), IMAGE)), "related-root"),
    "another type of related": (multi("alternative", text(), multi("related", html(SHOWN), IMAGE, more='type="image/gif"; ')), "related-root"),
    "image in mixed": (multi("mixed", multi("alternative", text(), html(SHOWN)), IMAGE), "inline-image-outside-related"),
    "image in alternative": (multi("alternative", text(), html(SHOWN), IMAGE), "inline-image-outside-related"),
    "calendar without method": (multi("alternative", text(), CALENDAR.replace("; method=REQUEST", "")), "specialised-part-shape"),
    "calendar with another method": (multi("alternative", text(), CALENDAR.replace("method=REQUEST", "method=REPLY")), "specialised-part-shape"),
    "AMP last": (multi("alternative", text(), html(), AMP), "specialised-part-shape"),
    "AMP first": (multi("alternative", AMP, text(), html()), "specialised-part-shape"),
    "AMP outside": (multi("mixed", multi("alternative", text(), html()), AMP), "specialised-part-shape"),
    "no preface": (multi("multilingual", *[f"Content-Type: message/rfc822\nContent-Language: {one}\n\n{HEAD}\nhello" for one in ("en", "de")]), "specialised-part-shape"),
    "no language": (multi("multilingual", text("Two"), *[f"Content-Type: message/rfc822\n\n{HEAD}\nhello"] * 2), "specialised-part-shape"),
    "multipart declared quoted-printable": ("Content-Transfer-Encoding: quoted-printable\n" + multi("alternative", text(), html()), "encoded-composite"),
    "attached message declared base64": (multi("mixed", text(), f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{HEAD}\nhello"), "encoded-composite"),
    "empty multipart": ('Content-Type: multipart/mixed; boundary="one"\n\n', "boundary-mismatch"),
    "nothing in a part's place": (multi("mixed"), "boundary-mismatch"),
}  # fmt: skip


@cache
def linter() -> Linter:
    return Linter(Settings())


def octets_of(entity: str, end: bytes = b"\r\n") -> bytes:
    return (HEAD + entity).encode().replace(b"\n", end)


def found_in(octets: bytes) -> list[Diagnostic]:
    return linter().lint(octets)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("entity", RIGHT.values(), ids=RIGHT)
def test_right_messages_are_found_right(entity: str, end: bytes) -> None:
    bare = "html and list footer"  # it has no text version, which is not what is asked here
    found = [one for one in found_in(octets_of(entity, end)) if entity != RIGHT[bare] or one.severity == "error"]
    assert not found


@pytest.mark.parametrize(("entity", "name"), WRONG.values(), ids=WRONG)
def test_one_fault_is_one_finding(entity: str, name: str) -> None:
    assert [one.name for one in found_in(octets_of(entity))] == [name]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("entity", "name"), WRONG.values(), ids=WRONG)
def test_a_fix_leaves_a_right_message_with_the_same_leaves(entity: str, name: str, end: bytes) -> None:
    octets = octets_of(entity, end)
    (found,) = found_in(octets)
    if found.fix is None:
        return
    mended = apply_fixes(octets, [found.fix])
    assert not found_in(mended)
    assert mended == apply_fixes(octets, [found.fix])
    assert (b"\r\n" in mended) == (end == b"\r\n")
    assert mended.count(b"\n") == mended.count(end)
    before = {part.decoded.strip() for part in parse(octets).walk() if not part.is_composite}
    after = {part.decoded.strip() for part in parse(mended).walk() if not part.is_composite}
    assert before - {b""} <= after


@pytest.mark.parametrize("subtype", ["alternative", "mixed"])
def test_an_attached_message_was_not_written_here(subtype: str) -> None:
    found = found_in(octets_of(multi("mixed", text(), attached(subtype))))
    assert all(one.severity != "error" and one.fix is None for one in found)


def test_pythons_multipart_of_text_and_html_is_named_in_plain_words() -> None:
    message = MIMEMultipart()
    for line in HEAD.splitlines()[:-1]:
        name, _, value = line.partition(": ")
        message[name] = value
    message.attach(MIMEText("Hello, your order is on its way.", "plain"))
    message.attach(MIMEText("<!DOCTYPE html><p>Hello, your order is on its way.</p>", "html"))
    octets = message.as_bytes()
    (found,) = found_in(octets)
    assert (found.code, found.severity) == ("STR002", "error")
    assert found.message == "a text and an html version of the message stand side by side in multipart/mixed"
    assert found.help == 'put them in a multipart/alternative, the text first (in Python: MIMEMultipart("alternative"))'
    assert found.fix
    assert apply_fixes(octets, [found.fix]) == octets.replace(b"multipart/mixed", b"multipart/alternative")


def test_a_message_that_is_cut_off_has_one_finding() -> None:
    """What is wrong at the end of the last part is that the rest is missing, whatever a rule sees there."""
    octets = octets_of(
        multi("mixed", multi("alternative", text(), multi("related", html(SHOWN), IMAGE, more=HTML_TYPE)), PDF)
    )
    ends = range(octets.index(b"--=_") + 30, octets.rindex(b"JVBERi") - 8)
    pieces = [octets[:end] for end in ends if octets[end - 1 : end] != b"\r"]
    assert {tuple(one.name for one in found_in(piece)) for piece in pieces} == {("boundary-mismatch",)}
