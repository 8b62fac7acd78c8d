from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.rawbase64 import find_fault
from mailtemplates.rawbody import FIELD, is_text, long_lines
from mailtemplates.rawfield import Span
from mailtemplates.rawparameter import read_token
from mailtemplates.reencoding import reencode, relabel
from mailtemplates.rule import rule

_LEGAL = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64"))
_WORD = pattern(r'[^\s;"(]+(?:[ \t]+[^\s;"(]+)*')
_SEPARATORS = pattern(r"[\s_-]+")
_MEANT = {
    "7bit": ("7bits", "sevenbit", "ascii", "usascii", "none", "text", "plain", "identity"),
    "8bit": ("8bits", "eightbit"),
    "quoted-printable": ("quotedprintable", "quotedprintables", "qp", "quoted", "quotedprint", "q"),
    "base64": ("b64", "base", "64", "b"),
}
_BY_WORD = {word: name for name, words in _MEANT.items() for word in (_SEPARATORS.sub("", name), *words)}
_ESCAPE = pattern(rb"=[0-9A-Fa-f]{2}|=\r?\n")


@rule("CTE006", severity="error", fix="part")
def invalid_cte(part: Part) -> Findings:
    """The transfer encoding is none that mail programs know.

    There are five: 7bit, 8bit, binary, quoted-printable and base64. A part with any other is taken for octets that
    cannot be read, and shown as an attachment or as raw code. `binary` may only go to servers that offer BINARYMIME,
    which few do.

    Reference: RFC 2045 §6.1, §6.4; RFC 3030 §3

    Bad:

        Content-Transfer-Encoding: 8-bit
        …

        Grüße aus Köln

    Bad:

        Content-Transfer-Encoding: utf-8
        …

        Grüße aus Köln

    Bad:

        Content-Transfer-Encoding: quoted printable
        …

        Gr=C3=BC=C3=9Fe

    Bad:

        Content-Transfer-Encoding: 7bit; charset=utf-8
        …

        Hello Ben.

    Bad:

        Content-Transfer-Encoding: binary
        …

        Hello Ben.

    Bad:

        Content-Transfer-Encoding: x-uuencode
        …

        begin 644 a.txt
        `
        end

    Good:

        Content-Transfer-Encoding: 7bit (as it stands)
        …

        Hello Ben.
    """
    field = part.first(FIELD)
    if field is None or (part.encoding in _LEGAL and part.encoding != "binary" and field.value):
        return
    start = len(field.latin) - len(field.latin.lstrip())
    span = field.at(start, max(start, len(field.latin.rstrip())))
    if part.encoding == "binary":
        yield from _binary(part, span)
    elif part.encoding.startswith("x-") and ";" not in part.encoding and " " not in part.encoding:
        words = f"only programs that agree on it read {shorten(part.encoding)}"
        yield Finding(span, words, "encode the part as base64", severity="warning")
    else:
        shown = shorten(field.value)
        problem = f'"{shown}" is no transfer encoding' if field.value else "the transfer encoding is empty"
        fix = _fix(part, field.value)
        meant = fix.edits[0].octets.decode("ascii", "replace").strip() if fix else "base64"
        yield Finding(span, problem, f"write {FIELD}: {meant}", fix)


def _binary(part: Part, span: Span) -> Findings:
    """Binary where no inner part is: content that needs no such encoding is only named wrongly."""
    if any(child.encoding == "binary" for one in part.children for child in one.walk()):
        return
    if part.is_composite or _fits_lines(part):
        name = "7bit" if part.content.isascii() else "8bit"
        words = f"binary needs servers with BINARYMIME, and the content is {name}"
        yield Finding(span, words, f"write {FIELD}: {name}", relabel(part, name), "warning")
    else:
        yield Finding(span, "binary needs servers with BINARYMIME", "encode the part as base64", reencode(part))


def _fits_lines(part: Part) -> bool:
    content = part.content
    if b"\x00" in content or long_lines(part.octets, part.body, 998):
        return False
    crlf = content.count(b"\r\n")
    return content.count(b"\r") == crlf and (not crlf or content.count(b"\n") == crlf)


def _fix(part: Part, value: str) -> Fix | None:
    """The encoding that was meant, when the content is in it; else the content encoded."""
    meant = _meant(value)
    content = part.content
    if meant == "base64" and content.strip() and not find_fault(content):
        return relabel(part, meant)
    if meant == "quoted-printable" and content.isascii() and (part.is_composite or _ESCAPE.search(content)):
        return relabel(part, meant)
    if meant not in ("", "7bit", "8bit"):
        return None
    if part.is_composite:
        return relabel(part, "7bit" if content.isascii() else "8bit")
    if not _fits_lines(part):
        return reencode(part)
    if content.isascii():
        return relabel(part, "7bit") if meant or is_text(part) else None
    return reencode(part) or relabel(part, "8bit")


def _meant(value: str) -> str:
    """The encoding that a value means, or nothing."""
    match = _WORD.search(read_token(value))
    word = match[0] if match else ""
    return word if word in _LEGAL else _BY_WORD.get(_SEPARATORS.sub("", word), "")
