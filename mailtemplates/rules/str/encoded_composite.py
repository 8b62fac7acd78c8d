from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.message.transfer import is_seven_bit, to_crlf
from mailtemplates.octets.body import FIELD, newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.pattern import pattern

_HEADER = pattern(rb"(?:\r?\n)?[A-Za-z][A-Za-z0-9-]*:")
_ESCAPE = pattern(rb"=(?:[0-9A-F]{2}|[ \t]*\r?\n)")


@rule("STR010", severity="error", fix="part", parts=("broken",))
def encoded_composite(part: Part) -> Findings:
    """A multipart or an attached message is declared base64 or quoted-printable.

    Only leaves are encoded; what holds other parts is 7bit, 8bit or binary. Most readers do not decode it: the reader
    sees the raw base64, or parts that are decoded twice.

    Reference: RFC 2045 §6.4; RFC 2046 §5.2.1

    Bad:

        Content-Type: multipart/mixed; boundary=one
        Content-Transfer-Encoding: base64
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: message/rfc822
        Content-Disposition: attachment; filename=a.eml
        Content-Transfer-Encoding: base64

        RnJvbTogQW5uIDxhbm5AYWNtZS1zaG9wLmNvbT4NClN1YmplY3Q6IEhlbGxvDQpEYXRl
        OiBNb24sIDAyIE5vdiAyMDI2IDEyOjAwOjAwICswMDAwDQpNZXNzYWdlLUlEOiA8MUBhY21lLXNo
        b3AuY29tPg0KDQpIZWxsby4NCg==
        --one--

    Good:

        Content-Type: multipart/mixed; boundary=one
        Content-Transfer-Encoding: 7bit
        …

        --one
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: base64

        R3LDvMOfZQ0K
        --one--
    """
    field = part.first(FIELD)
    if field is None or all(one.kind != "encoded-composite" for one in part.defects):
        return
    help = f"leave {FIELD} out, or write 7bit or 8bit, and encode the parts in it instead"
    start = field.latin.lower().find(part.encoding)
    where = field.at(start, start + len(part.encoding)) if start >= 0 else field.body
    yield Finding(where, f"{part.media_type} is declared {part.encoding}", help, _fix(part))


def _fix(part: Part) -> Fix | None:
    """The field left out where nothing is encoded; else what is encoded written as it is."""
    field = part.first(FIELD)
    if field is None or not is_ours(part) or len(part.fields_named(FIELD)) > 1:
        return None
    if part.children or _stands_open(part):
        new = b"" if part.content.isascii() else FIELD.encode("ascii") + b": 8bit" + newline(part.octets)
        return Fix((Edit(field.span, new),))
    decoded = part.decoded
    if not decoded or b"\x00" in decoded or (not _HEADER.match(decoded) and not part.is_multipart):
        return None
    crlf = to_crlf(decoded)
    if not is_seven_bit(crlf) and max(map(len, crlf.split(b"\r\n"))) > 998:
        return None
    new = b"" if crlf.isascii() else FIELD.encode("ascii") + b": 8bit" + newline(part.octets)
    return Fix((Edit(field.span, new), Edit(part.body, crlf.replace(b"\r\n", newline(part.octets)))))


def _stands_open(part: Part) -> bool:
    """Whether an attached message that is declared encoded is not: its header stands there, and no escapes."""
    content = part.content
    return not part.is_multipart and _HEADER.match(content) is not None and not _ESCAPE.search(content)
