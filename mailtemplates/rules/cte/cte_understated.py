from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import FIELD, first_eight_bit, is_open
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import reencode, relabel
from mailtemplates.span import Span


@rule("CTE004", severity="error", fix="safe", parts=("leaf", "7bit"))
def cte_understated(part: Part) -> Findings:
    """The body holds 8-bit octets, and its transfer encoding does not say so.

    Without a Content-Transfer-Encoding a body is 7bit. Servers that trust this may clear the high bit of each octet
    or refuse the message, and readers show other letters than were written.

    Reference: RFC 2045 §6.2

    Bad:

        …

        Grüße aus Köln

    Bad:

        Content-Transfer-Encoding: 7bit
        …

        Grüße aus Köln

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln
    """
    if not is_open(part):
        return
    count, first = first_eight_bit(part.octets, part.body)
    if count:
        told = "the part is declared 7bit" if part.first(FIELD) else f"there is no {FIELD}"
        words = "an octet outside ASCII" if count == 1 else f"{count} octets outside ASCII"
        fix = reencode(part) or relabel(part, "8bit")
        yield Finding(Span(first, first + 1), f"{words}, and {told}", "encode the part as quoted-printable", fix)
