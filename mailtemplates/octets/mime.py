"""Octets as a tree of parts with offsets (RFC 5322 §2, RFC 2045, RFC 2046).

:func:`parse` takes any octets and never raises: what is wrong with them is a :class:`Defect`, a value with a
place. It reads CRLF and LF, keeps every field as it stands, and takes time linear in the octets: the nesting that it
follows is bounded.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mailtemplates.octets.charset import find_codec
from mailtemplates.octets.decoding import decode_body, decode_quoted, has_trailing_space, is_escaped_well
from mailtemplates.octets.delimiters import DelimiterSearch
from mailtemplates.octets.field import Defect, Header, Place, RawField, read_header
from mailtemplates.octets.once import once
from mailtemplates.octets.parameter import read_disposition, read_token, read_type
from mailtemplates.octets.quotedprintable import is_neat
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

__all__ = ["Defect", "Part", "RawField", "Span", "parse"]

#: The deepest nesting that is followed; what is deeper is a leaf with a defect.
MAX_DEPTH = 100
#: The most parts of a message that are told apart.
MAX_PARTS = 20_000

_ENCODINGS = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64"))
_CONTENT_TYPE = pattern(rb"content-type[ \t]*:[ \t]*[a-z]+/[a-z]", re.IGNORECASE)
_LATE_FIELD = pattern(rb"content-(?:type|transfer-encoding|disposition|id)[ \t]*:[ \t]*[^ \t\r\n]", re.IGNORECASE)
_QUOTED_PARAMETER = pattern(rb"(?:charset|boundary|name|filename)=3D", re.IGNORECASE)
_ATTACHED = frozenset(("message/rfc822", "message/global"))


@dataclasses.dataclass(frozen=True)
class Part:
    """One entity of a message.

    :param octets: the whole message, the same object for every part of it.
    :param header: the fields, without the empty line.
    :param body: the body, without the line end that belongs to the next delimiter.
    :param fields: the header's fields in order.
    :param media_type: ``type/subtype`` in lower case; what the default is where none is given (RFC 2045 §5.2) or where
        it cannot be read.
    :param parameters: of Content-Type, by lower-case name, RFC 2231 decoded.
    :param encoding: the transfer encoding in lower case; ``7bit`` where none is given.
    :param disposition: of Content-Disposition in lower case, or empty.
    :param filename: of Content-Disposition, or ``name`` of Content-Type, or empty.
    :param section: where in the tree, as IMAP counts (RFC 9051 §6.4.5.1): ``1.2``; empty for the message itself.
    :param place: the message itself, a part of it, or something inside an attached message.
    :param signed: whether a signature covers it: it is inside a multipart/signed, or the message it belongs to has a
        DKIM-Signature. What is signed is not written anew without being asked.
    :param cut: whether its end is surely missing, or may be: it is the last part of a multipart that is never closed.
    :param delimiters: the lines of the boundary, the closing one too.
    :param children: the parts of a multipart, or the message in a message/rfc822.
    :param defects: of this part alone, not of its children.
    :param alone: whether the boundary is known to stand nowhere in the body but in the delimiters.
    """

    octets: bytes = dataclasses.field(repr=False)
    header: Span
    body: Span
    fields: tuple[RawField, ...]
    media_type: str
    parameters: dict[str, str]
    encoding: str
    disposition: str
    filename: str
    section: str = ""
    place: Place = "message"
    signed: bool = False
    cut: bool = False
    delimiters: tuple[Span, ...] = ()
    children: tuple[Part, ...] = ()
    defects: tuple[Defect, ...] = ()
    alone: bool = False

    @once
    def _by_name(self) -> dict[str, list[RawField]]:
        named: dict[str, list[RawField]] = {}
        for field in self.fields:
            named.setdefault(field.lower, []).append(field)
        return named

    @once
    def _firsts(self) -> dict[str, RawField]:
        return first_fields(self.fields)

    @property
    def has_different_fields(self) -> bool:
        """Whether no two fields have one name."""
        return len(self._firsts) == len(self.fields)

    def fields_named(self, name: str) -> list[RawField]:
        """The fields of that name in any case, in order."""
        return self._by_name.get(name.lower(), [])

    def first(self, name: str) -> RawField | None:
        """The first field of that name in any case."""
        return self._firsts.get(name.lower())

    def field(self, name: str) -> str:
        """The value of the first field of that name in any case, unfolded; empty when there is none."""
        first = self._firsts.get(name.lower())
        return first.value if first else ""

    @property
    def is_multipart(self) -> bool:
        """Whether the declared type is a multipart, with parts or not."""
        return self.media_type.startswith("multipart/")

    @property
    def is_composite(self) -> bool:
        """Whether the part stands for other parts: a multipart, or an attached message (RFC 2046 §5)."""
        return self.is_multipart or self.media_type in _ATTACHED

    @once
    def kinds(self) -> frozenset[str]:
        """Words for what the part is: the media type and its first half, the transfer encoding, ``leaf`` for what holds
        no other part, ``named`` where a file name may stand in the header, ``broken`` where there are defects."""
        kinds = [self.media_type, self.media_type.partition("/")[0], self.encoding]
        if not self.is_composite:
            kinds.append("leaf")
        if self.defects:
            kinds.append("broken")
        if b"name" in self.octets[self.header.start : self.header.end].lower():
            kinds.append("named")
        return frozenset(kinds)

    @property
    def is_attachment(self) -> bool:
        """Whether a reader is shown the part as a file: it has the disposition or, when not inline, a file name."""
        return self.disposition == "attachment" or (bool(self.filename) and self.disposition != "inline")

    @property
    def content(self) -> bytes:
        """The body's octets, still encoded."""
        return self.octets[self.body.start : self.body.end]

    @once
    def is_neat(self) -> bool:
        """Whether no line of the body is too long for quoted-printable, and none ends with white space."""
        return is_neat(self.content)

    @once
    def has_trailing_space(self) -> bool:
        """Whether a line of the body may end with a space or a tab."""
        return not self.is_neat and has_trailing_space(self.content)

    @once
    def is_escaped_well(self) -> bool:
        """Whether nothing odd stands behind an equals sign of the body, which is quoted-printable."""
        return is_escaped_well(self.content)

    @once
    def decoded(self) -> bytes:
        """The body's octets, decoded as a lenient reader does."""
        if self.encoding == "quoted-printable":
            return decode_quoted(self.content, self.has_trailing_space, self.is_escaped_well)
        return decode_body(self.content, self.encoding)

    @once
    def charset(self) -> str:
        """The charset parameter in lower case; ``us-ascii`` where none is given (RFC 2046 §4.1.2)."""
        return self.parameters.get("charset", "").strip().lower() or "us-ascii"

    @once
    def text(self) -> str:
        """The text of a text part, decoded by its charset, or as UTF-8 where that is unknown; faults are U+FFFD."""
        return self.decoded.decode(find_codec(self.charset) or "utf-8", "replace")

    @property
    def size(self) -> int:
        """Octets of header, empty line and body."""
        return self.body.end - self.header.start

    def walk(self) -> Iterator[Part]:
        """The part and all that are in it, in the order of the octets."""
        left = [self]
        while left:
            part = left.pop()
            yield part
            left += reversed(part.children)


def first_fields(fields: Iterable[RawField]) -> dict[str, RawField]:
    """The first field of each name, by the name in lower case."""
    return {field.lower: field for field in reversed(tuple(fields))}


def parse(octets: bytes) -> Part:
    """Read a message. Never raises, whatever the octets.

    Where no line feed stands, carriage returns are taken for line ends.
    """
    lines = octets if b"\n" in octets else octets.replace(b"\r", b"\n")
    return _Parser(lines).part(Span(0, len(lines)), _Around("text/plain"))


class _Around(NamedTuple):
    """What a part's surroundings make of it."""

    default: str
    depth: int = 0
    section: str = ""
    place: Place = "message"
    signed: bool = False
    cut: bool = False


class _Parser:
    """The octets, the search for delimiters in them, and how many parts there may still be."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.search = DelimiterSearch(octets)
        self.left = MAX_PARTS

    def part(self, span: Span, around: _Around) -> Part:
        self.left -= 1
        header = self.header(span, around)
        defects = list(header.defects)
        named = first_fields(header.fields)
        media_type, parameters = read_type(_latin(named, "content-type"))
        media_type = media_type or around.default
        encoding = read_token(_value(named, "content-transfer-encoding")) or "7bit"
        around = around._replace(signed=True) if "dkim-signature" in named else around
        if encoding not in _ENCODINGS:
            where = named["content-transfer-encoding"].body
            defects.append(Defect("unknown-encoding", f"unknown transfer encoding {encoding[:40]!r}", where))
        disposition, told = read_disposition(_latin(named, "content-disposition"))
        body = Span(header.body, span.end)
        here = _Container(body, media_type, parameters.get("boundary", ""), encoding, around)
        delimiters, children, alone = self.children(here, named.get("content-type"), defects)
        return Part(
            self.octets,
            header.span,
            body,
            header.fields,
            media_type,
            parameters,
            encoding,
            disposition,
            told.get("filename") or parameters.get("name", ""),
            around.section,
            around.place,
            around.signed,
            around.cut,
            tuple(delimiters),
            tuple(children),
            tuple(defects),
            alone,
        )

    def header(self, span: Span, around: _Around) -> Header:
        """The header of an entity; that of a part may stand behind an empty line, or be cut by one."""
        header = read_header(self.octets, span, around.place)
        is_part = around.section and around.default == "text/plain" and around.place != "message"
        if not is_part or header.body == span.start:
            return header
        if header.fields:
            return self.rejoined(header, span, around) if not header.defects else header
        if not _CONTENT_TYPE.match(self.octets, header.body, span.end):
            return header
        early = Defect("early-separator", "an empty line stands before the header", Span(span.start, header.body))
        real = read_header(self.octets, Span(header.body, span.end), around.place)
        return real._replace(span=Span(span.start, real.span.end), defects=(early, *real.defects))

    def rejoined(self, header: Header, span: Span, around: _Around) -> Header:
        """A part's header with the fields that an empty line in the midst of it cuts off."""
        if not _LATE_FIELD.match(self.octets, header.body, span.end):
            return header
        late = read_header(self.octets, Span(header.body, span.end), around.place)
        names = [field.lower for field in late.fields]
        told = {field.lower for field in header.fields}
        if late.defects or not told.isdisjoint(names) or not all(name.startswith("content-") for name in names):
            return header
        cut = Defect("early-separator", "an empty line cuts the header in two", Span(header.span.end, header.body))
        fields = (*header.fields, *late.fields)
        return late._replace(span=Span(header.span.start, late.span.end), fields=fields, defects=(cut,))

    def children(
        self, here: _Container, field: RawField | None, defects: list[Defect]
    ) -> tuple[list[Span], list[Part], bool]:
        composite = here.media_type.startswith("multipart/")
        if not composite and here.media_type not in _ATTACHED:
            return [], [], False
        start = Span(here.body.start, here.body.start)
        where = field.span if field else start
        encoded = here.encoding in ("base64", "quoted-printable")
        if encoded and here.media_type != "message/global":  # RFC 6532 §3.7 lets it be encoded
            problem = f"{here.media_type} has the transfer encoding {here.encoding}"
            defects.append(Defect("encoded-composite", problem, where))
        if encoded and not (composite and here.boundary and self.stands_open(here)):
            return [], [], False
        if here.around.depth >= MAX_DEPTH or self.left <= 0:
            defects.append(Defect("too-deep", "nested too deep, or too many parts", start))
            return [], [], False
        if composite:
            delimiters, spans, closed, alone = self.split(here, where, defects)
            return delimiters, self.parts(here, spans, closed, defects), alone
        section = f"{here.around.section}.1" if here.around.section else "1"
        around = here.around._replace(default="text/plain", section=section, place="embedded")
        return [], [self.part(here.body, around._replace(depth=around.depth + 1))], False

    def stands_open(self, here: _Container) -> bool:
        """Whether a multipart that is declared encoded is not: its parts stand there as they are."""
        if not self.search.find(here.body, here.boundary, 2).lines:
            return False
        return here.encoding == "base64" or not _QUOTED_PARAMETER.search(self.octets, here.body.start, here.body.end)

    def parts(self, here: _Container, spans: list[Span], closed: bool, defects: list[Defect]) -> list[Part]:
        around = here.around
        default = "message/rfc822" if here.media_type == "multipart/digest" else "text/plain"
        place: Place = "part" if around.place == "message" else around.place
        signed = around.signed or here.media_type == "multipart/signed"
        parts = []
        for number, span in enumerate(spans, 1):
            if self.left <= 0:
                defects.append(Defect("too-deep", "too many parts", Span(span.start, span.start)))
                break
            section = f"{around.section}.{number}" if around.section else str(number)
            cut = number == len(spans) and (not closed or (around.cut and here.body.end == span.end))
            parts.append(self.part(span, _Around(default, around.depth + 1, section, place, signed, cut)))
        return parts

    def split(self, here: _Container, where: Span, defects: list[Defect]) -> tuple[list[Span], list[Span], bool, bool]:
        """The delimiter lines of a multipart, the spans between them, whether the last line closes, and ``alone``."""
        body = here.body
        if not here.boundary.strip():
            defects.append(Defect("no-boundary", "multipart without a boundary", where))
            return [], [], True, False
        lines, closed, damage, alone = self.search.find(body, here.boundary, max(self.left, 0) + 2, here.around.cut)
        if not lines:
            defects.append(Defect("boundary-not-found", "the boundary is never found", where))
            return [], [], True, False
        defects += damage
        if not closed:
            defects.append(Defect("not-closed", "no closing delimiter", Span(body.end, body.end)))
        ends = [self.before_line_end(line.start) for line in lines[1:]] + [body.end]
        starts = [line.end for line in (lines[:-1] if closed else lines)]
        spans = [Span(start, max(start, end)) for start, end in zip(starts, ends, strict=False)]
        if not spans:
            defects.append(Defect("no-parts", "multipart without parts", where))
        return lines, spans, closed, alone

    def before_line_end(self, at: int) -> int:
        """The offset before the line end that stands before ``at``, which belongs to the delimiter."""
        if self.octets[at - 1 : at] != b"\n":
            return at
        return at - 2 if self.octets[at - 2 : at - 1] == b"\r" else at - 1


class _Container(NamedTuple):
    """What the search for a part's children needs to know of it."""

    body: Span
    media_type: str
    boundary: str
    encoding: str
    around: _Around


def _value(named: dict[str, RawField], lower: str) -> str:
    return named[lower].value if lower in named else ""


def _latin(named: dict[str, RawField], lower: str) -> str:
    return named[lower].latin if lower in named else ""
