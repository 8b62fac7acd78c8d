from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.body import long_lines, newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours

_LIMIT = 76
_HARD_LIMIT = 998
_WHITE = b" \t\r\n"


@rule("CTE013", severity="warning", fix="safe", parts=("leaf", "base64"))
def base64_line_over_76(part: Part) -> Findings:
    """A line of base64 is longer than 76 characters.

    Most decoders do not mind; some old gateways and line-based tools do. A line over 998 octets is another matter:
    SMTP does not carry it, and servers cut it or refuse the message.

    Reference: RFC 2045 §6.8; RFC 5322 §2.1.1

    Bad:

        Content-Transfer-Encoding: base64
        …

        ⟨R3LDvMOfZSAg×7⟩

    Good:

        Content-Transfer-Encoding: base64
        …

        ⟨R3LDvMOfZSAg×6⟩
        R3LDvMOfZSAg
    """
    lines = long_lines(part.octets, part.body, _LIMIT)
    if lines and not part_fault(part):
        words = f"a line of {lines.longest} characters"
        if lines.number > 1:
            words = f"{lines.number} lines over {_LIMIT} characters; the longest has {lines.longest}"
        severity: Severity = "error" if lines.longest > _HARD_LIMIT else "warning"
        fix = Fix((Edit(part.body, _wrapped(part)),), is_ours(part))
        yield Finding(lines.first, words, f"break the line after {_LIMIT} characters", fix, severity)


def _wrapped(part: Part) -> bytes:
    """The same characters in lines of 76."""
    content = part.content
    text = content.translate(None, _WHITE)
    last = content[len(content.rstrip(_WHITE)) :]
    return newline(part.octets).join([text[at : at + _LIMIT] for at in range(0, len(text), _LIMIT)]) + last
