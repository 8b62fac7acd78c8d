from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.mime import Part
from mailtemplates.rawbody import long_lines
from mailtemplates.rawquoted import LIMIT
from mailtemplates.reencoding import mend_lines
from mailtemplates.rule import rule

#: What Python's ``EmailMessage`` and others write, and all programs read.
_COMMON = 78


@rule("CTE010", severity="error", fix="safe")
def qp_line_over_76(part: Part) -> Findings:
    """A line in quoted-printable is longer than 76 octets.

    Gateways cut longer lines, in the middle of an escape too, and what follows is shown as code. A longer line is
    continued with a soft break: an equals sign at its end. Lines of 77 and 78, as Python's `EmailMessage` writes them,
    are only warned of.

    Reference: RFC 2045 §6.7(5)

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        ⟨Gr=C3=BC=C3=9Fe ×6⟩.

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        ⟨Gr=C3=BC=C3=9Fe ×4⟩=
        ⟨Gr=C3=BC=C3=9Fe ×2⟩.
    """
    if part.encoding != "quoted-printable" or part.is_composite:
        return
    lines = long_lines(part.octets, part.body, LIMIT)
    if lines:
        words = f"a line of {lines.longest} octets"
        if lines.number > 1:
            words = f"{lines.number} lines over {LIMIT} octets; the longest has {lines.longest}"
        fix = mend_lines(part, _starts(part))
        severity: Severity = "warning" if lines.longest <= _COMMON else "error"
        yield Finding(lines.first, words, "end the line with = before its 77th octet", fix, severity)


def _starts(part: Part) -> Iterator[int]:
    """Where the lines begin that are too long."""
    at = part.body.start
    for line in part.content.split(b"\n"):
        if len(line) > LIMIT and len(line.rstrip(b" \t\r")) > LIMIT:
            yield at
        at += len(line) + 1
