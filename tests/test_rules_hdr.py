"""Rules over header fields: one planted fault is named at its octets by one rule, and what is legal is no error."""

from __future__ import annotations

import time
from email.message import EmailMessage
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.linting.fixing import apply_fixes
from mailtemplates.linting.linter import Linter
from mailtemplates.octets.message import read_message
from mailtemplates.settings import Settings

RIGHT = b"""From: Acme <hello@acme-shop.com>
To: Ben <ben@reader.example>
Subject: Your order
Date: Mon, 02 Nov 2026 12:00:00 +0000
Message-ID: <order-1@acme-shop.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello Ben,

your order is on its way.
"""
LINTER = Linter(Settings(select=("HDR",)))


def found(octets: bytes, *, smtputf8: bool = False) -> list[tuple[str, str, bytes]]:
    """Code, severity and octets of the findings."""
    raw = read_message(octets, smtputf8=smtputf8)
    spans = [(one.rule.code, one.severity, one.finding.span) for one in LINTER.find(raw)]
    return [(code, severity, octets[start:end]) for code, severity, (start, end) in spans]


def fixed(octets: bytes) -> bytes:
    fixes = [one.finding.fix for one in LINTER.find(read_message(octets)) if one.finding.fix]
    return apply_fixes(octets, fixes)


PLANTED = {
    "stray-name": (b"Message-ID:", b"Message ID:", "HDR007", "error", b"Message ID"),
    "stray-no-colon": (b"Date:", b"Date", "HDR007", "error", b"Date Mon, 02 Nov 2026 12"),
    "stray-not-ascii": (b"Subject:", "Sübject:".encode(), "HDR007", "error", "Sübject".encode()),
    "space-before-colon": (b"To:", b"To\t :", "HDR007", "warning", b"\t "),
    "blank-fold-at-the-end": (b"order\n", b"order\n  \n", "HDR007", "warning", b"\n  "),
    "bare-cr-after-a-fold": (b"Your order", b"Your\n or\rder", "HDR009", "error", b"\r"),
    "nul-in-an-id": (b"order-1", b"or\0der", "HDR009", "error", b"\0"),
    "escape-in-a-type": (b"text/plain", b"text/\x1bplain", "HDR009", "error", b"\x1b"),
    "raw-name": (b"Acme <", "Ä ö <".encode(), "HDR010", "error", "Ä ö".encode()),
    "raw-comment": (b"Ben <ben@reader.example>", "ben@reader.example (Bén)".encode(), "HDR010", "error", "é".encode()),
    "raw-id": (b"order-1", "ördr".encode(), "HDR010", "error", "ö".encode()),
    "raw-date": (b"Mon", "Mön".encode(), "HDR010", "error", "ö".encode()),
    "empty-date": (b" Mon, 02 Nov 2026 12:00:00 +0000", b"", "HDR011", "error", b""),
    "no-zone": (b" +0000", b"", "HDR011", "error", b""),
    "id-in-two-pairs": (b"<order-1@acme-shop.com>", b"<<order-1@acme-shop.com>>", "HDR013", "error", b"<<order-1@acme-shop.com>>"),
    "id-with-two-ats": (b"order-1@", b"order@1@", "HDR013", "error", b"<order@1@acme-shop.com>"),
    "id-without-a-host": (b"@acme-shop.com>\nM", b"@shop>\nM", "HDR013", "warning", b"shop"),
    "version-in-quotes": (b"1.0", b'"1.0"', "HDR014", "error", b'"1.0"'),
    "version-empty": (b" 1.0", b"", "HDR014", "error", b""),
    "forwarded": (b"Your order", b"=?utf-8?q?Fwd=3A_=C3=9C?=", "HDR018", "warning", b"=?utf-8?q?Fwd=3A_=C3=9C?="),
    "mailchimp": (b"Ben <", b"*|FNAME|* <", "HDR020", "error", b"*|FNAME|*"),
    "percent": (b"Your order", b"Re-order, %ADDRESS%", "HDR020", "error", b"%ADDRESS%"),
    "python-object": (b"Your order", b"Hi <app.User object at 0x7f3a2b>", "HDR020", "error", b"<app.User object at 0x7f3a2b>"),
    "javascript": (b"Your order", b"Hi [object Object]", "HDR020", "error", b"[object Object]"),
    "nobody": (b"Ben <", b'"null" <', "HDR020", "error", b"null"),
    "in-a-url": (b"MIME-V", b"List-Unsubscribe: <https://acme-shop.com/u/%7B%7Bid%7D%7D>\nMIME-V", "HDR020", "error", b"%7B%7Bid%7D%7D"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "severity", "at"), PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_planted_fault_is_named_at_its_octets(
    line_end: bytes, old: bytes, new: bytes, code: str, severity: str, at: bytes
) -> None:
    def ends(octets: bytes) -> bytes:
        return octets.replace(b"\r\n", b"\n").replace(b"\n", line_end)

    octets = ends(RIGHT.replace(old, new, 1))
    assert octets != ends(RIGHT)
    assert found(octets) == [(code, severity, ends(at))]


FIXES = {
    "name": (b"MIME-Version", b"MIME Version", b"MIME-Version"),
    "colon": (b"To:", b"To :", b"To:"),
    "blank-fold": (b"Your order", b"Your\n \n order", b"Your\n order"),
    "zone": (b"+0000", b"+00:00", b"+0000"),
    "day": (b"Mon", b"Sun", b"Mon"),
    "brackets": (b"<order-1@acme-shop.com>", b"order-1@acme-shop.com", b"<order-1@acme-shop.com>"),
    "version": (b"1.0", b"1.0;", b"1.0"),
    "bcc": (b"Subject", b"Bcc: a@reader.example\nBcc: b@reader.example\nSubject", b"Subject"),
    "bcc-alone": (b"To: Ben <ben@reader.example>", b"bcc: Ben <ben@reader.example>", b"To: undisclosed-recipients:;"),
    "raw-subject": (b"Your order", "Größe".encode(), b"=?utf-8?b?R3LDtsOfZQ==?="),
    "raw-quoted-name": (b"Acme <", '"Äcme, Inc." <'.encode(), b"=?utf-8?b?w4RjbWUsIEluYy4=?= <"),
    "trailing-space": (b"Your order", b"Your order  ", b"Your order"),
    "spaces-before": (b"Your order", b"   Your order", b"Your order"),
    "lines": (b"MIME", b"Lines: 3\nMIME", b"MIME"),
}


@pytest.mark.parametrize(("right", "wrong", "mended"), FIXES.values(), ids=FIXES)
def test_a_fix_writes_anew_only_what_is_wrong(right: bytes, wrong: bytes, mended: bytes) -> None:
    assert fixed(RIGHT.replace(right, wrong, 1)) == RIGHT.replace(right, mended, 1)


def test_a_missing_field_is_added_with_the_line_ends_of_the_message() -> None:
    octets = RIGHT.replace(b"Message-ID: <order-1@acme-shop.com>\n", b"").replace(b"\n", b"\r\n")
    mended = fixed(octets)
    assert mended.startswith(octets.partition(b"\r\n\r\n")[0] + b"\r\nMessage-ID: <")
    assert found(mended) == []
    assert fixed(octets) == mended, "the same octets get the same identifier"


def test_a_header_that_ends_without_a_line_end_gets_one_before_a_new_field() -> None:
    octets = b"From: a@acme-shop.com\nTo: b@reader.example\nDate: Mon, 02 Nov 2026 12:00:00 +0000\nSubject: x"
    assert fixed(octets).startswith(octets + b"\nMessage-ID: <")


def test_a_carriage_return_before_the_line_end_is_found() -> None:
    octets = RIGHT.replace(b"\n", b"\r\n").replace(b"order\r\n", b"order\r\r\n", 1)
    assert found(octets) == [("HDR009", "error", b"\r")]


def test_long_lines_are_folded_where_white_space_is() -> None:
    octets = RIGHT.replace(b"MIME", b"X-Words: " + b"abc " * 500 + b"d\nMIME", 1)
    assert [code for code, _, _ in found(octets)] == ["HDR008"]
    mended = fixed(octets)
    assert found(mended) == []
    assert max(map(len, mended.split(b"\n"))) <= 78
    assert mended.replace(b"\n ", b" ") == octets


def test_limits_are_options_and_a_long_field_is_not_also_a_long_header() -> None:
    octets = RIGHT.replace(b"MIME", b"X-Data: " + b"abcdefgh\n " * 70_000 + b"\nX-Other: y\nMIME", 1)
    assert [(code, at[:8]) for code, _, at in found(octets) if code == "HDR015"] == [("HDR015", b"X-Data: ")]
    many = RIGHT.replace(b"MIME", b"X: y\n" * 6_000 + b"MIME", 1)
    assert [code for code, _, _ in found(many)] == ["HDR015"]
    judge = Linter(Settings(select=("HDR015",), rules={"HDR015": {"fields": 10_000, "total": 20_000}}))
    size = many.index(b"\n\n") + 1
    assert [one.message for one in judge.lint(many)] == [f"the header has {size} octets, 20000 are the most"]


LEGAL = {
    "quoted-id": RIGHT.replace(b"<order-1@", b'<"order 1>"@'),
    "version-with-comments": RIGHT.replace(b"1.0", b"(made by) 1.(Acme)0 (3)"),
    "date-with-comment": RIGHT.replace(b"+0000", b"+0000 (Coordinated (Universal) Time)"),
    "date-folded": RIGHT.replace(b"02 Nov 2026 ", b"2\n\tNov\n 2026\n "),
    "phrase-in-in-reply-to": RIGHT.replace(b"MIME", b'In-Reply-To: Your message of "Sun, 1 Nov" <a@b.example>\nMIME'),
    "repeated-free-fields": RIGHT.replace(b"MIME", b"Comments: a\nComments: b\nKeywords: a\nKeywords: b\nX-A: 1\nX-A: 1\nMIME"),
    "plain-message-of-1982": RIGHT.replace(b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n", b""),
    "folded-with-tabs": RIGHT.replace(b"Your order", b"Your\n\torder"),
    "answer": RIGHT.replace(b"Your order", b"Re: Your question").replace(b"MIME", b"References: <q@reader.example>\nMIME"),
    "forward-of-an-attached-message": RIGHT.replace(b"Your order", b"Fwd: Your order").replace(
        b"text/plain; charset=utf-8\n\n", b"message/rfc822\n\nFrom: a@b.example\nSubject: x\nBcc: c@d.example\n\n"
    ),
    "percent-encoded-url": RIGHT.replace(b"MIME", b"List-Help: <https://acme-shop.com/%C3ABC%20DEF%25%7B>\nMIME"),
    "braces": RIGHT.replace(b"Your order", b"20% {Sale} 30%: {ngyn.org} $5 [List] 100%OFF%"),
    "no-one": RIGHT.replace(b"Your order", b"None of your business; undefined behaviour"),
}  # fmt: skip


@pytest.mark.parametrize("octets", LEGAL.values(), ids=LEGAL)
def test_what_is_legal_is_silent(octets: bytes) -> None:
    assert octets != RIGHT
    assert found(octets) == []


# RFC 5322 appendix A.6: obsolete, but every reader must take it.
OBSOLETE = {
    "a62": b"""From: John Doe <jdoe@machine.example>
To: Mary Smith <mary@example.net>
Subject: Saying Hello
Date: 21 Nov 97 09:55:06 GMT
Message-ID: <1234@local.machine.example>

Hello.
""",
    "a63": b"""From  : John Doe <jdoe@machine(comment).  example>
To    : Mary Smith
\x20\x20
          <mary@example.net>
Subject     : Saying Hello
Date  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600
Message-ID  : <1234   @   local(blah)  .machine .example>

Hello.
""",
}


@pytest.mark.parametrize("octets", OBSOLETE.values(), ids=OBSOLETE)
def test_what_is_obsolete_is_a_warning(octets: bytes) -> None:
    assert {severity for _, severity, _ in found(octets)} == {"warning"}


def test_a_received_message_gets_one_information() -> None:
    octets = (
        b"Return-Path: <a@acme-shop.com>\nDelivered-To: b@reader.example\nReceived: from a by b; Mon, 02 Nov 2026 12:00:00 +0000\nErrors-To: x@acme-shop.com\n"
        + RIGHT
    )
    assert found(octets) == [("HDR017", "info", b"Return-Path: <a@acme-shop.com>")]


def test_utf8_may_stand_in_a_header_for_smtputf8() -> None:
    octets = RIGHT.replace(b"Your order", "Größe".encode())
    assert found(octets, smtputf8=True) == []
    assert [code for code, _, _ in found(octets.replace("ö".encode(), b"\xf6"), smtputf8=True)] == ["HDR010"]
    received = b"Received: from a by b with UTF8SMTPS id 1; Mon, 02 Nov 2026 12:00:00 +0000\n" + octets
    assert [code for code, _, _ in found(received)] == ["HDR017"]


def test_what_the_python_library_writes_has_only_the_fields_missing_that_it_leaves_out() -> None:
    old = MIMEText("Grüße", "plain", "utf-8")
    new = EmailMessage()
    new.set_content("Grüße")
    for message in (old, new):
        message["From"] = "Jürgen <hello@acme-shop.com>"
        message["To"] = "ben@reader.example"
        message["Subject"] = "Größe " * 30 + "x"
        octets = message.as_bytes()
        assert [code for code, _, _ in found(octets) if code != "HDR019"] == ["HDR002", "HDR003"]


@given(st.binary() | st.text("From:<>@ \t\r\n=?{}%()Dae1,.\0é", max_size=200).map(str.encode))
def test_any_octets_are_judged_without_an_exception(octets: bytes) -> None:
    for head in (b"", RIGHT.partition(b"\n\n")[0] + b"\n", b"Subject: ", b"Date: ", b"Message-ID: ", b"To: "):
        for one in LINTER.find(read_message(head + octets)):
            assert 0 <= one.finding.span.start <= one.finding.span.end <= len(head + octets)
            if one.finding.fix:
                apply_fixes(head + octets, [one.finding.fix])


@pytest.mark.parametrize(
    "piece", [b"X: y\n", b"X : y\n", b"X y\n", b"Bcc: a@b.example\n", b"Subject: x\n", b"Date: (\n"]
)
def test_many_fields_take_linear_time(piece: bytes) -> None:
    begin = time.process_time()
    found(piece * 20_000 + RIGHT)
    assert time.process_time() - begin < 60
