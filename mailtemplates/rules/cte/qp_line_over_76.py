from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import is_shown, long_lines
from mailtemplates.octets.mime import Part
from mailtemplates.octets.quotedprintable import LIMIT
from mailtemplates.octets.reencoding import mend_lines
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

#: What Python's ``EmailMessage`` and others write, and all programs read.
_COMMON = 78
_ENCODED_BREAK = pattern(rb"=0[AaDd]")


@rule("CTE010", severity="error", fix="safe", parts=("leaf", "quoted-printable"))
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
    if part.is_neat or not long_lines(part.octets, part.body, LIMIT):
        return
    lines = [Span(*line) for line in _long_lines(part)]
    if lines:
        longest = max(line.end - line.start for line in lines)
        words = f"a line of {longest} octets"
        if len(lines) > 1:
            words = f"{len(lines)} lines over {LIMIT} octets; the longest has {longest}"
        fix = mend_lines(part, (line.start for line in lines))
        severity: Severity = "warning" if longest <= _COMMON else "error"
        yield Finding(lines[0], words, "end the line with = before its 77th octet", fix, severity)


def _long_lines(part: Part) -> Iterator[tuple[int, int]]:
    """The lines that are too long, but for those that are so only by their encoded line breaks, another fault."""
    at = part.body.start
    shown = is_shown(part)
    for line in part.content.split(b"\n"):
        size = len(line) if len(line) <= LIMIT else len(line.rstrip(b" \t\r"))
        if size > LIMIT and not (shown and max(map(len, _ENCODED_BREAK.split(line[:size]))) <= LIMIT):
            yield at, at + size
        at += len(line) + 1
