from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import LongLines, is_data, is_open, long_lines, newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours, reencode
from mailtemplates.span import Span

_LIMIT = 998


@rule("CTE001", severity="error", fix="part")
def body_line_over_998(part: Part) -> Findings:
    """A line of the body is longer than 998 octets.

    SMTP carries lines of 998 octets and CRLF. Servers refuse longer ones, or cut them anywhere, in the middle of a
    tag or of a character, and a signature over them breaks. Quoted-printable and base64 have no such lines.

    Reference: RFC 5322 §2.1.1; RFC 5321 §4.5.3.1.6

    Bad:

        …

        Hello Ben, ⟨ab ×400⟩.

    Bad:

        Content-Type: multipart/mixed; boundary=b
        …

        ⟨ab ×400⟩
        --b
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --b
        Content-Type: application/pdf
        Content-Disposition: attachment; filename=a.pdf
        Content-Transfer-Encoding: base64

        JVBERi0xLjQK
        --b--

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        Hello Ben, =
        your order.
    """
    if part.body.end - part.body.start <= _LIMIT:
        return
    if is_open(part) and not is_data(part):
        lines = long_lines(part.octets, part.body, _LIMIT)
        if lines:
            yield Finding(lines.first, _words(lines), "encode the part as quoted-printable", reencode(part))
    for span in _outside(part):
        lines = long_lines(part.octets, span, _LIMIT)
        if lines:
            yield Finding(lines.first, _words(lines), "break the line", _broken(part, span))


def _words(lines: LongLines) -> str:
    if lines.number == 1:
        return f"a line of {lines.longest} octets"
    return f"{lines.number} lines over {_LIMIT} octets; the longest has {lines.longest}"


def _outside(part: Part) -> tuple[Span, ...]:
    """What stands before and after the parts of a multipart, which readers pass over."""
    if not part.delimiters:
        return ()
    return Span(part.body.start, part.delimiters[0].start), Span(part.delimiters[-1].end, part.body.end)


def _broken(part: Part, span: Span) -> Fix:
    """Line ends in the lines that are too long."""
    octets, end = part.octets, newline(part.octets)
    edits = []
    at = span.start
    while at < span.end:
        stop = octets.find(b"\n", at, span.end)
        stop = span.end if stop < 0 else stop
        while stop - at > _LIMIT:
            space = octets.rfind(b" ", at + 1, at + _LIMIT)
            at = space + 1 if space > 0 else at + _LIMIT
            edits.append(Edit(Span(at, at), end))
        at = stop + 1
    return Fix(tuple(edits), is_ours(part))
