from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import mend_lines
from mailtemplates.span import Span

_LEGAL = bytes([9, 10, 13, *range(0x20, 0x7F)])


@rule("CTE012", severity="error", fix="safe", parts=("leaf", "quoted-printable"))
def qp_unencoded_octet(part: Part) -> Findings:
    """An 8-bit octet or a control character stands raw in quoted-printable.

    The encoding promises that only printable ASCII is sent. Octets that break the promise are changed or refused on
    the way, and some decoders drop them.

    Reference: RFC 2045 §6.7(2)

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe aus Köln

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        Hello␀ Ben.

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln
    """
    raw = part.content.translate(None, _LEGAL)
    if raw:
        first = part.body.start + part.content.index(raw[:1])
        help = f"write ={raw[0]:02X}{' for the first' if len(raw) > 1 else ''}"
        yield Finding(Span(first, first + 1), _words(raw), help, mend_lines(part, _wrong_lines(part)))


def _wrong_lines(part: Part) -> Iterator[int]:
    at = part.body.start
    for line in part.content.split(b"\n"):
        if line.translate(None, _LEGAL):
            yield at
        at += len(line) + 1


def _words(raw: bytes) -> str:
    if len(raw) == 1:
        return f"{'an octet outside ASCII' if raw[0] > 0x7F else 'a control character'} stands raw"
    kinds = "control characters" if max(raw) < 0x80 else "octets outside ASCII" if min(raw) > 0x7F else "such octets"
    return f"{len(raw)} {kinds} stand raw"
