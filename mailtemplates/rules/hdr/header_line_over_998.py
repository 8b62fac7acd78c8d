from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import read_words
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_LIMIT = 998
_AIM = 78
_WHITE = pattern(rb"(?<=[^ \t])[ \t]+(?=[^ \t\r\n])")


@rule("HDR008", severity="error", fix="part")
def header_line_over_998(part: Part) -> Findings:
    """A line of the header has more than 998 octets.

    Servers may refuse such a line or cut it, and many put a line end into it wherever 998 octets are full: inside a
    word, an address or a signature. The fix folds at white space that is there already.

    Reference: RFC 5322 §2.1.1; RFC 6532 §3.4

    Bad:

        References:⟨ <0123456789abcdef@acme-shop.com>×40⟩
        …

    Bad:

        X-Token: ⟨ab×500⟩
        …

    Good:

        X-Token: ⟨ab×400⟩
        …
    """
    if part.header.end - part.header.start <= _LIMIT:
        return
    for field in part.fields:
        if field.span.end - field.span.start > _LIMIT:
            yield from _judge(field)


def _judge(field: RawField) -> Findings:
    long = [line for line in _lines(field) if line.end - line.start > _LIMIT]
    if not long or _has_endless_word(field):
        return
    problem = f"a line of {shorten(field.name, 40)} has {long[0].end - long[0].start} octets, {_LIMIT} are the most"
    if len(long) > 1:
        most = max(line.end - line.start for line in long)
        problem = f"{len(long)} lines of {shorten(field.name, 40)} have over {_LIMIT} octets; the longest has {most}"
    yield Finding(long[0], problem, "fold it before white space, or shorten it", _folded(field, long))


def _has_endless_word(field: RawField) -> bool:
    """Whether one encoded word is what makes a line too long, which is a fault of its own."""
    return any(word.end - word.start > _LIMIT - len(field.name) - 2 for word in read_words(field))


def _folded(field: RawField, long: list[Span]) -> Fix | None:
    """Folds that bring every line to 998 octets; None when white space is missing for it."""
    line_end = b"\r\n" if field.octets.find(b"\r\n", field.span.start, field.span.end) >= 0 else b"\n"
    edits: list[Edit] = []
    for line in long:
        places = list(_places(field, line))
        ends = zip([line.start, *places], [*places, line.end], strict=True)
        if any(end - start > _LIMIT for start, end in ends):
            return None
        edits += [Edit(Span(at, at), line_end) for at in places]
    return Fix(tuple(edits))


def _lines(field: RawField) -> Iterator[Span]:
    """The field's lines without their line ends."""
    at, octets = field.span.start, field.octets
    while at < field.span.end:
        stop = octets.find(b"\n", at, field.span.end)
        after = stop + 1 if stop >= 0 else field.span.end
        end = stop if stop >= 0 else after
        yield Span(at, end - (octets[end - 1 : end] == b"\r" and end > at))
        at = after


def _places(field: RawField, line: Span) -> Iterator[int]:
    """Where to fold: before the last white space that keeps the line within 78 octets, or before the next."""
    start, last = line.start, -1
    first = max(line.start, field.body.start + 1)
    for white in [*(one.start() for one in _WHITE.finditer(field.octets, first, line.end)), line.end]:
        if white - start > _AIM and last >= 0:
            yield last
            start = last
        last = white
