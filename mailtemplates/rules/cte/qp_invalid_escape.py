from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import is_ours, mend_lines, replace_matches
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_INVALID = pattern(rb"=(?![0-9A-Fa-f]{2}|[ \t]*(?:[\r\n]|\Z))")
_LOWER = pattern(rb"(?:=(?:[a-f][0-9A-Fa-f]|[0-9A-F][a-f]))+")


@rule("CTE008", severity="error", fix="part", parts=("leaf", "quoted-printable"))
def qp_invalid_escape(part: Part) -> Findings:
    """An equals sign in quoted-printable is not followed by two upper-case hexadecimal digits.

    Readers guess what an incomplete escape means: some show it, some drop it, and in a link the address changes. An
    equals sign that stands for itself is written `=3D`. Lower-case digits are read by most, but are not allowed.

    Reference: RFC 2045 §6.7(1)

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        https://acme-shop.com/?order=zz

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        Gr=c3=bc=c3=9fe aus K=C3=B6ln

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        https://acme-shop.com/?order=3Dzz =
        Gr=C3=BC=C3=9Fe
    """
    if part.is_escaped_well:
        return
    octets, body = part.octets, part.body
    invalid = [match.start() for match in _INVALID.finditer(octets, *body)]
    if invalid:
        first = Span(invalid[0], min(invalid[0] + 3, body.end))
        shown = shorten(octets[slice(*first)].decode("latin-1").split("\r")[0].split("\n")[0])
        more = f", the first of {len(invalid)} such" if len(invalid) > 1 else ""
        fix = Fix(mend_lines(part, invalid, _escape_equals).edits, safe=False)
        yield Finding(first, f"`{shown}` is no escape{more}", "write =3D for an equals sign", fix)
    lower = _LOWER.search(octets, *body)
    if lower:
        first = Span(lower.start(), lower.start() + 3)
        more = ", and there are more such" if _LOWER.search(octets, first.end, body.end) else ""
        fix = Fix(replace_matches(octets, body, _LOWER, lambda match: match[0].upper()), is_ours(part))
        shown = octets[slice(*first)].decode("ascii")
        yield Finding(first, f"`{shown}` is in lower case{more}", f"write {shown.upper()}", fix, "warning")


def _escape_equals(line: bytes) -> bytes:
    return _INVALID.sub(b"=3D", line)
