from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.charset import Charset, is_utf8
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import Declared, read_declared, rename, to_utf8

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


@rule("CHS008", severity="error", fix="part", parts=("text",))
def forbidden_charset(part: Part) -> Findings:
    """A text part is in UTF-7, UTF-16 or UTF-32.

    Text in mail must have its line ends as CRLF and its ASCII as ASCII, which UTF-16 and UTF-32 have not. UTF-7 hides
    markup from filters, so browsers and mail programs have dropped it. UTF-8 has the same characters.

    Reference: RFC 2046 §4.1.1; RFC 2781 §4; WHATWG Encoding §4.2

    Bad:

        Content-Type: text/plain; charset=utf-16
        Content-Transfer-Encoding: base64
        …

        /v8ARwByAPwA3wBlAA0ACg==

    Bad:

        Content-Type: text/plain; charset=UTF-7
        …

        Gr+APwA3w-e

    Bad:

        Content-Type: text/plain; charset=utf-16
        …

        Hello

    Good:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=BC=C3=9Fe
    """
    declared = read_declared(part)
    if declared is None or declared.charset is None or not declared.charset.is_forbidden:
        return
    yield Finding(
        declared.span,
        f"text is in {declared.charset.name}, which text in mail may not be",
        "encode the text as UTF-8 and write charset=utf-8",
        None if part.is_attachment else _fix(part, declared, declared.charset),
        severity="warning" if part.is_attachment else None,
    )


def _fix(part: Part, declared: Declared, charset: Charset) -> Fix | None:
    octets = part.decoded
    is_wide = not charset.name.startswith(("utf-7", "unicode-1-1-utf-7"))
    if (octets.isascii() and b"\x00" not in octets and is_wide) or is_utf8(octets):
        return rename(part, declared, "utf-8")
    text = _decode(octets, charset)
    return None if text is None else to_utf8(part, declared, text)


def _decode(octets: bytes, charset: Charset) -> str | None:
    """The text, when it can be decoded without a fault; None else."""
    for codec in _codecs(octets, charset):
        try:
            text = octets.decode(codec).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text and "\ufffe" not in text:
            return text
    return None


def _codecs(octets: bytes, charset: Charset) -> list[str]:
    """The codecs to try: by the mark, else big-endian (RFC 2781 §4.3) unless more of its spaces are little-endian."""
    if charset.codec is None or charset.name not in ("utf-16", "utf-32"):
        return [charset.codec] if charset.codec else []
    for mark, codec in _MARKS:
        if octets.startswith(mark) and codec.startswith(charset.name):
            return [codec]
    little = octets[::2].count(b" ") + octets[::2].count(b"\n") > octets[1::2].count(b" ") + octets[1::2].count(b"\n")
    orders = ("-le", "-be") if little else ("-be", "-le")
    return [charset.name + order for order in orders]
