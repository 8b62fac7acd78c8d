"""One fault planted in a right message is named by the rule that owns it, and by no other.

The message has everything that mail commonly has: an alternative of text and html, an inline image, an attachment with
a name outside ASCII, encoded words, a long folded field.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

MESSAGE = b"""\
From: =?utf-8?q?J=C3=B6rg_M=C3=BCller?= <joerg@acme-shop.com>
Sender: Ann <ann@acme-shop.com>
Reply-To: "Acme, Inc." <answers@acme-shop.com>
To: Ben <ben@reader.example>, Cleo (at work) <cleo@reader.example>
Cc: Team: dora@reader.example, emil@reader.example;
Subject: =?utf-8?b?R3LDvMOfZQ==?= from Acme
Date: Mon, 02 Nov 2026 12:00:00 +0000
Message-ID: <20261102.1@acme-shop.com>
References: <20261101.1@acme-shop.com> <20261031.7@acme-shop.com>
In-Reply-To: <20261101.1@acme-shop.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer=1"

Preamble.
--outer=1
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.

Your order 17 is on its way: https://acme-shop.com/orders/17
--alt
Content-Type: multipart/related; type="text/html"; boundary=rel

--rel
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<!DOCTYPE html><html lang=3D"de"><head><meta charset=3D"utf-8"><title>Order=
</title></head><body><p>Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.</p>
<p>Your order 17 is on its way: <a href=3D"https://acme-shop.com/orders/17"=
>see it</a> <img src=3D"cid:logo.1@acme-shop.com" alt=3D"Acme"></p></body><=
/html>
--rel
Content-Type: image/png; name=logo.png
Content-Transfer-Encoding: base64
Content-Disposition: inline; filename=logo.png
Content-ID: <logo.1@acme-shop.com>

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YA
AAAASUVORK5CYII=
--rel--
--alt--
--outer=1
Content-Type: application/pdf; name="Groesse.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6sse.pdf

JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyA+PgplbmRvYmoKdHJhaWxlcgo8PCAv
Um9vdCAxIDAgUiA+PgolJUVPRgo=
--outer=1--
"""

Change = Callable[[bytes], bytes]


def sub(old: str, new: str) -> Change:
    """Replace the one place where ``old`` stands; ``\\n`` is the message's line end in both."""

    def change(octets: bytes) -> bytes:
        before, after = (text.replace("\n", "\r\n").encode("utf-8", "surrogateescape") for text in (old, new))
        assert octets.count(before) == 1, f"{old!r} stands {octets.count(before)} times"
        return octets.replace(before, after)

    return change


def drop(name: str) -> Change:
    """Take a one-line field of the message's header away."""

    def change(octets: bytes) -> bytes:
        start = octets.index(f"{name}: ".encode())
        return octets[:start] + octets[octets.index(b"\r\n", start) + 2 :]

    return change


def field(line: str) -> Change:
    """Add a field to the message's header."""
    return sub("MIME-Version: 1.0\n", f"MIME-Version: 1.0\n{line}\n")


def octets(old: bytes, new: bytes) -> Change:
    return lambda message: message.replace(old, new, 1) if old in message else pytest.fail("not there")


DATE = "Date: Mon, 02 Nov 2026 12:00:00 +0000"
ID = "Message-ID: <20261102.1@acme-shop.com>"
TO = "To: Ben <ben@reader.example>"
LONG = "x" * 1100

FAULTS: dict[str, tuple[Change, set[str]]] = {
    "no From": (drop("From"), {"missing-from"}),
    "no Date": (drop("Date"), {"missing-date"}),
    "no Message-ID": (drop("Message-ID"), {"missing-message-id"}),
    "no Subject": (drop("Subject"), {"missing-subject"}),
    "empty Subject": (sub("=?utf-8?b?R3LDvMOfZQ==?= from Acme", ""), {"missing-subject"}),
    "two Subjects": (field("Subject: another"), {"duplicate-header"}),
    "two From": (field("From: eve@acme-shop.com"), {"duplicate-header"}),
    "two Message-ID": (field("Message-ID: <2@acme-shop.com>"), {"duplicate-header"}),
    "two Content-Type in a part": (
        sub("Content-ID: <logo", "Content-Type: image/png\nContent-ID: <logo"), {"duplicate-header"},
    ),
    "space in a field name": (field("X Thing: 1"), {"malformed-header-field"}),
    "no colon": (sub("In-Reply-To: <", "In-Reply-To <"), {"malformed-header-field"}),
    "space before the colon": (field("X-Thing : 1"), {"malformed-header-field"}),
    "fold of white space": (field("X-Thing: 1\n \n two"), {"malformed-header-field"}),
    "mailbox From line": (lambda all: b"From ann Mon Nov  2 12:00:00 2026\r\n" + all, {"malformed-header-field"}),
    "long header line": (field(f"X-Thing: {LONG}"), {"header-line-over-998"}),
    "NUL in a field": (field("X-Thing: a\x00b"), {"header-control-character"}),
    "CR in a field": (field("X-Thing: a\rb"), {"header-control-character"}),
    "escape in a field": (field("X-Thing: a\x1bb"), {"header-control-character"}),
    "raw UTF-8 in Subject": (sub("from Acme", "für Acme"), {"raw-non-ascii-header"}),
    "raw Latin-1 in Subject": (sub("from Acme", "f\udcfcr Acme"), {"raw-non-ascii-header"}),
    "raw UTF-8 in a name": (sub("Sender: Ann", "Sender: Änn"), {"raw-non-ascii-header"}),
    "ISO date": (sub(DATE, "Date: 2026-11-02T12:00:00Z"), {"malformed-date"}),
    "no zone": (sub(DATE, "Date: Mon, 02 Nov 2026 12:00:00"), {"malformed-date"}),
    "two-digit year": (sub(DATE, "Date: Mon, 02 Nov 26 12:00:00 +0000"), {"malformed-date"}),
    "hour 25": (sub(DATE, "Date: Mon, 02 Nov 2026 25:00:00 +0000"), {"malformed-date"}),
    "31 November": (sub(DATE, "Date: 31 Nov 2026 12:00:00 +0000"), {"malformed-date"}),
    "zone by name": (sub(DATE, "Date: Mon, 02 Nov 2026 12:00:00 EST"), {"malformed-date"}),
    "month in German": (sub(DATE, "Date: Mon, 02 Dez 2026 12:00:00 +0000"), {"malformed-date"}),
    "wrong weekday": (sub(DATE, "Date: Tue, 02 Nov 2026 12:00:00 +0000"), {"date-weekday-mismatch"}),
    "Message-ID without brackets": (sub(ID, "Message-ID: 20261102.1@acme-shop.com"), {"malformed-message-id"}),
    "Message-ID without @": (sub(ID, "Message-ID: <20261102.1>"), {"malformed-message-id"}),
    "Message-ID with two @": (sub(ID, "Message-ID: <a@b@acme-shop.com>"), {"malformed-message-id"}),
    "Message-ID with a space": (sub(ID, "Message-ID: <2026 1@acme-shop.com>"), {"malformed-message-id"}),
    "Message-ID of localhost": (sub(ID, "Message-ID: <20261102.1@localhost>"), {"malformed-message-id"}),
    "no MIME-Version": (drop("MIME-Version"), {"bad-mime-version"}),
    "MIME-Version 2": (sub("MIME-Version: 1.0", "MIME-Version: 2.0"), {"bad-mime-version"}),
    "Bcc": (field("Bcc: eve@reader.example"), {"bcc-present"}),
    "Return-Path": (field("Return-Path: <a@acme-shop.com>"), {"unexpected-header"}),
    "Errors-To": (field("Errors-To: a@acme-shop.com"), {"unexpected-header"}),
    "Content-Length": (field("Content-Length: 12"), {"unexpected-header"}),
    "Re without References": (
        lambda all: drop("References")(drop("In-Reply-To")(sub("from Acme", "x")(sub("Subject: ", "Subject: Re: ")(all)))),
        {"misleading-reply-prefix"},
    ),
    "placeholder in Subject": (sub("from Acme", "from {{ shop }}"), {"placeholder-in-header"}),
    "nothing as a recipient": (sub("<ben@reader.example>,", "<ben@reader.example>, None,"), {"placeholder-in-header"}),
    "nothing as an address": (sub("<ben@reader.example>", "<undefined>"), {"placeholder-in-header"}),
    "an object as a name": (sub("Ben <ben@", "[object Object] <ben@"), {"placeholder-in-header"}),
    "ERB as a name": (sub("Ben <ben@", "<%= name %> <ben@"), {"placeholder-in-header"}),
    "nothing as Date": (sub(DATE, "Date: None"), {"placeholder-in-header"}),
    "bytes as Subject": (sub("=?utf-8?b?R3LDvMOfZQ==?= from Acme", "b'Your order'"), {"placeholder-in-header"}),
    "empty encoded Subject": (sub("=?utf-8?b?R3LDvMOfZQ==?= from Acme", "=?utf-8?q??="), {"missing-subject"}),
    "encoded Message-ID": (sub(ID, "Message-ID: =?utf-8?q?=3Ca=40acme-shop=2Ecom=3E?="), {"misplaced-encoded-word"}),
    "encoded word of 1100 octets": (
        sub("=?utf-8?b?R3LDvMOfZQ==?= from Acme", f"=?utf-8?b?{'w7xh' * 280}?="), {"encoded-word-too-long"},
    ),
    "word without an encoding": (sub("?b?R3LDvMOfZQ==?=", "?R3LDvMOfZQ==?="), {"malformed-encoded-word"}),
    "word with its encoding lost": (sub("?q?J=C3=B6rg", "?qJ=C3=B6rg"), {"malformed-encoded-word"}),
    "encoded transfer encoding": (
        sub("Encoding: base64\nContent-Disposition: attach", "Encoding: =?utf-8?q?base64?=\nContent-Disposition: attach"),
        {"invalid-cte"},
    ),
    "encoded charset": (
        sub("text/plain; charset=utf-8", 'text/plain; charset="=?utf-8?q?utf-8?="'), {"misplaced-encoded-word"},
    ),
    "undisclosed;": (sub("Team: dora@reader.example, emil@reader.example;", "undisclosed-recipients;"), {"unqualified-address"}),
    "no such family of types": (sub("application/pdf;", "aplication/pdf;"), {"content-type-syntax"}),
    "raw UTF-8 transfer encoding": (
        sub("Encoding: base64\nContent-Disposition: attach", "Encoding: bäse64\nContent-Disposition: attach"),
        {"raw-non-ascii-header"},
    ),
    "base64url": (
        sub("JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyA", "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YW--ZyA"), {"base64-malformed"},
    ),
    "unclosed bracket": (sub(TO, "To: Ben <ben@reader.example"), {"unparsable-address"}),
    "doubled brackets": (sub(TO, "To: Ben <<ben@reader.example>>"), {"unparsable-address"}),
    "missing comma": (sub(TO + ",", "To: Ben <ben@reader.example>"), {"unparsable-address"}),
    "unclosed quote": (sub('"Acme, Inc."', '"Acme, Inc.'), {"unparsable-address"}),
    "two @": (sub("<ben@", "<ben@x@"), {"unparsable-address"}),
    "space in an address": (sub("<ben@", "<b en@"), {"unparsable-address"}),
    "dots together": (sub("<ben@", "<b..en@"), {"unparsable-address"}),
    "no domain": (sub("<ben@reader.example>", "<ben>"), {"unqualified-address"}),
    "bare word": (sub("Ben <ben@reader.example>", "ben"), {"unqualified-address"}),
    "comma in a name": (sub("Ben <ben@", "Miller, Ben <ben@"), {"unquoted-special-in-display-name"}),
    "@ in a name": (sub("Ben <ben@", "Ben@home <ben@"), {"unquoted-special-in-display-name"}),
    "dot in a name": (sub("Sender: Ann <", "Sender: Dr. Ann <"), {"unquoted-special-in-display-name"}),
    "two authors": (sub("<joerg@acme-shop.com>", "<j@acme-shop.com>, a@acme-shop.com"), {"multiple-from-addresses"}),
    "semicolon": (sub("<ben@reader.example>,", "<ben@reader.example>;"), {"bad-list-separator"}),
    "empty element": (sub("<ben@reader.example>,", "<ben@reader.example>, ,"), {"bad-list-separator"}),
    "long local part": (sub("<ben@", f"<{'b' * 65}@"), {"address-too-long"}),
    "raw UTF-8 local part": (sub("<ben@", "<bén@"), {"non-ascii-address"}),
    "raw UTF-8 domain": (sub("ben@reader.example", "ben@bücher.example"), {"non-ascii-address"}),
    "another address as the name": (
        sub("Sender: Ann <ann", 'Sender: "ceo@bank.com" <ann'), {"display-name-is-address"},
    ),
    "star in the name": (sub("Sender: Ann", "Sender: =?utf-8?b?4piFIEFubg==?="), {"display-name-symbols"}),
    "reserved From": (sub("<joerg@acme-shop.com>", "<joerg@acme.test>"), {"foreign-or-reserved-from"}),
    "From at Gmail": (sub("<joerg@acme-shop.com>", "<joerg@gmail.com>"), {"foreign-or-reserved-from"}),
    "long encoded word": (
        sub("=?utf-8?b?R3LDvMOfZQ==?=", f"=?utf-8?q?Gr=C3=BC{'a' * 70}?="), {"encoded-word-too-long"},
    ),
    "split character": (
        sub("=?utf-8?b?R3LDvMOfZQ==?= from Acme", "=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?= from Acme"),
        {"encoded-word-splits-character"},
    ),
    "whole address encoded": (
        sub("Sender: Ann <ann@acme-shop.com>", "Sender: =?utf-8?q?=C3=84nn_=3Cann=40acme-shop=2Ecom=3E?="),
        {"encoded-address"},
    ),
    "encoded word in quotes": (sub("Sender: Ann", 'Sender: "=?utf-8?q?=C3=84nn?="'), {"misplaced-encoded-word"}),
    "encoded word in a parameter": (
        sub('name="Groesse.pdf"', 'name="=?utf-8?q?Gr=C3=B6sse=2Epdf?="'), {"misplaced-encoded-word"},
    ),
    "encoded word in an address": (sub("<ann@", "<=?utf-8?q?=C3=A4nn?=@"), {"misplaced-encoded-word"}),
    "bad base64 word": (sub("R3LDvMOfZQ==", "R3LDvMOf*ZQ="), {"malformed-encoded-word"}),
    "unknown word encoding": (sub("=?utf-8?b?R3", "=?utf-8?x?R3"), {"malformed-encoded-word"}),
    "unknown word charset": (sub("=?utf-8?b?R3", "=?utf-99?b?R3"), {"malformed-encoded-word"}),
    "space in a word": (sub("?q?J=C3=B6rg_M", "?q?J=C3=B6rg M"), {"malformed-encoded-word"}),
    "word touches text": (sub("ZQ==?= from", "ZQ==?=from"), {"encoded-word-not-delimited"}),
    "needless word": (sub("Sender: Ann", "Sender: =?utf-8?q?Ann?="), {"needless-header-encoding"}),
    "newline in a word": (sub("R3LDvMOfZQ==", "R3LDvMOfZQ0KQmNjOg=="), {"smuggled-control-character"}),
    "raw UTF-8 parameter": (sub('name="Groesse.pdf"', 'name="Größe.pdf"'), {"raw-non-ascii-parameter"}),
    "quoted extended parameter": (
        sub("filename*=utf-8''Gr%C3%B6sse.pdf", "filename*=\"utf-8''Gr%C3%B6sse.pdf\""), {"malformed-extended-parameter"},
    ),
    "gap in segments": (
        sub("filename*=utf-8''Gr%C3%B6sse.pdf", "filename*0=Gr; filename*2=sse.pdf"), {"malformed-extended-parameter"},
    ),
    "no segment 0": (
        sub("filename*=utf-8''Gr%C3%B6sse.pdf", "filename*1=Gr; filename*2=sse.pdf"), {"malformed-extended-parameter"},
    ),
    "no boundary": (sub('multipart/mixed; boundary="outer=1"', "multipart/mixed"), {"missing-boundary"}),
    "other boundary": (sub('boundary="outer=1"', 'boundary="outer=2"'), {"boundary-mismatch"}),
    "no close delimiter": (sub("--outer=1--\n", ""), {"boundary-mismatch"}),
    "no inner close delimiter": (sub("--alt--\n", ""), {"boundary-mismatch"}),
    "no delimiters at all": (
        lambda all: all.replace(b"--outer=1--\r\n", b"").replace(b"--outer=1\r\n", b""), {"boundary-mismatch"},
    ),
    "unquoted boundary": (sub('boundary="outer=1"', "boundary=outer=1"), {"invalid-boundary"}),
    "long boundary": (lambda all: all.replace(b"outer=1", b"o" * 71), {"invalid-boundary"}),
    "boundary is a prefix": (
        lambda all: all.replace(b"--rel", b"--alt2").replace(b"boundary=rel", b"boundary=alt2"), {"boundary-collision"},
    ),
    "base64 container": (
        sub("multipart/alternative; boundary=alt", "multipart/alternative; boundary=alt\nContent-Transfer-Encoding: base64"),
        {"encoded-composite"},
    ),
    "no empty line": (
        sub("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch", "charset=utf-8\nContent-Transfer-Encoding: quoted-printable\nSch"),
        {"missing-header-body-separator"},
    ),
    "empty line in a header": (
        sub("Content-Type: image/png; name=logo.png\n", "Content-Type: image/png; name=logo.png\n\n"),
        {"missing-header-body-separator"},
    ),
    "no subtype": (sub("Content-Type: text/plain;", "Content-Type: text;"), {"content-type-syntax"}),
    "no semicolon": (sub("text/plain; charset", "text/plain charset"), {"content-type-syntax"}),
    "repeated parameter": (sub("text/plain; charset=utf-8", "text/plain; charset=utf-8; charset=utf-8"), {"content-type-syntax"}),
    "html first": (
        lambda all: all.replace(b"multipart/related; type=\"text/html\"; boundary=rel", b"#")
        .replace(b"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\r\n\r\nYour order 17 is on its way: https://acme-shop.com/orders/17", b"@")
        .replace(b"Content-Type: #" + all.split(b"boundary=rel", 1)[1].split(b"--alt--", 1)[0], b"HTML")
        .replace(b"Content-Type: @\r\n", b"TEXT").replace(b"HTML", b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\r\n\r\nYour order 17 is on its way: https://acme-shop.com/orders/17\r\n")
        .replace(b"TEXT", b"Content-Type: multipart/related; type=\"text/html\"; boundary=rel" + all.split(b"boundary=rel", 1)[1].split(b"--alt--", 1)[0]),
        {"alternative-order"},
    ),
    "start points at nothing": (sub('type="text/html"; boundary=rel', 'type="text/html"; start="<x@y.example>"; boundary=rel'), {"related-root"}),
    "mixed instead of alternative": (sub("multipart/alternative", "multipart/mixed"), {"mixed-instead-of-alternative"}),
    "mixed instead of related": (sub('multipart/related; type="text/html"', "multipart/mixed"), {"inline-image-outside-related"}),
    "no charset": (
        sub("text/plain; charset=utf-8", "text/plain"), {"charset-missing"},
    ),
    "bad UTF-8": (sub("Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\n\nYour", "Sch=C3ne Gr=C3=BC=C3=9Fe, Ben.\n\nYour"), {"undecodable-text"}),
    "Latin-1 as UTF-8": (sub("Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\n\nYour", "Sch=F6ne Gr=FC=DFe, Ben.\n\nYour"), {"undecodable-text"}),
    "8-bit as ASCII": (sub("text/plain; charset=utf-8", "text/plain; charset=us-ascii"), {"undecodable-text"}),
    "unknown charset": (sub("text/plain; charset=utf-8", "text/plain; charset=x-thing-9"), {"unknown-charset"}),
    "alias": (sub("text/plain; charset=utf-8", "text/plain; charset=utf8"), {"charset-alias"}),
    "Windows as Latin-1": (
        sub("text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch=C3=B6ne Gr=C3=BC=C3=9Fe", "text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n=84Sch=F6ne=93 Gr=FC=DFe"),
        {"superset-mislabel"},
    ),
    "another meta charset": (sub('charset=3D"utf-8"', 'charset=3D"big5"'), {"meta-charset-mismatch"}),
    "byte order mark": (sub("\n\nSch=C3=B6ne Gr", "\n\n=EF=BB=BFSch=C3=B6ne Gr"), {"byte-order-mark"}),
    "long body line": (sub("Preamble.", LONG), {"body-line-over-998"}),
    "bare LF": (octets(b"Preamble.\r\n", b"Preamble.\n"), {"bare-newline"}),
    "bare CR": (octets(b"Preamble.", b"Pre\ramble."), {"bare-newline"}),
    "NUL in a text": (
        sub("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.", "charset=utf-8\nContent-Transfer-Encoding: 7bit\n\nDear\x00Ben"),
        {"nul-octet"},
    ),
    "8-bit as 7bit": (
        sub("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.", "charset=utf-8\nContent-Transfer-Encoding: 7bit\n\nSchöne Grüße, Ben."),
        {"cte-understated"},
    ),
    "unknown encoding": (
        sub("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nSch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.", "charset=utf-8\nContent-Transfer-Encoding: utf-8\n\nHello, Ben."),
        {"invalid-cte"},
    ),
    "bad escape": (sub("order 17 is on its way: https", "order =1 is on its way: https"), {"qp-invalid-escape"}),
    "lower-case escape": (sub("Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\n\n", "Sch=c3=b6ne Gr=C3=BC=C3=9Fe, Ben.\n\n"), {"qp-invalid-escape"}),
    "trailing space": (sub("Ben.\n\nYour", "Ben. \n\nYour"), {"qp-trailing-whitespace"}),
    "long QP line": (sub("Ben.\n\nYour", f"Ben. {'a' * 80}\n\nYour"), {"qp-line-over-76"}),
    "encoded line break": (sub("Ben.\n\nYour", "Ben.=0D=0A=0D=0AYour"), {"qp-encoded-line-break"}),
    "raw octets in QP": (sub("Sch=C3=B6ne Gr=C3=BC=C3=9Fe, Ben.\n\nYour", "Schöne Gr=C3=BC=C3=9Fe, Ben.\n\nYour"), {"qp-unencoded-octet"}),
    "long base64 line": (sub("42YA\nAAAASUVORK5CYII=", "42YAAAAASUVORK5CYII="), {"base64-line-over-76"}),
    "bad base64": (sub("AAAASUVORK5CYII=", "AAAASU*VORK5CYII="), {"base64-malformed"}),
    "base64 cut": (sub("AAAASUVORK5CYII=", "AAAASUVORK5CYII"), {"base64-malformed"}),
    "unresolved cid": (sub("cid:logo.1@acme-shop.com", "cid:logo.2@acme-shop.com"), {"unresolved-cid"}),
    "unreferenced image": (sub('<img src=3D"cid:logo.1@acme-shop.com" alt=3D"Acme">', "Acme"), {"unreferenced-inline-part"}),
    "Content-ID without brackets": (sub("Content-ID: <logo.1@acme-shop.com>", "Content-ID: logo.1@acme-shop.com"), {"malformed-content-id"}),
    "path in a file name": (sub("inline; filename=logo.png", 'inline; filename="../logo.png"'), {"unsafe-filename"}),
    "executable": (sub("utf-8''Gr%C3%B6sse.pdf", "utf-8''Gr%C3%B6sse.exe"), {"blocked-attachment-type"}),
    "png that is a gif": (sub("Content-Type: image/png; name=logo.png", "Content-Type: image/gif; name=logo.png"), {"type-extension-mismatch"}),
}  # fmt: skip


@cache
def judge() -> Linter:
    return Linter(Settings())


def names(octets: bytes) -> set[str]:
    return {one.name for one in judge().lint(octets)}


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_the_right_message_is_right(line_end: bytes) -> None:
    assert names(MESSAGE.replace(b"\n", line_end)) == set()


@pytest.mark.parametrize(("change", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_named_by_its_owner_alone(change: Change, expected: set[str]) -> None:
    planted = change(MESSAGE.replace(b"\n", b"\r\n"))
    assert names(planted) == expected


def test_truncations_are_judged_without_an_exception() -> None:
    octets = MESSAGE.replace(b"\n", b"\r\n")
    for end in range(0, len(octets), 7):
        names(octets[:end])
