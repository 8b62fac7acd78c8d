from __future__ import annotations

from mailtemplates.characters import describe
from mailtemplates.finding import Finding, Findings
from mailtemplates.pattern import pattern
from mailtemplates.rawfield import RawField
from mailtemplates.rule import rule

_CONTROL = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


@rule("HDR009", severity="error")
def header_control_character(field: RawField) -> Findings:
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
    if field.is_plain:
        return
    found = _CONTROL.search(field.latin)
    if found:
        count = len(_CONTROL.findall(field.latin))
        more = f", and {count - 1} more control characters" if count > 1 else ""
        problem = f"{field.name} holds {describe(found[0])}{more}"
        yield Finding(field.at(*found.span()), problem, "remove it; a new line of a field begins with CRLF and a space")
