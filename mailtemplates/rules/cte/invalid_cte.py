from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, Severity
from mailtemplates.linting.rule import rule
from mailtemplates.octets.base64 import find_fault
from mailtemplates.octets.body import FIELD, is_text, long_lines, value_span
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_token
from mailtemplates.octets.reencoding import reencode, relabel
from mailtemplates.pattern import pattern

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
_LONG = 40
_ESCAPE = pattern(rb"=[0-9A-Fa-f]{2}|=\r?\n")


@rule("CTE006", severity="error", fix="part")
def invalid_cte(message: RawMessage) -> Findings:
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
    inside = 0
    for part in message.all_parts:
        field = part.first(FIELD)
        if field is None or (part.encoding in _LEGAL and part.encoding != "binary" and field.value):
            continue
        if not field.is_plain:
            continue
        if part.encoding == "binary":
            if part.body.start >= inside:
                yield _binary(part, field)
            inside = max(inside, part.body.end)
        else:
            yield _unknown(part, field)


def _unknown(part: Part, field: RawField) -> Finding:
    if part.encoding.startswith("x-") and ";" not in part.encoding and " " not in part.encoding:
        words = f"only programs that agree on it read `{shorten(part.encoding)}`"
        return Finding(value_span(field), words, "encode the part as base64", severity="warning")
    problem = f"`{shorten(field.value)}` is no transfer encoding" if field.value else "the transfer encoding is empty"
    fix = _fix(part, field.value)
    meant = fix.edits[0].octets.decode("ascii", "replace").strip() if fix else "base64"
    return Finding(value_span(field), problem, f"write {FIELD}: {meant}", fix, _severity(part))


def _severity(part: Part) -> Severity | None:
    """Of an attached message, which was not written here, no more than a warning."""
    return "warning" if part.place == "embedded" else None


def _binary(part: Part, field: RawField) -> Finding:
    """The outermost part that is binary, for those too that are so inside it."""
    parts = [one for one in part.walk() if one.encoding == "binary"]
    needing = [not one.is_composite and not _fits_lines(one) for one in parts]
    fixes = [
        reencode(one) if needs else relabel(one, _lines_encoding(one))
        for one, needs in zip(parts, needing, strict=True)
    ]
    known = [fix for fix in fixes if fix]
    edits = tuple(sorted(edit for fix in known for edit in fix.edits))
    fix = Fix(edits, all(one.safe for one in known)) if len(known) == len(parts) else None
    words = "binary needs servers with BINARYMIME"
    if any(needing):
        return Finding(value_span(field), words, "encode the part as base64", fix, _severity(part))
    name = _lines_encoding(part)
    return Finding(value_span(field), f"{words}, and the content is {name}", f"write {FIELD}: {name}", fix, "warning")


def _lines_encoding(part: Part) -> str:
    """7bit or 8bit: what a part is when those in it that are binary are so no more."""
    leaves = [one for one in part.walk() if not one.is_composite]
    return (
        "7bit"
        if all(one.content.isascii() or (one.encoding == "binary" and not _fits_lines(one)) for one in leaves)
        else "8bit"
    )


def _fits_lines(part: Part) -> bool:
    content = part.content
    if b"\x00" in content or long_lines(part.octets, part.body, 998):
        return False
    crlf = content.count(b"\r\n")
    return content.count(b"\r") == crlf and (not crlf or content.count(b"\n") == crlf)


def _fix(part: Part, value: str) -> Fix | None:
    """The encoding that the content is in; else the content encoded."""
    content = part.content
    if part.is_composite:
        return relabel(part, "7bit" if content.isascii() else "8bit")
    meant = _meant(value)
    if meant not in ("7bit", "8bit"):
        if "uu" in value.lower():
            return None
        encoded = _encoded(content, meant)
        if encoded or meant:
            return relabel(part, encoded) if encoded else None
    if not _fits_lines(part):
        return reencode(part)
    if content.isascii():
        return relabel(part, "7bit") if meant or is_text(part) else None
    return reencode(part) or relabel(part, "8bit")


def _encoded(content: bytes, meant: str) -> str:
    """The encoding that a body is visibly in; a short one must be said to be so."""
    if not content.isascii():
        return ""
    escapes = len(_ESCAPE.findall(content))
    if meant != "base64" and (escapes or meant) and escapes == content.count(b"="):
        return "quoted-printable"
    letters = len(content.translate(None, b" \t\r\n"))
    long_enough = letters >= _LONG and b" " not in content
    return "base64" if meant != "quoted-printable" and (long_enough or meant) and not find_fault(content) else ""


def _meant(value: str) -> str:
    """The encoding that a value means, or nothing."""
    match = _WORD.search(read_token(value))
    word = match[0] if match else ""
    return word if word in _LEGAL else _BY_WORD.get(_SEPARATORS.sub("", word), "")
