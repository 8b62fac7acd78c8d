"""Header fields as they stand in octets (RFC 5322 §2.2).

A tolerant reader: it never raises, keeps every octet where it is, and says what is wrong as :class:`Defect`
values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

from mailtemplates.octets.once import once
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_EMPTY_LINE = pattern(rb"\r*+\n|\r\Z")
_FIELD = pattern(rb"([!-9;-~]+)([ \t]*):(?!//)([^\n]*+\n?+(?:[ \t][^\n]*+\n?+)*+)")  # with its folds
_ONE_LINE = pattern(rb"([!-9;-~]+):(?!//)([^\r\n]*+)\r?\n(?![ \t])")
_FOLD = pattern(rb"\r?\n(?=[ \t])")
_MBOX_FROM = pattern(rb">?From (?![ \t]*:)[^\r\n]*\r?\n")
_BAD_NAME = pattern(rb"[!-9;-~\x80-\xff]+(?: [!-9;-~\x80-\xff]+){0,2} ?:[ \t]+[^ \t\r\n]")
_LOST_FOLD = pattern(
    rb"(?:boundary|charset|name|filename|type|format|report-type|protocol|micalg|start|method)[*0-9]*=", re.IGNORECASE
)
_LOST_COLON = pattern(
    rb"(?:Content|X|List|In-Reply|Reply|Message|MIME|Return|Delivered)-[A-Za-z-]+[ \t]|(?:Subject|Date)[ \t]"
    rb"|(?:From|To|Cc|Sender|References)[ \t][^\r\n]{0,150}@",
    re.IGNORECASE,
)
_KNOWN = frozenset(
    ("from", "to", "cc", "bcc", "subject", "date", "sender", "references", "received", "keywords", "comments")
)
_MOST_BLANK = 1000
_PLAIN = pattern(rb"(?:[\t -~]++|\r?\n(?=[ \t]))*+")
_BLANK_FOLD = pattern(rb"\n[ \t]+(?=\r?\n|\Z)")


DefectKind = Literal[
    "mbox-from",
    "stray-line",
    "space-before-colon",
    "blank-fold",
    "no-separator",
    "early-separator",
    "unknown-encoding",
    "encoded-composite",
    "no-boundary",
    "boundary-not-found",
    "bad-delimiter",
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


@dataclass(frozen=True, init=False)
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
    #: The name in lower case.
    lower: str = field(init=False, repr=False, compare=False)

    def __init__(self, octets: bytes, name: str, span: Span, body: Span, place: Place = "message") -> None:
        # What a dataclass writes for a frozen class takes three times as long, and a message has many fields.
        own = self.__dict__
        own["octets"] = octets
        own["name"] = name
        own["span"] = span
        own["body"] = body
        own["place"] = place
        own["lower"] = name.lower()

    @property
    def raw(self) -> bytes:
        """The body's octets with the folds in them; offsets in it count from ``body.start``."""
        return self.octets[self.body.start : self.body.end]

    @once
    def latin(self) -> str:
        """:attr:`raw` as text of one character an octet, so that offsets in it are octets: for grammars."""
        return self.raw.decode("latin-1")

    @once
    def value(self) -> str:
        """The body unfolded, without white space at its ends; UTF-8, other octets as lone surrogates."""
        return _FOLD.sub(b"", self.raw).strip(b" \t\r\n").decode("utf-8", "surrogateescape")

    @once
    def is_plain(self) -> bool:
        """Whether only printable ASCII, white space and folds stand in the body; other octets have their own rules."""
        return _PLAIN.fullmatch(self.octets, self.body.start, self.body.end) is not None

    @property
    def line_end(self) -> bytes:
        """How the field's last line ends: CRLF where nothing follows. For fixes that fold."""
        return b"\n" if self.octets[self.body.end : self.span.end] == b"\n" else b"\r\n"

    @property
    def extent(self) -> Span:
        """The field without its last line end: the place of what is wrong with the whole of it."""
        return Span(self.span.start, self.body.end)

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
    reader = _Reader(octets, span, place)
    first = _MBOX_FROM.match(octets, span.start, span.end) if place != "part" else None
    if first:
        where = Span(span.start, first.end())
        reader.defects.append(Defect("mbox-from", "a line of a mailbox file stands before the header", where))
        reader.at = first.end()
    while reader.at < span.end:
        line = _ONE_LINE.match(octets, reader.at, span.end)
        if line:
            reader.take(RawField(octets, line[1].decode("ascii"), Span(*line.span()), Span(*line.span(2)), place))
            continue
        field = _FIELD.match(octets, reader.at, span.end)
        if field:
            reader.add(field)
            continue
        empty = _EMPTY_LINE.match(octets, reader.at, span.end)
        if empty:
            return reader.header(empty.end())
        if not reader.pass_over():
            break
    return reader.header(reader.at)


class _Reader:
    """A header while it is read, and the first line of it that may be the body's after all."""

    def __init__(self, octets: bytes, span: Span, place: Place) -> None:
        self.octets = octets
        self.span = span
        self.place: Place = place
        self.at = span.start
        self.fields: list[RawField] = []
        self.defects: list[Defect] = []
        self.doubtful: tuple[int, int, int] | None = None

    def header(self, body: int) -> Header:
        return Header(tuple(self.fields), Span(self.span.start, self.at), body, tuple(self.defects))

    def add(self, match: re.Match[bytes]) -> None:
        """Take a field, whatever its line ends and folds."""
        octets, (at, end), start = self.octets, match.span(), match.start(3)
        stop = end
        if octets.endswith(b"\n", start, end):
            stop -= 2 if octets.endswith(b"\r", start, end - 1) else 1
        field = RawField(octets, match[1].decode("ascii"), Span(at, end), Span(start, stop), self.place)
        self.take(field)
        if match[2] or octets.find(b"\n", start, end - 1) >= 0:
            self.defects.extend(_field_defects(field, Span(*match.span(2))))

    def take(self, field: RawField) -> None:
        """Add a field to the header, and go on behind it."""
        self.fields.append(field)
        if self.doubtful and ("-" in field.name or field.lower in _KNOWN):
            self.doubtful = None
        self.at = field.span.end

    def pass_over(self) -> bool:
        """Pass over a stray line; False where the body begins."""
        if self.starts_body():
            self.end_without_separator()
            return False
        end = _field_end(self.octets, self.at, self.span.end)
        self.doubtful = self.doubtful or (self.at, len(self.fields), len(self.defects))
        self.defects.append(Defect("stray-line", "a line is no header field", Span(self.at, end)))
        self.at = end
        return True

    def starts_body(self) -> bool:
        """Whether a line that is no field is rather the body, whose empty line is missing, than a broken field."""
        octets, at, stop = self.octets, self.at, self.span.end
        if octets.startswith((b"--", b"<"), at) or self.blank_before():
            return True
        after = _field_end(octets, at, stop)
        if after >= stop:
            return True
        if _FIELD.match(octets, after, stop):
            return False
        line = octets[at : min(_line_end(octets, at, stop), at + 200)]
        if _LOST_FOLD.match(line) or _LOST_COLON.match(line):
            return False
        if self.fields and self.fields[-1].span.end == at and self.fields[-1].value.endswith((";", ",")):
            return False
        name = _BAD_NAME.match(line)
        return not name or (self.place == "part" and b"-" not in name[0])

    def blank_before(self) -> Defect | None:
        """The line before, when it is white space only: it was to be the empty line."""
        last = self.defects[-1] if self.defects else None
        if last is None or last.kind != "blank-fold":
            return None
        return last if self.octets[last.span.end : self.at] in (b"\n", b"\r\n") else None

    def end_without_separator(self) -> None:
        """Say that the empty line is missing; stray lines right before it are the body's too."""
        blank = self.blank_before()
        if blank:
            self.defects[-1] = Defect("no-separator", "the line after the header holds white space", blank.span)
            return
        if self.doubtful:
            self.at, fields, defects = self.doubtful
            del self.fields[fields:], self.defects[defects:]
        where = Span(self.at, _line_end(self.octets, self.at, self.span.end))
        self.defects.append(Defect("no-separator", "no empty line after the header", where))


def _field_defects(field: RawField, space: Span) -> list[Defect]:
    defects = []
    if space.end > space.start:
        defects.append(Defect("space-before-colon", "white space stands before the colon", space))
    if field.octets.find(b"\n", field.body.start, field.body.end) >= 0:
        defects += [
            Defect("blank-fold", "a line of the field is white space only", Span(blank.start() + 1, blank.end()))
            for blank in islice(_BLANK_FOLD.finditer(field.octets, field.body.start, field.span.end), _MOST_BLANK)
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
