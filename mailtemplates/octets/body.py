"""What the body of a leaf holds as it stands (RFC 2045 §2.7–2.9, §6)."""

from __future__ import annotations

from typing import NamedTuple

from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.span import Span

FIELD = "Content-Transfer-Encoding"

_NOT_ASCII = bytes(range(0x80))


class LongLines(NamedTuple):
    """Lines over a limit: how many, where the first is, and how many octets the longest has, without line ends."""

    number: int
    first: Span
    longest: int


def is_text(part: Part) -> bool:
    """Whether the octets of a leaf are lines of text by its type: ``text/…`` and reports (``message/…``)."""
    return part.media_type.startswith(("text/", "message/"))


def is_shown(part: Part) -> bool:
    """Whether a leaf is text for the reader, and no file, whose octets may matter as they are."""
    return part.media_type.startswith("text/") and not part.is_attachment and not part.filename


def is_open(part: Part) -> bool:
    """Whether a leaf's octets stand as they are, in lines: it is declared 7bit or 8bit, or nothing is declared.

    Text in UTF-16 and UTF-32, which may not stand so at all, is not counted, nor is an encoding that cannot be read.
    """
    if part.encoding not in ("7bit", "8bit") or part.is_composite:
        return False
    return not is_wide(part) and (part.first(FIELD) is None or bool(part.field(FIELD)))


def is_wide(part: Part) -> bool:
    """Whether a leaf is text in a charset of units of two or four octets."""
    return part.media_type.startswith("text/") and part.charset.startswith(
        ("utf-16", "utf-32", "utf16", "ucs-", "iso-10646-ucs")
    )


def is_data(part: Part) -> bool:
    """Whether an open leaf is no text, and holds octets that no lines of its encoding may hold: it is a file as it is.

    It has one fault, the missing encoding, and its lines are no lines.
    """
    if is_text(part) or not is_open(part):
        return False
    content = part.content
    return b"\x00" in content or (part.encoding == "7bit" and not content.isascii())


def long_lines(octets: bytes, span: Span, limit: int) -> LongLines | None:
    """The lines of a span that are over the limit, if any; white space at their ends is not counted."""
    if span.end - span.start <= limit:
        return None
    lines = octets[span.start : span.end].split(b"\n")
    if max(map(len, lines)) <= limit:
        return None
    count = longest = 0
    first = span
    at = span.start
    for line in lines:
        size = len(line) if len(line) <= limit else len(line.rstrip(b" \t\r"))
        if size > limit:
            first = first if count else Span(at, at + size)
            count += 1
            longest = max(longest, size)
        at += len(line) + 1
    return LongLines(count, first, longest) if count else None


def first_eight_bit(octets: bytes, span: Span) -> tuple[int, int]:
    """How many octets of a span are no ASCII, and where the first is."""
    content = octets[span.start : span.end]
    if content.isascii():
        return 0, span.start
    others = content.translate(None, _NOT_ASCII)
    return len(others), span.start + content.index(others[:1])


def value_span(field: RawField) -> Span:
    """A field's value without white space at its ends; what stands there when it is empty."""
    start = len(field.latin) - len(field.latin.lstrip())
    return field.at(start, max(start, len(field.latin.rstrip())))


def newline(octets: bytes) -> bytes:
    """How lines end, by the first: CRLF where there is none."""
    at = octets.find(b"\n")
    return b"\n" if at == 0 or (at > 0 and octets[at - 1 : at] != b"\r") else b"\r\n"
