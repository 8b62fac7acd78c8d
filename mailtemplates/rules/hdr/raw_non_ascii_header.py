from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.errors import HeaderError
from mailtemplates.finding import Finding, Findings, Fix, Severity, replace
from mailtemplates.headers.field import AddressList, is_prose, kind_of
from mailtemplates.headers.headerblocks import make_field, write_field
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, read_addresses
from mailtemplates.octets.encodedword import decode
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern

_HIGH = pattern("[\x80-\xff]")
_SMTPUTF8 = pattern(r"\bwith\s+UTF8(?:SMTP|LMTP)", 2)
_ADDRESSES = frozenset(name.lower() for name in ADDRESS_FIELDS)
# No text for people stands in them, so no encoded words either.
_OF_PROGRAMS = frozenset(
    (
        *("date", "message-id", "in-reply-to", "references", "mime-version", "content-transfer-encoding", "content-id"),
        *("received", "return-path", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post"),
    )
)
# Raw octets in their parameters are a rule of its own.
_PARAMETRIC = ("content-type", "content-disposition")


@rule("HDR010", severity="error", fix="part")
def raw_non_ascii_header(message: RawMessage) -> Findings:
    """Octets over 127 stand in a header field, and the message is not for SMTPUTF8.

    A header is ASCII. What else stands in it is shown as UTF-8 by one program, as Latin-1 or as question marks by the
    next, and servers without SMTPUTF8 refuse it or replace it. Text in a subject or a name is written as encoded words.

    Reference: RFC 5322 §2.2; RFC 2047; RFC 6532

    Bad:

        Subject: Ihre Bestellung für morgen
        …

    Bad:

        From: Jürgen <juergen@acme-shop.com>
        …

    Bad:

        Subject: Gr⟨FC⟩⟨DF⟩e
        …

    Bad:

        X-Customer: Jürgen
        …

    Good:

        Subject: =?utf-8?q?Ihre_Bestellung_f=C3=BCr?= morgen
        From: =?utf-8?q?J=C3=BCrgen?= <juergen@acme-shop.com>
        …
    """
    if message.octets.isascii():
        return
    allowed = message.smtputf8 or _needs_smtputf8(message)
    for part, utf8 in _parts(message.root, allowed):
        if part.octets[part.header.start : part.header.end].isascii():
            continue
        for field in part.fields:
            if not field.latin.isascii() and not (utf8 and _is_utf8(field)) and field.lower not in _PARAMETRIC:
                yield from _judge(message, field)


def _needs_smtputf8(message: RawMessage) -> bool:
    """Whether the message was sent with SMTPUTF8, or can be sent with nothing else: a local part is not ASCII."""
    if any(_SMTPUTF8.search(field.value) for field in message.fields_named("Received")):
        return True
    fields = [field for field in message.root.fields if field.lower in _ADDRESSES and _is_utf8(field)]
    specs = [box.spec for field in fields for box in read_addresses(field).mailboxes if box.spec]
    return any(not spec.local.isascii() for spec in specs)


def _parts(part: Part, utf8: bool) -> Iterator[tuple[Part, bool]]:
    """The parts, each with whether UTF-8 may stand in its header; a message/global is for that (RFC 6532 §3.7)."""
    yield part, utf8
    for child in part.children:
        yield from _parts(child, utf8 or part.media_type == "message/global")


def _is_utf8(field: RawField) -> bool:
    try:
        field.raw.decode("utf-8")
    except ValueError:
        return False
    return True


def _judge(message: RawMessage, field: RawField) -> Findings:
    high = [match.start() for match in _HIGH.finditer(field.latin)]
    if field.lower in _ADDRESSES:
        specs = [one.spec for one in read_addresses(field).mailboxes if one.spec]
        spans = sorted((spec.local_at.start, spec.domain_at.end) for spec in specs)
        outside = list(_outside(high, spans))
        if not outside:
            return
        sure, high = len(outside) == len(high), outside
    else:
        sure = True
    start, end = high[0], high[-1] + 1
    if _is_utf8(field):
        shown = field.latin[start:end].encode("latin-1").decode("utf-8", "replace")
        problem = f"{shorten(field.name, 40)} holds raw UTF-8: `{shorten(shown, 30)}`"
    else:
        problem = f"{shorten(field.name, 40)} holds raw octets over 127 that are no UTF-8"
    fix = _fix(message, field) if sure else None
    severity: Severity | None = "warning" if field.place == "embedded" else None
    cure = "write it in ASCII" if field.lower in _OF_PROGRAMS else "write it as encoded words: =?utf-8?q?…?="
    yield Finding(field.at(start, end), problem, cure, fix, severity)


def _outside(offsets: list[int], spans: list[tuple[int, int]]) -> Iterator[int]:
    """The offsets that are in none of the spans, both in order."""
    at = 0
    for offset in offsets:
        while at < len(spans) and spans[at][1] <= offset:
            at += 1
        if at == len(spans) or offset < spans[at][0]:
            yield offset


def _fix(message: RawMessage, field: RawField) -> Fix | None:
    """The field written anew, where it is text for people or a list of addresses."""
    addresses = kind_of(field.name) is AddressList
    if not (addresses or is_prose(field.name)) or (addresses and "(" in field.latin) or not _is_utf8(field):
        return None
    if field.octets[field.span.end - 1 : field.span.end] != b"\n":
        return None
    text = field.value if addresses else decode(field.value)
    try:
        written = write_field(make_field(field.name, text))
    except HeaderError:
        return None
    return replace(field.span, written.replace(b"\r\n", message.line_end))
