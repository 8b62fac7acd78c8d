from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import is_data, is_open, is_text
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import reencode
from mailtemplates.span import Span


@rule("CTE003", severity="error", fix="part", parts=("leaf",))
def nul_octet(part: Part) -> Findings:
    """A NUL octet stands in the body.

    NUL may stand in no 7bit or 8bit body. Servers refuse it, drop it, or end the line or the message there. In text
    it is what a broken program left; other content with NUL is sent as base64.

    Reference: RFC 2045 §2.7–2.8; RFC 5322 §4

    Bad:

        …

        Hello␀ Ben.

    Bad:

        Content-Type: application/octet-stream
        Content-Disposition: attachment; filename=a.bin
        Content-Transfer-Encoding: 8bit
        …

        AB␀␀CD

    Good:

        …

        Hello Ben.
    """
    if part.octets.find(b"\x00", *part.body) < 0:
        return
    count = part.octets.count(b"\x00", *part.body)
    if not is_open(part) or (is_data(part) and part.encoding == "7bit" and not part.content.isascii()):
        return
    at = part.octets.index(b"\x00", part.body.start)
    words = "a NUL octet" if count == 1 else f"{count} NUL octets"
    if is_text(part):
        yield Finding(Span(at, at + 1), f"{words} in text", "remove the NUL")
    else:
        yield Finding(
            Span(at, at + 1), f"{words} in {part.encoding} content", "encode the part as base64", reencode(part)
        )
