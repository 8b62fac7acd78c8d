from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import MARK
from mailtemplates.octets.reencoding import is_ours


@rule("CHS007", severity="warning", fix="safe", parts=("text",))
def byte_order_mark(part: Part) -> Findings:
    """A text part begins with a byte order mark.

    UTF-8 has no order of octets to mark, and the charset is named in the header. Some readers show `ï»¿` or an empty
    line, and the mark hides a doctype or the first line's own marks.

    Reference: RFC 3629 §6

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        =EF=BB=BFGr=C3=BC=C3=9Fe aus K=C3=B6ln

    Bad:

        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        =EF=BB=BF<!DOCTYPE html><p>Gr=C3=BC=C3=9Fe aus K=C3=B6ln

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: base64
        …

        77u/R3LDvMOfZQ0K

    Good:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe aus K=C3=B6ln
    """
    if part.is_attachment:
        return
    if not part.decoded.startswith(MARK):
        return
    span = locate(part, 0, len(MARK))._replace(start=part.body.start)
    fix = (
        None
        if part.encoding == "base64" and not part.content.startswith(b"77u/")
        else Fix((Edit(span, b""),), is_ours(part))
    )
    yield Finding(span, "the text begins with a byte order mark (U+FEFF)", "leave it out", fix)
