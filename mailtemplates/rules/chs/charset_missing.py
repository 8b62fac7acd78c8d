from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import guess_charset, is_utf8
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import MARK, Declared, find_part_misfit, read_declared, rename
from mailtemplates.pattern import pattern

_META = pattern(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?([A-Za-z0-9_:.-]+)", 2)
# Types whose own rules say what the charset is where none is given (RFC 6657 §3).
_OWN_DEFAULT = frozenset(
    ("text/css", "text/csv", "text/javascript", "text/rtf", "text/vcard", "text/vtt", "text/xml",
     "text/xml-external-parsed-entity", "text/rfc822-headers", "text/x-amp-html", "text/directory")
)  # fmt: skip


@rule("CHS001", severity="error", fix="part", parts=("text",))
def charset_missing(part: Part) -> Findings:
    """A text part has characters outside ASCII and names no charset.

    Text without a charset parameter is US-ASCII. What is more is guessed by each reader from its own settings, so that
    one sees `Größe` and the next `GrÃ¶ÃŸe`.

    Reference: RFC 2046 §4.1.2; RFC 7103 §7.6

    Bad:

        Content-Type: text/plain
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=B6=C3=9Fe: 42

    Bad:

        Content-Type: text/plain; format=flowed
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=F6=DFe: 42

    Bad:

        Content-Type: text/html
        Content-Transfer-Encoding: quoted-printable
        …

        <!DOCTYPE html><html><head><meta charset=3D"utf-8"></head><p>Gr=C3=B6=C3=9Fe

    Good:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=B6=C3=9Fe: 42

    Good:

        Content-Type: text/plain
        …

        Size: 42
    """
    if part.media_type in _OWN_DEFAULT or part.decoded.isascii():
        return
    if part.is_attachment and b"\x00" in part.decoded:
        return
    declared = read_declared(part)
    if declared is None or declared.label or declared.charset is None:
        return
    misfit = find_part_misfit(part)
    if misfit is None:
        return
    name = "utf-8" if is_utf8(part.decoded) else guess_charset(part.decoded, misfit.at, declared.charset)
    place = locate(part, misfit.at, misfit.at + 1)
    told = _in_meta(part)
    softened = part.is_attachment or (bool(told) and told == name)
    yield Finding(
        place,
        f"{part.media_type} has octets outside ASCII, but names no charset",
        _help(name),
        _fix(part, declared),
        severity="warning" if softened else None,
    )


def _help(name: str) -> str:
    if name == "utf-8":
        return "it is utf-8: add charset=utf-8 to the Content-Type"
    return f"add its charset, probably {name}" if name else "add the charset that the text is in"


def _in_meta(part: Part) -> str:
    match = _META.search(part.decoded, 0, 4096) if part.media_type == "text/html" else None
    return match[1].decode("ascii").lower() if match else ""


def _fix(part: Part, declared: Declared) -> Fix | None:
    octets = part.decoded
    return rename(part, declared, "utf-8") if is_utf8(octets.removeprefix(MARK)) else None
