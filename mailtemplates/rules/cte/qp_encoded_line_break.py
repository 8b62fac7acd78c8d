from __future__ import annotations

import re
from functools import partial

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import is_shown, is_wide, newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours, replace_matches
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_BREAK = pattern(
    rb"([ \t]?)(?:=0[Dd](?:=[ \t]*\r?\n)?=0[Aa](?:=[ \t]*(?:\r?\n|\Z))?"
    rb"|=0[Dd](?:=?[ \t]*\r?\n)?|=0[Aa](?:=[ \t]*\r?\n)?)(-(?=-))?"
)


@rule("CTE011", severity="warning", fix="safe", parts=("text", "quoted-printable"))
def qp_encoded_line_break(part: Part) -> Findings:
    """A line break of text is written `=0D=0A` in quoted-printable.

    A line break of text stands as a line break. Encoded, it is an octet of data: readers on other systems show one
    endless line, or each line end twice, and the text cannot be read as it stands.

    Reference: RFC 2045 §6.7(4)

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe=0D=0A=
        aus K=C3=B6ln=0D=0A

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe
        aus K=C3=B6ln
    """
    if part.is_escaped_well or not is_shown(part) or is_wide(part):
        return
    first = _BREAK.search(part.octets, *part.body)
    if first:
        start = first.end(1)
        written = first[0].upper()
        shown = "=0D=0A" if written.count(b"=0") == 2 else "=0D" if b"=0D" in written else "=0A"
        number = len(_BREAK.findall(part.octets, *part.body))
        count = f" {number} times" if number > 1 else ""
        end = newline(part.octets)
        fix = Fix(replace_matches(part.octets, part.body, _BREAK, partial(_real, end=end)), is_ours(part))
        words = f"{shown} stands{count} for a line break"
        yield Finding(Span(start, start + len(shown)), words, "break the line there", fix)


def _real(match: re.Match[bytes], end: bytes) -> bytes:
    """A line break, with the white space before it escaped, and a line behind it that is no boundary."""
    space = b"=%02X" % match[1][0] if match[1] else b""
    return space + end + (b"=2D" if match[2] else b"")
