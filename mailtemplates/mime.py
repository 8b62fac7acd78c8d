"""Octets as a tree of parts with offsets (RFC 5322 §2, RFC 2045, RFC 2046).

Floor 1. :func:`parse` takes any octets and never raises: what is wrong with them is a :class:`Defect`, a value with a
place. It reads CRLF and LF, keeps every field as it stands, and takes time linear in the octets: the nesting that it
follows is bounded. Nothing is decoded but what the tree needs to be seen.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from mailtemplates.pattern import pattern
from mailtemplates.rawfield import Defect, RawField, Span, first_value, read_disposition, read_header, read_type

__all__ = ["Defect", "Part", "RawField", "Span", "outline", "parse"]

#: The deepest nesting that is followed; what is deeper is a leaf with a defect.
MAX_DEPTH = 32
#: The most parts of a message that are told apart.
MAX_PARTS = 10_000

_DASHES = pattern(rb"^--", re.MULTILINE)
_ENCODINGS = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64"))


@dataclass(frozen=True, slots=True)
class Part:
    """One entity of a message.

    :param octets: the whole message, the same object for every part of it.
    :param header: the fields, without the empty line.
    :param body: the body, without the line end that belongs to the next delimiter.
    :param fields: the header's fields in order.
    :param media_type: ``type/subtype`` in lower case; ``text/plain`` where none is given (RFC 2045 §5.2).
    :param parameters: of Content-Type, by lower-case name, RFC 2231 decoded.
    :param encoding: the transfer encoding in lower case; ``7bit`` where none is given.
    :param disposition: of Content-Disposition in lower case, or empty.
    :param filename: of Content-Disposition, or ``name`` of Content-Type, or empty.
    :param delimiters: the lines of the boundary, the closing one too.
    :param children: the parts of a multipart, or the message in a message/rfc822.
    :param defects: of this part alone, not of its children.
    """

    octets: bytes
    header: Span
    body: Span
    fields: tuple[RawField, ...]
    media_type: str
    parameters: dict[str, str]
    encoding: str
    disposition: str
    filename: str
    delimiters: tuple[Span, ...] = ()
    children: tuple[Part, ...] = ()
    defects: tuple[Defect, ...] = ()

    def field(self, name: str) -> str:
        """The value of the first field of that name in any case, unfolded; empty when there is none."""
        lower = name.lower()
        return next((field.value for field in self.fields if field.name.lower() == lower), "")

    @property
    def content(self) -> bytes:
        """The body's octets, still encoded."""
        return self.octets[self.body.start : self.body.end]

    @property
    def size(self) -> int:
        """Octets of header, empty line and body."""
        return self.body.end - self.header.start


def parse(octets: bytes) -> Part:
    """Read a message. Never raises, whatever the octets."""
    dashes = [match.start() for match in _DASHES.finditer(octets)]
    return _Parser(octets, dashes).part(Span(0, len(octets)), 0, "text/plain")


class _Parser:
    """The octets, the lines of them that begin with two dashes, and how many parts there may still be."""

    def __init__(self, octets: bytes, dashes: list[int]) -> None:
        self.octets = octets
        self.dashes = dashes
        self.left = MAX_PARTS

    def part(self, span: Span, depth: int, default: str) -> Part:
        self.left -= 1
        fields, header, start, defects = read_header(self.octets, span)
        body = Span(start, span.end)
        media_type, parameters = read_type(first_value(fields, "content-type"))
        media_type = media_type or default
        encoding = first_value(fields, "content-transfer-encoding").strip().lower() or "7bit"
        if encoding not in _ENCODINGS:
            defects.append(Defect(f"unknown transfer encoding {encoding[:40]!r}", header.start))
        disposition, named = read_disposition(first_value(fields, "content-disposition"))
        delimiters, children = self.children(body, media_type, parameters, encoding, depth, defects)
        return Part(
            self.octets,
            header,
            body,
            tuple(fields),
            media_type,
            parameters,
            encoding,
            disposition,
            named.get("filename") or parameters.get("name", ""),
            tuple(delimiters),
            tuple(children),
            tuple(defects),
        )

    def children(
        self, body: Span, media_type: str, parameters: dict[str, str], encoding: str, depth: int, defects: list[Defect]
    ) -> tuple[list[Span], list[Part]]:
        composite = media_type.startswith("multipart/")
        if not composite and media_type not in ("message/rfc822", "message/global"):
            return [], []
        if encoding in ("base64", "quoted-printable"):
            defects.append(Defect(f"{media_type} has the transfer encoding {encoding}", body.start))
            return [], []
        if depth >= MAX_DEPTH or self.left <= 0:
            defects.append(Defect("nested too deep, or too many parts", body.start))
            return [], []
        if not composite:
            return [], [self.part(body, depth + 1, "text/plain")]
        delimiters, spans = self.split(body, parameters.get("boundary", ""), defects)
        default = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        parts = []
        for span in spans:
            if self.left <= 0:
                defects.append(Defect("too many parts", span.start))
                break
            parts.append(self.part(span, depth + 1, default))
        return delimiters, parts

    def split(self, body: Span, boundary: str, defects: list[Defect]) -> tuple[list[Span], list[Span]]:
        """The delimiter lines of a multipart and the spans between them (RFC 2046 §5.1.1)."""
        if not boundary:
            defects.append(Defect("multipart without a boundary", body.start))
            return [], []
        delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
        lines, closed = self.delimiters(body, delimiter)
        if not lines:
            defects.append(Defect("the boundary is never found", body.start))
        elif not closed:
            defects.append(Defect("no closing delimiter", body.end))
        ends = [self.before_line_end(line.start) for line in lines[1:]] + [body.end]
        starts = [line.end for line in (lines[:-1] if closed else lines)]
        spans = [Span(start, max(start, end)) for start, end in zip(starts, ends, strict=False)]
        if not spans:
            defects.append(Defect("multipart without parts", body.start))
        return lines, spans

    def delimiters(self, body: Span, delimiter: bytes) -> tuple[list[Span], bool]:
        """The lines of a boundary up to the closing one, and whether there is one."""
        lines: list[Span] = []
        closing = delimiter + b"--"
        for at in range(bisect_left(self.dashes, body.start), bisect_left(self.dashes, body.end)):
            start = self.dashes[at]
            if not self.octets.startswith(delimiter, start):
                continue
            end = self.octets.find(b"\n", start, body.end) + 1 or body.end
            closes = self.octets[start : start + len(closing)] == closing
            rest = self.octets[start + len(closing if closes else delimiter) : end]
            if rest.strip(b" \t\r\n"):
                continue
            lines.append(Span(start, end))
            if closes:
                return lines, True
        return lines, False

    def before_line_end(self, at: int) -> int:
        """The offset before the line end that stands before ``at``, which belongs to the delimiter."""
        if self.octets[at - 1 : at] != b"\n":
            return at
        return at - 2 if self.octets[at - 2 : at - 1] == b"\r" else at - 1


def outline(root: Part, *, width: int = 80) -> list[str]:
    """The tree drawn as lines of at most ``width`` columns: type, encoding, charset, file name, octets.

    A part's octets are its header and body as they are sent. Defects stand under the part they belong to.
    """
    rows = list(_rows(root, "", ""))
    label = min(max(len(head) for head, _, _ in rows), width // 2)
    sizes = max(len(size) for _, _, size in rows)
    lines = []
    for head, detail, size in rows:
        if not size:
            lines.append(_cut(f"{head}{detail}", width))
            continue
        room = width - label - sizes - 4
        left = _pad(head, label) if _columns(head) <= label else head
        middle = _pad(_cut(detail, room), room - max(0, _columns(left) - label))
        lines.append(f"{left}  {middle}  {size:>{sizes}}"[: width + 40])
    return lines


def _rows(part: Part, first: str, rest: str) -> Iterator[tuple[str, str, str]]:
    """Label, details and size of a part and what is in it; ``first`` and ``rest`` draw the branches."""
    yield first + part.media_type, _details(part), f"{part.size:,} {_human(part.size):>9}"
    for defect in part.defects:
        yield f"{rest}! ", f"{defect.problem} (octet {defect.offset})", ""
    for index, child in enumerate(part.children, 1):
        last = index == len(part.children)
        yield from _rows(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _details(part: Part) -> str:
    if part.media_type.startswith("multipart/"):
        return ""
    charset = part.parameters.get("charset", "").lower()
    words = (part.encoding, charset, "inline" if part.disposition == "inline" else "", part.filename)
    return "".join(char if char.isprintable() else "?" for char in " ".join(word for word in words if word))


def _human(octets: int) -> str:
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if octets >= scale:
            return f"{octets / scale:.1f} {unit}"
    return f"{octets} B"


def _columns(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))


def _cut(text: str, columns: int) -> str:
    """``text`` cut to so many columns, with an ellipsis where it was cut."""
    if _columns(text) <= columns:
        return text
    text = text[:columns]
    while text and _columns(text) > columns - 1:
        text = text[:-1]
    return text + "…"
