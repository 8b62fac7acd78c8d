from __future__ import annotations

from mailtemplates.characters import describe, shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern

_ORDINARY = b"\t\n\r" + bytes(range(32, 127)) + bytes(range(128, 256))
_CONTROL = pattern(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


@rule("HDR009", severity="error")
def header_control_character(part: Part) -> Findings:
    """A control character stands in a header field.

    Some programs take a lone carriage return for the end of the line, so that what stands after it becomes a field of
    its own: data that was not checked can add a recipient. NUL ends the text for others. No control character but the
    tab has a place in a header.

    Reference: RFC 5322 §2.2, §4.1; CWE-93

    Bad:

        Subject: Your order␀
        …

    Bad:

        Subject: Your order␍Bcc: eve@attacker.example
        …

    Bad:

        X-Mailer: Acme␛[31m
        …

    Good:

        Subject: Your order
                has been sent
        …
    """
    header = part.octets[part.header.start : part.header.end]
    if not header.translate(None, _ORDINARY) and header.count(b"\r") == header.count(b"\r\n"):
        return
    for field in part.fields:
        found = _CONTROL.search(field.raw)
        if found:
            more = len(_CONTROL.findall(field.raw)) - 1
            told = f", and {more} more control character{'s' * (more > 1)}" if more else ""
            problem = f"{shorten(field.name, 40)} holds {describe(found[0].decode('ascii'))}{told}"
            where = field.at(*found.span())
            yield Finding(where, problem, "remove it; a new line of a field begins with CRLF and a space")
