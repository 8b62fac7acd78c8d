from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.body import is_shown, is_wide
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_plain, reencode


@rule("CTE015", severity="warning", fix="safe", parts=("text", "base64"))
def base64_text_not_canonical(part: Part) -> Findings:
    """Text in base64 has LF line ends, where mail text has CRLF.

    Inside base64 no server mends line ends. Readers that follow the standard show one long line, and signatures over
    the text do not match. Python's `EmailMessage` writes this with its default policy; `policy.SMTP` is right.

    Reference: RFC 2045 §6.8; RFC 2046 §4.1.1

    Bad:

        Content-Transfer-Encoding: base64
        …

        R3LDvMOfZQphdXMgS8O2bG4K

    Good:

        Content-Transfer-Encoding: base64
        …

        R3LDvMOfZQ0KYXVzIEvDtmxuDQo=
    """
    if not is_shown(part):
        return
    decoded = part.decoded
    bare = decoded.count(b"\n") - decoded.count(b"\r\n")
    if bare and not is_wide(part) and not part_fault(part):
        words = "a line ends" if bare == 1 else f"{bare} lines end"
        fix = reencode(part, "7bit" if is_plain(decoded) else "base64")
        yield Finding(part.body, f"{words} with LF in the decoded text", "encode text with CRLF line ends", fix)
