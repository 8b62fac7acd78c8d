"""Faults planted in messages of many shapes, with CRLF and with LF: each is named by its owner, and by no other rule."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
from carriers import CARRIERS, HEAD, HTMLPART, PDF, PNG, TEXTPART, UTF8

from mailtemplates.linting.linter import Linter
from mailtemplates.settings import Settings

Change = Callable[[str], str]


class Plant(NamedTuple):
    """A change that makes one fault, who names it, and the carriers that it is planted in (those that it changes)."""

    owners: frozenset[str]
    ident: str
    change: Change
    carriers: tuple[str, ...]


PLANTS: list[Plant] = []


def plant(owner: str | set[str], ident: str, change: Change, carriers: tuple[str, ...] = ()) -> None:
    PLANTS.append(Plant(frozenset({owner} if isinstance(owner, str) else owner), ident, change, carriers))


def replace(old: str, new: str) -> Change:
    return lambda text: text.replace(old, new, 1)


def replace_all(old: str, new: str) -> Change:
    return lambda text: text.replace(old, new)


def both(*changes: Change) -> Change:
    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return change


def _field(name: str) -> re.Pattern[str]:
    return re.compile(rf"^{name}:[^\n]*(?:\n[ \t][^\n]*)*\n", re.IGNORECASE | re.MULTILINE)


def with_field(name: str, value: str) -> Change:
    """Give a field of the message's header another value."""
    return lambda text: _field(name).sub(lambda _: f"{name}:{value}\n", text, count=1)


def without(name: str) -> Change:
    return lambda text: _field(name).sub("", text, count=1)


def added(line: str) -> Change:
    return replace("MIME-Version: 1.0\n", f"MIME-Version: 1.0\n{line}\n")


def before(line: str) -> Change:
    return lambda text: f"{line}\n{text}"


def swapped(text: str, one: str, other: str) -> str:
    return text.replace(one, "@@").replace(other, one).replace("@@", other)


def on_body(change: Change) -> Change:
    return lambda text: text.split("\n\n", 1)[0] + "\n\n" + change(text.split("\n\n", 1)[1])


NOT_RECEIVED = tuple(one for one in CARRIERS if one != "received")
NOT_LIST = tuple(one for one in CARRIERS if one != "bulk")

# fmt: off
plant("missing-from", "renamed From", replace('From: "Carla', 'X-From: "Carla'))
plant("missing-from", "no From", without("From"))
plant("missing-from", "From only Sender", lambda t: t.replace('From: "Carla', 'Sender: "Carla', 1))
plant("missing-date", "no date", without("Date"))
plant("missing-date", "Date as X-Date", replace("\nDate: Tue, 06", "\nX-Date: Tue, 06"))
plant("missing-date", "only Resent-Date", replace("\nDate: Tue, 06", "\nResent-Date: Tue, 06"))
plant("missing-message-id", "none", without("Message-ID"))
plant("missing-message-id", "X-", replace("\nMessage-ID: <p44", "\nX-Message-ID: <p44"))
plant("malformed-message-id", "empty", with_field("Message-ID", ""))
plant("missing-subject", "none", without("Subject"))
plant("missing-subject", "empty", with_field("Subject", ""))
plant("missing-subject", "white", with_field("Subject", "   "))
plant("missing-recipient", "none", without("To"))
plant("missing-recipient", "only reply-to", replace("\nTo: Noor", "\nReply-To: Noor"))
plant("missing-recipient", "X-To", replace("\nTo: Noor", "\nX-To: Noor"))
for n, v in (
    ("To", "b@mailbox.example"),
    ("Date", "Tue, 06 Oct 2026 09:15:00 +0200"),
    ("Reply-To", "a@lumen-books.com\nReply-To: b@lumen-books.com"),
    ("MIME-Version", "1.0"),
    ("Subject", "x"),
    ("In-Reply-To", "<1@a.example>\nIn-Reply-To: <2@a.example>"),
    ("References", "<1@a.example>\nReferences: <2@a.example>"),
    ("Sender", "a@lumen-books.com\nSender: a@lumen-books.com"),
    ("Cc", "a@lumen-books.com\nCc: b@lumen-books.com"),
):
    plant("duplicate-header", "two " + n, added(f"{n}: {v}"))
plant("duplicate-header", "two CTE", replace("Content-Transfer-Encoding: quoted-printable\n", "Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: quoted-printable\n"))
plant("duplicate-header", "two Content-Type", replace("Content-Type: text/plain; charset=utf-8\n", "Content-Type: text/plain; charset=utf-8\nContent-Type: text/plain; charset=utf-8\n"))
plant("malformed-header-field", "umlaut in name", added("X-Größe: 5"))
plant("malformed-header-field", "tab before colon", added("X-Size\t: 5"))
plant("malformed-header-field", "blank fold at end", added("X-Size: 5\n  "))
plant("malformed-header-field", "name with space", added("Mail Client: Lumen"))
plant("malformed-header-field", "lone word line", added("garbage"))
plant("malformed-header-field", ">From line", before(">From x Tue Oct  6 09:15:00 2026"))
plant("malformed-header-field", "empty name", added(": value"))
plant({"header-line-over-998", "header-size-limit"}, "Subject of 1200", with_field("Subject", " " + "word " * 240 + "end"))
plant("header-line-over-998", "To list one line", with_field("To", " " + ", ".join(f"u{i}@mailbox.example" for i in range(60))))
plant("header-line-over-998", "second line long", added("X-Note: a\n " + "b" * 1005))
plant("header-control-character", "BEL", added("X-Note: a\x07b"))
plant("header-control-character", "NUL subj", with_field("Subject", " Par\x00cel"))
plant("header-control-character", "DEL", added("X-Note: a\x7fb"))
plant("header-control-character", "VT in From", replace('"Carla Ruiz"', '"Carla\x0bRuiz"'))
plant("header-control-character", "CR in subject", with_field("Subject", " Parcel\rBcc"))
plant("raw-non-ascii-header", "X-", added("X-Note: mañana"))
plant("raw-non-ascii-header", "Subject", with_field("Subject", " Tu paquete está en camino"))
plant("raw-non-ascii-header", "From name", replace('"Carla Ruiz"', '"Carla Ruíz"'))
plant("raw-non-ascii-header", "CJK comment", replace("To: Noor <noor@mailbox.example>", "To: Noor <noor@mailbox.example> (家)"))
plant("raw-non-ascii-header", "latin1", with_field("Subject", " ma\udcf1ana"))
for v in (
    "2026-10-06 09:15:00",
    "Tue, 06 Oct 2026",
    "Tue Oct  6 09:15:00 2026",
    "06/10/2026 09:15",
    "Tue, 06 Oct 2026 09:15:00 +02:00",
    "Tue, 06 Oct 2026 9h15 +0200",
    "Tue, 06 Oct 2026 09:15:61 +0200",
    "Tue, 06 Oct 2026 09:15:00 +9900",
    "Tue, 32 Oct 2026 09:15:00 +0200",
    "6 October 2026 09:15:00 +0200",
    "Tue, 06 Oct 2026 09:15:00 CEST",
    "Tue, 06 Oct 26 09:15:00 +0200",
    "Tue, 06 Oct 2026 09:15:00",
    "1791270900",
    "Tue, 06 Oct 2026 09.15.00 +0200",
    "Tues, 06 Oct 2026 09:15:00 +0200",
    "Tue, 06 Oct 2026 09:15:00 +0200 extra",
    "Tue, 06 Oct 2026 09:15:00 PM +0200",
    "Mar, 06 Oct 2026 09:15:00 +0200",
):
    plant("malformed-date", v, with_field("Date", " " + v))
for v in ("Mon, 06 Oct 2026 09:15:00 +0200", "Sun, 6 Oct 2026 09:15 +0200", "Wed,  6 Oct 2026 09:15:00 +0200 (CEST)"):
    plant("date-weekday-mismatch", v, with_field("Date", " " + v))
for v in (
    "p4471@mail.lumen-books.com",
    "<p4471>",
    "<p4471@>",
    "<@mail.lumen-books.com>",
    "<p 4471@mail.lumen-books.com>",
    "<p4471@mail.lumen-books.com",
    "p4471@mail.lumen-books.com>",
    "<p4471@mail@lumen-books.com>",
    "<<p4471@mail.lumen-books.com>>",
    "<p4471@localhost>",
    "<p..4471@lumen-books.com>",
    "<>",
    "<p4471@lumen-books.com> <q@lumen-books.com>",
    "<p4471@lumen-books.com> trailing",
):
    plant("malformed-message-id", v, with_field("Message-ID", " " + v))
plant("malformed-message-id", "References w/o brackets", added("References: p1@lumen-books.com"))
plant("malformed-message-id", "In-Reply-To unclosed", added("In-Reply-To: <p1@lumen-books.com"))
plant("malformed-message-id", "References comma", added("References: <p1@lumen-books.com>, <p2@lumen-books.com>"))
plant("bad-mime-version", "none", without("MIME-Version"))
for v in ("1.1", "1", "1.0.0", "", "one"):
    plant("bad-mime-version", v, with_field("MIME-Version", " " + v))
plant("bcc-present", "one", added("Bcc: s@mailbox.example"))
plant("bcc-present", "empty", added("Bcc:"))
plant("bcc-present", "two addrs", added("BCC: s@mailbox.example, t@mailbox.example"))
plant("bcc-present", "Resent-Bcc", added("Resent-From: a@lumen-books.com\nResent-Date: Tue, 06 Oct 2026 09:15:00 +0200\nResent-Bcc: b@mailbox.example"))
for v in ("Return-Path: <a@lumen-books.com>", "Return-Receipt-To: a@lumen-books.com", "Lines: 12", "Errors-To: a@lumen-books.com", "Content-Length: 300", "Authentication-Results: mx.example; spf=pass", "Received: from a by b; Tue, 06 Oct 2026 09:15:00 +0200"):
    plant("unexpected-header", v[:15], added(v), NOT_RECEIVED)
for v in ("Re: parcel", "RE: parcel", "Re[2]: parcel", "=?utf-8?q?Re=3A_ma=C3=B1ana?="):
    plant("misleading-reply-prefix", v, with_field("Subject", " " + v))
plant("subject-style", "caps", with_field("Subject", " YOUR PARCEL HAS LEFT OUR STORE"))
plant("subject-style", "marks", with_field("Subject", " Your parcel has left!!!"))
plant("subject-style", "long", with_field("Subject", " " + "parcel " * 13))
plant("subject-style", "spaces", with_field("Subject", " Your parcel has left  "))
for v in ("Hello {{ name }}", "Hello %FIRSTNAME%", "Hello *|FNAME|*", "Hello ${name}", "Hello [object Object]", "Dear None, your parcel", "{% if x %}parcel", "<%= name %>", "Hi %%first_name%%", "Hello [FIRST NAME]", "undefined", "Hello {{name"):
    plant("placeholder-in-header", v, with_field("Subject", " " + v))
plant("placeholder-in-header", "To name", replace("To: Noor", "To: {{ user.name }}"))
plant("placeholder-in-header", "msgid", with_field("Message-ID", " <{{ id }}@lumen-books.com>"))
plant("placeholder-in-header", "list-unsub", added("List-Unsubscribe: <https://lumen-books.com/u/{{ token }}>"), ("simple", "alt"))
plant("header-size-limit", "too many", added("\n".join(f"X-N{i}: 1" for i in range(5100))), ("simple", "alt"))
plant("header-size-limit", "one of 40K", added("X-Big: " + "\n ".join("v" * 70 for _ in range(600))), ("simple", "alt"))
plant("header-size-limit", "Message-ID 600", with_field("Message-ID", " <" + "a" * 580 + "@lumen-books.com>"), ("simple", "alt"))

TO = "To: Noor <noor@mailbox.example>"


def to(value: str) -> Change:
    return replace(TO, "To: " + value)


for v in (
    "Noor <noor@mailbox.example",
    "noor@mailbox.example>",
    "Noor <<noor@mailbox.example>>",
    "Noor <noor@@mailbox.example>",
    "<Noor> <noor@mailbox.example>",
    '"Noor <noor@mailbox.example>',
    "Noor <noor @ mailbox example>",
    "Noor <.noor@mailbox.example>",
    "Noor <noor.@mailbox.example>",
    "Noor (home <noor@mailbox.example>",
    "Noor <noor@-mailbox..example>",
    "noor@mailbox.example lea@mailbox.example",
    "Noor noor@mailbox.example",
    "Noor <noor@[300.1.1]>",
    "Noor <>",
    "Team: noor@mailbox.example",
    "Noor <mailto:noor@mailbox.example>",
    "Noor <noor@mailbox.example,>",
    "Noor [noor@mailbox.example]",
):
    plant("unparsable-address", v, to(v))
for v in ("noor", "Noor <noor>", "noor, lea@mailbox.example", "Team: noor;"):
    plant("unqualified-address", v, to(v))
for v in ("Haddad, Noor <noor@mailbox.example>", "Noor@work <noor@mailbox.example>", "Noor; Haddad <noor@mailbox.example>", "Dr. Noor <noor@mailbox.example>", "Noor [HR] <noor@mailbox.example>", "Noor: home <noor@mailbox.example>"):
    plant("unquoted-special-in-display-name", v, to(v))
plant("multiple-from-addresses", "two no sender", replace('From: "Carla Ruiz" <carla@lumen-books.com>', 'From: "Carla Ruiz" <carla@lumen-books.com>, max@lumen-books.com'))
plant("multiple-from-addresses", "two with sender", replace('From: "Carla Ruiz" <carla@lumen-books.com>', 'From: "Carla Ruiz" <carla@lumen-books.com>, max@lumen-books.com\nSender: max@lumen-books.com'))
plant("multiple-from-addresses", "three", replace('From: "Carla Ruiz" <carla@lumen-books.com>', "From: carla@lumen-books.com, max@lumen-books.com,\n ida@lumen-books.com"))
for v in ("a@mailbox.example; b@mailbox.example", "a@mailbox.example,, b@mailbox.example", "a@mailbox.example,", ", a@mailbox.example", "a@mailbox.example;"):
    plant("bad-list-separator", v, to(v))
plant("address-too-long", "local 70", to("n" * 70 + "@mailbox.example"))
plant("address-too-long", "domain 260", to("n@" + ".".join(["d" * 60] * 4) + "." + "e" * 20 + ".example"))
plant("address-too-long", "local 100 in From", replace("carla@", "c" * 100 + "@"))
plant("non-ascii-address", "local", to("ñoor@mailbox.example"))
plant("non-ascii-address", "domain", to("noor@buzón.example"))
plant("non-ascii-address", "From", replace("<carla@lumen", "<carla@lúmen"))
for v in ('"noor@other.com" <noor@mailbox.example>',):
    plant("display-name-is-address", "in From: " + v, replace('"Carla Ruiz" <carla@lumen-books.com>', '"pay@bank.com" <carla@lumen-books.com>'))
plant("display-name-is-address", "Reply-To", added('Reply-To: "help@bank.com" <carla@lumen-books.com>'))
plant("display-name-symbols", "emoji", replace('"Carla Ruiz"', "=?utf-8?q?Carla_=F0=9F=93=A6?="))
plant("display-name-symbols", "heart", replace('"Carla Ruiz"', "=?utf-8?b?Q2FybGEg4p2k?="))
plant("display-name-symbols", "check", replace('"Carla Ruiz"', "=?utf-8?q?=E2=9C=94_Carla?="))
plant("reply-to-suspicious", "equals To", added("Reply-To: noor@mailbox.example"), NOT_LIST)
plant("reply-to-suspicious", "noreply From", replace("<carla@", "<no-reply@"))
plant("reply-to-suspicious", "noreply2", replace("<carla@", "<donotreply@"))
for v in ("carla@example.com", "carla@lumen.test", "carla@lumen.invalid", "carla@localhost.localdomain"):
    plant("foreign-or-reserved-from", v, replace("carla@lumen-books.com", v))
for v in ("carla@gmail.com", "carla@yahoo.com", "carla@outlook.com"):
    plant("foreign-or-reserved-from", v, replace("carla@lumen-books.com", v), NOT_RECEIVED)


def subject(value: str) -> Change:
    return with_field("Subject", " " + value)


plant("encoded-word-too-long", "q 90", subject("=?utf-8?q?" + "ma=C3=B1ana_" * 8 + "x?="))
plant("encoded-word-too-long", "b 100", subject("=?utf-8?b?" + base64.b64encode(("mañana " * 10 + "x").encode()).decode() + "?="))
plant("encoded-word-too-long", "line over 76", added("X-Note: " + "=?utf-8?q?ma=C3=B1ana_" + "a" * 50 + "?= =?utf-8?q?_ma=C3=B1ana?="))
plant("encoded-word-splits-character", "q", subject("=?utf-8?q?ma=C3?= =?utf-8?q?=B1ana?="))
plant("encoded-word-splits-character", "b", subject("=?utf-8?b?bWHD?= =?utf-8?b?sWFuYQ==?="))
plant("encoded-word-splits-character", "fold", subject("=?utf-8?q?=E5=AE?=\n =?utf-8?q?=B6?="))
plant("encoded-address", "From", replace('"Carla Ruiz" <carla@lumen-books.com>', "=?utf-8?q?Carla_Ru=C3=ADz_=3Ccarla=40lumen-books=2Ecom=3E?="))
plant("encoded-address", "To b", to("=?utf-8?b?" + base64.b64encode("Noór <noor@mailbox.example>".encode()).decode() + "?="))
plant("encoded-address", "Reply-To", added("Reply-To: =?utf-8?q?carla=40lumen-books=2Ecom?="))
plant("misplaced-encoded-word", "quoted", replace('"Carla Ruiz"', '"=?utf-8?q?Carla_Ru=C3=ADz?="'))
plant("misplaced-encoded-word", "addr", to("=?utf-8?q?no=C3=B3r?=@mailbox.example"))
plant("misplaced-encoded-word", "filename", replace('filename="invoice.pdf"', 'filename="=?utf-8?q?facturaci=C3=B3n.pdf?="'))
plant("misplaced-encoded-word", "name", replace('name="seal.png"', 'name="=?utf-8?b?c2VhbC5wbmc=?="'))
plant("misplaced-encoded-word", "Message-ID", with_field("Message-ID", " <=?utf-8?q?p4471?=@lumen-books.com>"))
plant("malformed-encoded-word", "space", subject("=?utf-8?q?ma=C3=B1ana es?="))
plant("malformed-encoded-word", "no end", subject("=?utf-8?q?ma=C3=B1ana"))
plant("malformed-encoded-word", "charset", subject("=?utf-77?q?ma=C3=B1ana?="))
plant("malformed-encoded-word", "enc", subject("=?utf-8?z?ma=C3=B1ana?="))
plant("malformed-encoded-word", "bad b64", subject("=?utf-8?b?bWHDsWFu!?="))
plant("malformed-encoded-word", "bad hex", subject("=?utf-8?q?ma=C3=Z1ana?="))
plant("malformed-encoded-word", "b64 length", subject("=?utf-8?b?bWHDsWFuY?="))
plant("encoded-word-not-delimited", "before", subject("Tu=?utf-8?q?_ma=C3=B1ana?="))
plant("encoded-word-not-delimited", "after", subject("=?utf-8?q?ma=C3=B1ana?=, Noor"))
plant("encoded-word-not-delimited", "adjacent", subject("=?utf-8?q?ma=C3=B1?==?utf-8?q?ana?="))
plant("encoded-word-not-delimited", "name<", to("=?utf-8?q?No=C3=B3r?=<noor@mailbox.example>"))
plant("needless-header-encoding", "subj q", subject("=?utf-8?q?Your_parcel?="))
plant("needless-header-encoding", "subj b", subject("=?us-ascii?b?WW91ciBwYXJjZWw=?="))
plant("needless-header-encoding", "name", replace('"Carla Ruiz"', "=?iso-8859-1?Q?Carla_Ruiz?="))
plant("smuggled-control-character", "CRLF", subject("=?utf-8?q?ma=C3=B1ana=0D=0ABcc:_x=40y.example?="))
plant("smuggled-control-character", "NUL", subject("=?utf-8?q?ma=C3=B1=00ana?="))
plant("smuggled-control-character", "bidi", subject("=?utf-8?q?ma=C3=B1=E2=80=AEana?="))
plant("raw-non-ascii-parameter", "filename", replace('filename="invoice.pdf"', 'filename="facturación.pdf"'))
plant("raw-non-ascii-parameter", "name latin1", replace('name="invoice.pdf"', 'name="facturaci\udcf3n.pdf"'))
plant("raw-non-ascii-parameter", "png", replace('filename="seal.png"', 'filename="señal.png"'))
plant("malformed-extended-parameter", "quoted", replace('filename="invoice.pdf"', "filename*=\"utf-8''factura.pdf\""))
plant("malformed-extended-parameter", "no charset", replace('filename="invoice.pdf"', "filename*=factura%C3%B3.pdf"))
plant("malformed-extended-parameter", "gap", replace('filename="invoice.pdf"', 'filename*0="inv"; filename*2="oice.pdf"'))
plant("malformed-extended-parameter", "bad pct", replace('filename="invoice.pdf"', "filename*=utf-8''factura%C3%ZZ.pdf"))
plant("malformed-extended-parameter", "starts at 1", replace('filename="invoice.pdf"', 'filename*1="inv"; filename*2="oice.pdf"'))

plant("html-without-text", "only html", lambda t: HEAD + HTMLPART, ("simple",))
plant("html-without-text", "html b64", lambda t: HEAD + "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes('<!DOCTYPE html><html lang="es"><head><title>P</title></head><body><p>Querida Noor, mañana.</p></body></html>\r\n'.encode()).decode(), ("simple",))
plant(
    "html-without-text",
    "html in mixed",
    lambda t: HEAD + 'Content-Type: multipart/mixed; boundary="q9.lumen"\n\n--q9.lumen\n' + HTMLPART + '\n--q9.lumen\nContent-Type: application/pdf; name="i.pdf"\nContent-Disposition: attachment; filename="i.pdf"\nContent-Transfer-Encoding: base64\n\n' + PDF + "\n--q9.lumen--\n",
    ("simple",),
)
plant("mixed-instead-of-alternative", "alt->mixed", replace("multipart/alternative", "multipart/mixed"), ("alt", "bulk"))
plant("mixed-instead-of-alternative", "rel", replace("multipart/alternative", "multipart/mixed"), ("rel",))
plant("alternative-order", "swap", lambda t: swapped(t, TEXTPART, HTMLPART), ("alt", "bulk"))
plant("degenerate-alternative", "one child text", lambda t: HEAD + 'Content-Type: multipart/alternative; boundary="q9.lumen"\n\n--q9.lumen\n' + TEXTPART + "\n--q9.lumen--\n", ("simple",))
plant("degenerate-alternative", "two texts", lambda t: t.replace(HTMLPART, TEXTPART), ("alt", "bulk"))
plant({"degenerate-alternative"}, "one child html", lambda t: HEAD + 'Content-Type: multipart/alternative; boundary="q9.lumen"\n\n--q9.lumen\n' + HTMLPART + "\n--q9.lumen--\n", ("simple",))
plant("attachment-in-alternative", "pdf in alt", lambda t: t.replace("\n--=_a.4471.lumen--", '\n--=_a.4471.lumen\nContent-Type: application/pdf; name="i.pdf"\nContent-Disposition: attachment; filename="i.pdf"\nContent-Transfer-Encoding: base64\n\n' + PDF + "\n--=_a.4471.lumen--"), ("alt", "bulk"))
plant("attachment-in-alternative", "png att in alt", lambda t: t.replace("\n--=_a.4471.lumen--", '\n--=_a.4471.lumen\nContent-Type: image/png; name="i.png"\nContent-Disposition: attachment; filename="i.png"\nContent-Transfer-Encoding: base64\n\n' + PNG + "\n--=_a.4471.lumen--"), ("alt", "bulk"))
plant("attachment-in-alternative", "txt att in alt", lambda t: t.replace("\n--=_a.4471.lumen--", '\n--=_a.4471.lumen\nContent-Type: text/plain; name="i.txt"\nContent-Disposition: attachment; filename="i.txt"\n\nTerms.\n--=_a.4471.lumen--'), ("alt", "bulk"))
plant("missing-boundary", "alt", replace('; boundary="=_a.4471.lumen"', ""), ("alt", "bulk"))
plant("missing-boundary", "empty", replace('boundary="=_a.4471.lumen"', 'boundary=""'), ("alt", "bulk"))
plant("missing-boundary", "inner", replace('Content-Type: multipart/alternative;\n boundary="----=_Part_119_23.1790"', "Content-Type: multipart/alternative"), ("rel",))
plant("missing-boundary", "misspelt", replace('boundary="=_a', 'bounday="=_a'), ("alt", "bulk"))
plant("boundary-mismatch", "other", replace('boundary="=_a.4471.lumen"', 'boundary="=_z.99"'), ("alt", "bulk"))
plant("boundary-mismatch", "no close", replace("--=_a.4471.lumen--\n", ""), ("alt", "bulk"))
plant("boundary-mismatch", "close one dash", replace("--=_a.4471.lumen--\n", "--=_a.4471.lumen-\n"), ("alt", "bulk"))
plant("boundary-mismatch", "delim 1 dash", replace("\n--=_a.4471.lumen\nContent-Type: text/html", "\n-=_a.4471.lumen\nContent-Type: text/html"), ("alt", "bulk"))
plant("boundary-mismatch", "delim trailing text", replace("\n--=_a.4471.lumen\nContent-Type: text/html", "\n--=_a.4471.lumenX\nContent-Type: text/html"), ("alt", "bulk"))
plant("boundary-mismatch", "inner no close", replace("------=_Part_120_24.1790--\n", ""), ("rel",))
plant("boundary-mismatch", "case", replace('boundary="=_a.4471.lumen"', 'boundary="=_A.4471.Lumen"'), ("alt", "bulk"))
plant("boundary-mismatch", "nothing behind first", lambda t: HEAD + 'Content-Type: multipart/mixed; boundary="q9.lumen"\n\n--q9.lumen--\n', ("simple",))
plant("invalid-boundary", "80 chars", replace_all("=_a.4471.lumen", "=_a.4471.lumen" + "x" * 70), ("alt", "bulk"))
plant("invalid-boundary", "unquoted", replace('boundary="=_a.4471.lumen"', "boundary==_a.4471.lumen"), ("alt", "bulk"))
plant("invalid-boundary", "trailing space", replace('boundary="=_a.4471.lumen"', 'boundary="=_a.4471.lumen "'), ("alt", "bulk"))
plant("invalid-boundary", "bad char", replace_all("=_a.4471.lumen", "=_a*4471.lumen"), ("alt", "bulk"))
plant("boundary-collision", "same inner", replace_all("----=_Part_119_23.1790", "----=_Part_118_22.1790"), ("rel",))
plant("boundary-collision", "prefix", replace_all("----=_Part_119_23.1790", "----=_Part_118_22.1790.1"), ("rel",))
plant("boundary-collision", "in text", replace("this is what", "--Apple-Mail=_7C2A and more\nthis is what"), ("fwd",))
for v in ("base64", "quoted-printable"):
    plant("encoded-composite", "alt " + v, replace('boundary="=_a.4471.lumen"\n', f'boundary="=_a.4471.lumen"\nContent-Transfer-Encoding: {v}\n'), ("alt", "bulk"))
plant("encoded-composite", "rfc822", replace("Content-Type: message/rfc822\n", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"), ("fwd",))
plant("missing-header-body-separator", "text part", replace("Content-Transfer-Encoding: quoted-printable\n\nQuerida", "Content-Transfer-Encoding: quoted-printable\nQuerida"), ("alt", "bulk", "rel"))
plant("missing-header-body-separator", "simple", replace("charset=us-ascii\n\nDear", "charset=us-ascii\nDear"), ("simple", "fwd"))
plant("missing-header-body-separator", "blank in part header", replace("Content-Type: text/html; charset=utf-8\nContent-T", "Content-Type: text/html; charset=utf-8\n\nContent-T"), ("alt", "bulk"))
for v in (
    "text",
    "text/",
    "/plain",
    "text/plain/x; charset=us-ascii",
    "text plain; charset=us-ascii",
    "text/plain charset=us-ascii",
    "text/plain; charset",
    'text/plain; charset="us-ascii',
    "text/plain;; charset=us-ascii",
    "text/plain; charset=us-ascii; charset=us-ascii",
    "txt/plain; charset=us-ascii",
    "text/plain; charset=us-ascii;",
    "text/plain, charset=us-ascii",
    "text/plain; charset = us ascii",
    "text/plain; format=a b; charset=us-ascii",
):
    plant("content-type-syntax", v, replace("Content-Type: text/plain; charset=us-ascii", "Content-Type: " + v), ("simple", "fwd"))
plant("content-type-syntax", "dispo no semicolon", replace('attachment; filename="invoice.pdf"', 'attachment filename="invoice.pdf"'), ("rel",))
plant("content-type-syntax", "dispo spaces", replace('attachment; filename="invoice.pdf"', "attachment; filename=my invoice.pdf"), ("rel",))
plant("related-root", "no type", replace('multipart/related; type="text/html";', "multipart/related;"), ("rel",))
plant("related-root", "type differs", replace('multipart/related; type="text/html";', 'multipart/related; type="image/png";'), ("rel",))
plant("related-root", "start missing", replace('type="text/html";', 'type="text/html"; start="<zz@lumen>";'), ("rel",))
plant("related-root", "image first", lambda t: swapped(t, *re.findall(r"(?<=------=_Part_120_24.1790\n)(.*?)(?=------=_Part_120)", t, re.S)[:2]), ("rel",))
plant("inline-image-outside-related", "mixed", replace('multipart/related; type="text/html";', "multipart/mixed;"), ("rel",))
plant(
    "inline-image-outside-related",
    "in alternative",
    lambda t: t.replace("</body>", '<img alt=3D"L" src=3D"cid:s@lumen"></body>').replace("\n--=_a.4471.lumen--", "\n--=_a.4471.lumen\nContent-Type: image/png\nContent-ID: <s@lumen>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n" + PNG + "\n--=_a.4471.lumen--"),
    ("alt",),
)
ICS = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//L//L//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20261006T071500Z\nDTSTART:20261007T071500Z\nEND:VEVENT\nEND:VCALENDAR\n"
plant("specialised-part-shape", "calendar no method", lambda t: t.replace("\n--=_a.4471.lumen--", "\n--=_a.4471.lumen\nContent-Type: text/calendar; charset=utf-8\n\n" + ICS + "\n--=_a.4471.lumen--"), ("alt", "bulk"))
plant("specialised-part-shape", "calendar other method", lambda t: t.replace("\n--=_a.4471.lumen--", "\n--=_a.4471.lumen\nContent-Type: text/calendar; charset=utf-8; method=CANCEL\n\n" + ICS + "\n--=_a.4471.lumen--"), ("alt", "bulk"))
plant("specialised-part-shape", "amp last", lambda t: t.replace("\n--=_a.4471.lumen--", '\n--=_a.4471.lumen\nContent-Type: text/x-amp-html; charset=utf-8\n\n<!doctype html><html amp4email><head><meta charset="utf-8"></head><body>x</body></html>\n--=_a.4471.lumen--'), ("alt", "bulk"))
plant("specialised-part-shape", "multilingual one", lambda t: t.replace("multipart/alternative", "multipart/multilingual"), ("alt",))

plant("charset-missing", "8bit", replace("; charset=utf-8", ""), ("utf8",))
plant("charset-missing", "b64", replace("; charset=utf-8", ""), ("b64",))
plant("charset-missing", "qp text", replace("Content-Type: text/plain; charset=utf-8", "Content-Type: text/plain"), ("alt", "bulk", "rel"))
plant("charset-missing", "html part", replace("text/html; charset=utf-8", "text/html"), ("alt",))
plant("undecodable-text", "latin1 octets as utf8", replace("sali=C3=B3", "sali=F3"), ("qp", "alt", "rel"))
plant("undecodable-text", "cut char", replace("ma=C3=B1ana", "ma=C3ana"), ("qp", "alt", "rel"))
plant("undecodable-text", "us-ascii", replace("charset=utf-8", "charset=us-ascii"), ("utf8", "b64", "alt", "rel"))
plant("undecodable-text", "surrogate", replace("ma=C3=B1ana", "ma=ED=A0=80ana"), ("qp", "alt", "rel"))
plant("undecodable-text", "overlong", replace("ma=C3=B1ana", "ma=C0=AFana"), ("qp", "alt"))
for v in ("utf-88", "x-unknown", "latin-99"):
    plant("unknown-charset", v, replace("charset=utf-8", "charset=" + v), ("utf8", "b64", "alt", "rel"))
for v in ("utf8", "UTF8", "unicode-1-1-utf-8"):
    plant("charset-alias", v, replace("charset=utf-8", "charset=" + v), ("utf8", "b64", "alt", "rel"))
plant("charset-alias", "latin1", lambda t: t.replace('charset="utf-8"', "charset=latin1").replace("=C3=B3", "=F3").replace("=C3=A9", "=E9").replace("=C3=B1", "=F1").replace("=C3=AD", "=ED"), ("qp",))
plant("charset-alias", "cp1252", lambda t: t.replace('charset="utf-8"', "charset=cp1252").replace("=C3=B3", "=F3").replace("=C3=A9", "=E9").replace("=C3=B1", "=F1").replace("=C3=AD", "=ED"), ("qp",))
plant("superset-mislabel", "win quotes in latin1", lambda t: t.replace('charset="utf-8"', "charset=iso-8859-1").replace("=C3=B3", "=F3").replace("=C3=A9", "=E9").replace("=C3=B1", "=F1").replace("=C3=AD", "=ED").replace("Carla", "=93Carla=94"), ("qp",))
plant("superset-mislabel", "gb2312 is gb18030", lambda t: HEAD + "Content-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("尊敬的客户：\r\n您的包裹已经寄出，朱镕基先生。\r\n".encode("gb18030")).decode(), ("simple",))
plant("superset-mislabel", "sjis is cp932", lambda t: HEAD + "Content-Type: text/plain; charset=shift_jis\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("ご注文①番の荷物を発送しました。\r\n".encode("cp932")).decode(), ("simple",))
plant("meta-charset-mismatch", "latin1", replace('charset=3D"utf-8"', 'charset=3D"iso-8859-1"'), ("alt", "bulk", "rel"))
plant("meta-charset-mismatch", "http-equiv", replace('<meta charset=3D"utf-8">', '<meta http-equiv=3D"content-type" content=3D=\n"text/html; charset=3Dgb2312">'), ("alt", "bulk", "rel"))
plant("meta-charset-mismatch", "win", replace('charset=3D"utf-8"', "charset=3Dwindows-1251"), ("alt",))
plant("byte-order-mark", "qp", replace("\n\nQuerida Noor,\n\ntu", "\n\n=EF=BB=BFQuerida Noor,\n\ntu"), ("qp", "alt", "bulk", "rel"))
plant("byte-order-mark", "html", replace("\n\n<!DOCTYPE", "\n\n=EF=BB=BF<!DOCTYPE"), ("alt", "bulk", "rel"))
plant("byte-order-mark", "8bit", replace("\n\nQuerida", "\n\n\ufeffQuerida"), ("utf8",))
plant("forbidden-charset", "utf-7", lambda t: HEAD + "Content-Type: text/plain; charset=utf-7\n\nma+APE-ana\n", ("simple",))
plant("forbidden-charset", "utf-16", lambda t: HEAD + "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("mañana\r\n".encode("utf-16")).decode(), ("simple",))
plant("forbidden-charset", "utf-32", lambda t: HEAD + "Content-Type: text/plain; charset=utf-32be\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("mañana\r\n".encode("utf-32-be")).decode(), ("simple",))
plant("damaged-or-hidden-characters", "mojibake", replace("ma=C3=B1ana", "ma=C3=83=C2=B1ana"), ("qp", "alt", "rel"))
plant("damaged-or-hidden-characters", "U+FFFD", replace("ma=C3=B1ana", "ma=EF=BF=BDana"), ("qp", "alt", "rel"))
plant("damaged-or-hidden-characters", "RLO", replace("ma=C3=B1ana", "=E2=80=AEma"), ("qp", "alt", "rel"))
plant("damaged-or-hidden-characters", "zw run", replace("Querida", "Q=E2=80=8Bu=E2=80=8Be=E2=80=8Br=E2=80=8Bida"), ("qp", "alt", "rel"))

plant("body-line-over-998", "simple", replace("your parcel", "your " + "p" * 1100), ("simple", "received"))
plant("body-line-over-998", "8bit", replace("tu paquete", "tu " + "ñ" * 700), ("utf8",))
plant("body-line-over-998", "fwd text", replace("this is what", "t" * 1200 + " what"), ("fwd",))
plant("nul-octet", "simple", replace("your parcel", "your\x00parcel"), ("simple", "received"))
plant("nul-octet", "8bit", replace("tu paquete", "tu\x00 paquete"), ("utf8",))
plant("nul-octet", "fwd", replace("this is", "this\x00is"), ("fwd",))
plant("cte-understated", "no cte", replace("Content-Transfer-Encoding: 8bit\n", ""), ("utf8",))
plant("cte-understated", "7bit", replace("Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: 7bit"), ("utf8",))
plant("cte-understated", "part", lambda t: t.replace(TEXTPART, "Content-Type: text/plain; charset=utf-8\n\nQuerida Noor, mañana.\n"), ("alt", "rel"))
P8 = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nQuerida Noor, mañana.\n"
plant({"container-cte-understated", "eight-bit-on-wire"}, "no cte", lambda t: t.replace(TEXTPART, P8), ("alt", "rel", "bulk"))
plant({"container-cte-understated", "eight-bit-on-wire"}, "7bit", lambda t: t.replace(TEXTPART, P8).replace('boundary="=_a.4471.lumen"\n', 'boundary="=_a.4471.lumen"\nContent-Transfer-Encoding: 7bit\n'), ("alt", "bulk"))
for v in ("utf-8", "8-bit", "base-64", "plain", "quoted printable", "x-thing"):
    plant("invalid-cte", v, replace("charset=us-ascii\n", "charset=us-ascii\nContent-Transfer-Encoding: " + v + "\n"), ("simple", "fwd"))
plant("invalid-cte", "binary", replace("charset=us-ascii\n", "charset=us-ascii\nContent-Transfer-Encoding: binary\n"), ("simple", "fwd"))
plant("qp-invalid-escape", "=G1", replace("sali=C3=B3", "sali=G1"), ("qp", "alt", "rel"))
plant("qp-invalid-escape", "lone =", replace("tu paquete", "tu = paquete"), ("qp", "alt", "rel"))
plant("qp-invalid-escape", "lower", replace("sali=C3=B3", "sali=c3=b3"), ("qp", "alt", "rel"))
plant("qp-invalid-escape", "url", replace("tu paquete", "http://x.example/?a=zz\ntu"), ("qp", "alt", "rel"))
plant("qp-trailing-whitespace", "space", replace("Querida Noor,\n\ntu", "Querida Noor, \n\ntu"), ("qp", "alt", "rel"))
plant("qp-trailing-whitespace", "tab", replace("Querida Noor,\n\ntu", "Querida Noor,\t\n\ntu"), ("qp", "alt", "rel"))
plant("qp-trailing-whitespace", "html", replace("<p>Querida Noor,</p>\n", "<p>Querida Noor,</p>  \n"), ("alt", "rel"))
plant("qp-line-over-76", "long", replace("Querida Noor,\n\ntu", "Querida Noor, " + "muy " * 20 + "bien\n\ntu"), ("qp", "alt", "rel"))
plant("qp-line-over-76", "120", replace("Querida Noor,\n\ntu", "Querida Noor," + "x" * 100 + "\n\ntu"), ("qp", "alt", "rel"))
plant("qp-encoded-line-break", "crlf", replace("Querida Noor,\n\ntu", "Querida Noor,=0D=0A=0D=0Atu"), ("qp", "alt", "rel"))
plant("qp-encoded-line-break", "lf", replace("Querida Noor,\n\ntu", "Querida Noor,=0A=0Atu"), ("qp", "alt", "rel"))
plant("qp-encoded-line-break", "lower", replace("<p>Querida Noor,</p>\n", "<p>Querida Noor,</p>=0D=0A=\n"), ("alt", "rel"))
plant("qp-unencoded-octet", "utf8", replace("sali=C3=B3", "salió"), ("qp", "alt", "rel"))
plant("qp-unencoded-octet", "ctrl", replace("tu paquete", "tu\x01 paquete"), ("qp", "alt", "rel"))
plant("qp-unencoded-octet", "DEL", replace("tu paquete", "tu\x7f paquete"), ("qp", "alt", "rel"))
plant("base64-line-over-76", "one line", on_body(lambda b: b.replace("\n", "") + "\n"), ("b64",))
plant("base64-line-over-76", "pdf", replace(PDF, PDF.replace("\n", "")), ("rel",))
plant("base64-line-over-76", "80 wide", on_body(lambda b: "\n".join(re.findall(".{1,80}", b.replace("\n", ""))) + "\n"), ("b64",))
plant("base64-malformed", "no padding", lambda t: t.rstrip("\n").rstrip("=") + "\n" if t.rstrip().endswith("=") else t.rstrip("\n")[:-2] + "\n", ("b64",))
plant("base64-malformed", "alphabet", replace("UXVlcmlkYSBO", "UXVl?mlkYSBO"), ("b64",))
plant("base64-malformed", "pdf cut", replace(PDF, PDF[:-3]), ("rel",))
plant("base64-malformed", "early pad", replace(PDF[:20], PDF[:16] + "===="), ("rel",))
plant("base64-malformed", "trailing text", replace(PDF, PDF + "\nRegards, Carla."), ("rel",))
plant("base64-text-not-canonical", "LF", lambda t: HEAD + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("Querida,\nmañana.\n".encode()).decode(), ("b64",))
plant("base64-text-not-canonical", "html LF", replace(HTMLPART, "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes('<!DOCTYPE html><html lang="es">\n<title>P</title><p>mañana</p></html>\n'.encode()).decode()), ("alt", "bulk"))
plant("base64-text-not-canonical", "mixed ends", lambda t: HEAD + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes("Querida,\r\nmañana.\nsí\r\n".encode()).decode(), ("b64",))
plant("needless-transfer-encoding", "b64 ascii", lambda t: HEAD + "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"Dear Noor,\r\nyour parcel has left.\r\n").decode(), ("simple",))
plant("needless-transfer-encoding", "8bit ascii", replace("charset=us-ascii\n", "charset=us-ascii\nContent-Transfer-Encoding: 8bit\n"), ("simple", "fwd"))
plant("needless-transfer-encoding", "b64 utf8 label", lambda t: HEAD + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"Dear Noor,\r\nyour parcel has left.\r\n").decode(), ("simple",))
plant("eight-bit-on-wire", "text", lambda t: UTF8, ("simple",))
plant("eight-bit-on-wire", "part 8bit declared", lambda t: t.replace(TEXTPART, P8).replace('boundary="=_a.4471.lumen"\n', 'boundary="=_a.4471.lumen"\nContent-Transfer-Encoding: 8bit\n'), ("alt", "bulk"))

plant("unresolved-cid", "typo", replace("cid:seal@lumen", "cid:seel@lumen"), ("rel",))
plant("unresolved-cid", "no id", replace("Content-ID: <seal@lumen>\n", ""), ("rel",))
plant("unresolved-cid", "alt", replace("</body>", '<img alt=3D"x" src=3D"cid:nothing@lumen"></body>'), ("alt", "bulk"))
plant("unreferenced-inline-part", "remote img", replace("cid:seal@lumen", "https://lumen-books.com/s.png"), ("rel",))
plant("unreferenced-inline-part", "no img", replace('<img alt=3D"Lumen" src=3D"cid:seal@lumen">', ""), ("rel",))
plant(
    "duplicate-content-id",
    "second",
    lambda t: t.replace("------=_Part_120_24.1790--", '------=_Part_120_24.1790\nContent-Type: image/png; name="b.png"\nContent-Transfer-Encoding: base64\nContent-ID: <seal@lumen>\nContent-Disposition: inline; filename="b.png"\n\n' + PNG[:-16] + "BBBASUVORK5CYII=\n------=_Part_120_24.1790--"),
    ("rel",),
)
plant("malformed-content-id", "no brackets", replace("<seal@lumen>\n", "seal@lumen\n"), ("rel",))
plant("malformed-content-id", "no at", lambda t: t.replace("<seal@lumen>", "<seal>").replace("cid:seal@lumen", "cid:seal"), ("rel",))
plant("malformed-content-id", "unclosed", replace("<seal@lumen>\n", "<seal@lumen\n"), ("rel",))
plant("malformed-content-id", "space", lambda t: t.replace("<seal@lumen>", "<my seal@lumen>").replace("cid:seal@lumen", "cid:my%20seal@lumen"), ("rel",))
plant("missing-disposition-or-filename", "no name", lambda t: t.replace('; name="invoice.pdf"', "").replace('; filename="invoice.pdf"', ""), ("rel",))
plant("missing-disposition-or-filename", "no dispo no name", lambda t: t.replace('; name="invoice.pdf"', "").replace('Content-Disposition: attachment; filename="invoice.pdf"\n', ""), ("rel",))
plant("missing-disposition-or-filename", "differs", replace('name="invoice.pdf"', 'name="bill.pdf"'), ("rel",))
for v in ("../../etc/passwd", "C:\\\\x\\\\invoice.pdf", "in/voice.pdf", "a" * 300 + ".pdf"):
    plant("unsafe-filename", v[:20], replace_all('"invoice.pdf"', f'"{v}"'), ("rel",))
plant("unsafe-filename", "bidi", replace('filename="invoice.pdf"', "filename*=utf-8''inv%E2%80%AEfdp.exe.pdf"), ("rel",))
for v in ("invoice.exe", "invoice.js", "invoice.pdf.scr", "invoice.bat", "run.vbs"):
    plant("blocked-attachment-type", v, both(replace_all('"invoice.pdf"', f'"{v}"'), replace("application/pdf", "application/octet-stream"), replace(PDF, base64.encodebytes(b"just text octets").decode().strip())), ("rel",))
plant("type-extension-mismatch", "png as jpeg", replace("image/png; name", "image/jpeg; name"), ("rel",))
plant("type-extension-mismatch", "pdf named doc", replace_all('"invoice.pdf"', '"invoice.doc"'), ("rel",))
plant("type-extension-mismatch", "pdf declared zip", replace("application/pdf", "application/zip"), ("rel",))
plant("type-extension-mismatch", "png content in pdf", replace(PDF, PNG), ("rel",))

B = ("bulk",)
plant("missing-list-unsubscribe", "none", both(without("List-Unsubscribe"), without("List-Unsubscribe-Post")), B)
plant("missing-one-click", "no post", without("List-Unsubscribe-Post"), B)
plant("missing-one-click", "only mailto", both(with_field("List-Unsubscribe", " <mailto:u@lumen-books.com>"), without("List-Unsubscribe-Post")), B)
plant("invalid-one-click", "wrong value", with_field("List-Unsubscribe-Post", " One-Click"), B)
plant({"invalid-one-click", "missing-list-unsubscribe"}, "no list-unsub", without("List-Unsubscribe"), B)
plant("invalid-one-click", "http", with_field("List-Unsubscribe", " <http://lumen-books.com/u/4471>"), B)
plant("invalid-one-click", "two https", with_field("List-Unsubscribe", " <https://lumen-books.com/u/4471>, <https://lumen-books.com/v/4471>"), B)
plant("missing-one-click", "mailto only with post", with_field("List-Unsubscribe", " <mailto:u@lumen-books.com>"), B)
plant("list-header-syntax", "no brackets", with_field("List-Unsubscribe", " https://lumen-books.com/u/4471"), B)
plant("list-header-syntax", "List-Id no brackets", with_field("List-Id", " news.lumen-books.com"), B)
plant("list-header-syntax", "help bare", added("List-Help: https://lumen-books.com/help"), B)
plant("list-header-syntax", "no comma", with_field("List-Unsubscribe", " <https://lumen-books.com/u/4471> <mailto:u@lumen-books.com>"), B)
plant("unsigned-list-headers", "h= lacks", before("DKIM-Signature: v=1; a=rsa-sha256; d=lumen-books.com; s=k; c=relaxed/relaxed;\n h=from:to:subject:date; bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b=YWJj"), B)
# fmt: on


@cache
def judge(carrier: str) -> Linter:
    return Linter(Settings(profile="bulk" if carrier == "bulk" else "transactional"))


def names(carrier: str, text: str, line_end: bytes) -> set[str]:
    octets = text.encode("utf-8", "surrogateescape").replace(b"\n", line_end)
    return {one.name for one in judge(carrier).lint(octets)}


OWN = {"utf8": {"eight-bit-on-wire"}, "received": {"unexpected-header"}}
"""What is said of a carrier itself, as information."""


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_carriers_are_right(carrier: str, line_end: bytes) -> None:
    assert names(carrier, CARRIERS[carrier], line_end) == OWN.get(carrier, set())


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize(
    "planted", PLANTS, ids=[f"{'+'.join(sorted(one.owners))}-{number}" for number, one in enumerate(PLANTS)]
)
def test_a_fault_is_named_by_its_owner_alone(planted: Plant, line_end: bytes) -> None:
    changed = {one: planted.change(text) for one, text in CARRIERS.items() if one in (planted.carriers or CARRIERS)}
    changed = {one: text for one, text in changed.items() if text != CARRIERS[one]}
    assert changed, "it changes no carrier"
    found = {one: names(one, text, line_end) - OWN.get(one, set()) for one, text in changed.items()}
    assert found == {one: planted.owners - OWN.get(one, set()) for one in changed}, planted.ident
