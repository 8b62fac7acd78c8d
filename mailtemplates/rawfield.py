"""Header fields as they stand in octets (RFC 5322 §2.2).

Floor 1. A tolerant reader: it never raises, keeps every octet where it is, and says what is wrong as :class:`Defect`
values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from mailtemplates.pattern import pattern

_EMPTY_LINE = pattern(rb"\r?\n")
_FIELD = pattern(rb"([!-9;-~]+)([ \t]*):")
_FOLD = pattern(rb"\r?\n(?=[ \t])")
_MBOX_FROM = pattern(rb">?From (?![ \t]*:)[^\r\n]*\r?\n")
_BAD_NAME = pattern(rb"[^\r\n:]{1,60}:")
_LOST_FOLD = pattern(
    rb"[A-Za-z*0-9-]+=|[^\r\n]*[=@][^\r\n]*[;,]\r?$|[A-Za-z]+(?:-[A-Za-z]+)+ |(?:from|to|cc|subject|date) ", 2
)
_PLAIN = pattern(rb"(?:[\t -~]++|\r?\n(?=[ \t]))*+")
_BLANK_FOLD = pattern(rb"\n[ \t]+(?=\r?\n|\Z)")


class Span(NamedTuple):
    """Octets from ``start`` up to ``end``, counted from the message's first octet."""

    start: int
    end: int


DefectKind = Literal[
    "mbox-from",
    "stray-line",
    "space-before-colon",
    "blank-fold",
    "no-separator",
    "unknown-encoding",
    "encoded-composite",
    "no-boundary",
    "boundary-not-found",
    "not-closed",
    "no-parts",
    "too-deep",
]


class Defect(NamedTuple):
    """Something that is wrong with the octets: what, in words, and where."""

    kind: DefectKind
    problem: str
    span: Span


#: Where a field stands: in the message's own header, in the header of a part, in that of an attached message.
Place = Literal["message", "part", "embedded"]


@dataclass(frozen=True)
class RawField:
    """One header field as it stands.

    :param octets: the whole message.
    :param name: the field name as written, ASCII.
    :param span: the whole field, its last line end included.
    :param body: what stands after the colon up to the last line end, with the folds in it.
    :param place: whose header it stands in.
    """

    octets: bytes = field(repr=False)
    name: str
    span: Span
    body: Span
    place: Place = "message"

    @cached_property
    def lower(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def raw(self) -> bytes:
        """The body's octets with the folds in them; offsets in it count from ``body.start``."""
        return self.octets[self.body.start : self.body.end]

    @cached_property
    def latin(self) -> str:
        """:attr:`raw` as text of one character an octet, so that offsets in it are octets: for grammars."""
        return self.raw.decode("latin-1")

    @cached_property
    def value(self) -> str:
        """The body unfolded, without white space at its ends; UTF-8, other octets as lone surrogates."""
        return _FOLD.sub(b"", self.raw).strip(b" \t\r\n").decode("utf-8", "surrogateescape")

    @cached_property
    def is_plain(self) -> bool:
        """Whether only printable ASCII, white space and folds stand in the body; other octets have their own rules."""
        return _PLAIN.fullmatch(self.octets, self.body.start, self.body.end) is not None

    @property
    def line_end(self) -> bytes:
        """How the field's last line ends: CRLF where nothing follows. For fixes that fold."""
        return b"\n" if self.octets[self.body.end : self.span.end] == b"\n" else b"\r\n"

    def at(self, start: int, end: int) -> Span:
        """Octets of the message for offsets in :attr:`raw`."""
        return Span(self.body.start + start, self.body.start + end)


class Header(NamedTuple):
    """The fields at the start of an entity, the header's span, where the body starts, and what is wrong."""

    fields: tuple[RawField, ...]
    span: Span
    body: int
    defects: tuple[Defect, ...]


def read_header(octets: bytes, span: Span, place: Place = "message") -> Header:
    """The fields at the start of a span. Never raises."""
    fields: list[RawField] = []
    defects: list[Defect] = []
    at = span.start
    first = _MBOX_FROM.match(octets, at, span.end) if at == 0 else None
    if first:
        defects.append(Defect("mbox-from", "a line of a mailbox file stands before the header", Span(at, first.end())))
        at = first.end()
    while at < span.end:
        empty = _EMPTY_LINE.match(octets, at, span.end)
        if empty:
            return Header(tuple(fields), Span(span.start, at), empty.end(), tuple(defects))
        match = _FIELD.match(octets, at, span.end)
        if match is None and _starts_body(octets, at, span.end):
            defects.append(
                Defect("no-separator", "no empty line after the header", Span(at, _line_end(octets, at, span.end)))
            )
            break
        end = _field_end(octets, at, span.end)
        if match is None:
            defects.append(Defect("stray-line", "a line is no header field", Span(at, end)))
        else:
            field = _field(octets, match[1].decode("ascii"), match.end(), Span(at, end), place)
            fields.append(field)
            defects.extend(_field_defects(field, Span(*match.span(2))))
        at = end
    return Header(tuple(fields), Span(span.start, at), at, tuple(defects))


def _field(octets: bytes, name: str, start: int, span: Span, place: Place) -> RawField:
    end = span.end
    if end > start and octets[end - 1 : end] == b"\n":
        end -= 2 if octets[end - 2 : end - 1] == b"\r" and end - 2 >= start else 1
    return RawField(octets, name, span, Span(start, end), place)


def _field_defects(field: RawField, space: Span) -> list[Defect]:
    defects = []
    if space.end > space.start:
        defects.append(Defect("space-before-colon", "white space stands before the colon", space))
    if field.octets.find(b"\n", field.body.start, field.body.end) >= 0:
        defects += [
            Defect("blank-fold", "a line of the field is white space only", Span(blank.start() + 1, blank.end()))
            for blank in _BLANK_FOLD.finditer(field.octets, field.body.start, field.span.end)
        ]
    return defects


def _line_end(octets: bytes, at: int, stop: int) -> int:
    return (octets.find(b"\n", at, stop) + 1) or stop


def _field_end(octets: bytes, at: int, stop: int) -> int:
    """The end of the line at ``at`` and of those that continue it."""
    at = _line_end(octets, at, stop)
    while at < stop and octets[at] in b" \t":
        at = _line_end(octets, at, stop)
    return at


def _starts_body(octets: bytes, at: int, stop: int) -> bool:
    """Whether a line that is no field is rather the body, whose empty line is missing, than a broken field."""
    after = _field_end(octets, at, stop)
    if after < stop and _FIELD.match(octets, after, stop):
        return False
    line = octets[at : min(_line_end(octets, at, stop), at + 200)]
    return not (after < stop and (_BAD_NAME.match(line) or _LOST_FOLD.match(line)))
