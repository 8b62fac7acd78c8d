from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import first_eight_bit, is_data
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import reencode
from mailtemplates.octets.submission import Submission
from mailtemplates.span import Span


@rule("CTE007", severity="info", fix="safe")
def eight_bit_on_wire(message: RawMessage) -> Findings:
    """The message holds 8-bit octets, and goes only where every server on the way offers 8BITMIME.

    Nearly all do. Where one does not, the message is returned, or re-encoded on the way, which breaks its signature.
    Quoted-printable and base64 go everywhere. It is an error when the server was asked and does not offer 8BITMIME.

    Reference: RFC 6152; RFC 5321 §2.4

    Bad:

        Content-Transfer-Encoding: 8bit
        …

        Grüße aus Köln

    Bad:

        S: 250 SIZE 10000000
        C: MAIL FROM:<hello@acme-shop.com>
        C: RCPT TO:<ben@reader.example>

        Content-Transfer-Encoding: 8bit
        …

        Grüße aus Köln

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln
    """
    if message.octets.isascii() or message.smtputf8:
        return
    raw = [part for part in message.all_parts if _is_raw(part)]
    if raw:
        count = sum(first_eight_bit(part.octets, part.body)[0] for part in raw)
        first = first_eight_bit(raw[0].octets, raw[0].body)[1]
        where = "" if len(raw) == 1 else f" in {len(raw)} parts"
        words = (
            f"{count} octets outside ASCII{where} need 8BITMIME"
            if count > 1
            else "an octet outside ASCII needs 8BITMIME"
        )
        refused = isinstance(message, Submission) and message.lacks_extension("8BITMIME")
        yield Finding(
            Span(first, first + 1),
            f"{words}, which the server does not offer" if refused else words,
            "encode the part as quoted-printable or base64",
            _fix(raw),
            "error" if refused else None,
        )


def _is_raw(part: Part) -> bool:
    if part.encoding != "8bit" or part.is_composite or part.content.isascii():
        return False
    return not is_data(part)


def _fix(raw: list[Part]) -> Fix | None:
    fixes = [fix for fix in map(reencode, raw) if fix]
    if len(fixes) < len(raw):
        return None
    return Fix(tuple(edit for fix in fixes for edit in fix.edits), all(fix.safe for fix in fixes))
