"""Parts of a message put in another multipart, as edits (RFC 2046 §5.1).

Only fields and delimiters are written; the parts keep their octets.
"""

from __future__ import annotations

from hashlib import sha256

from mailtemplates.finding import Edit
from mailtemplates.message.transfer import encode_text
from mailtemplates.octets.body import newline
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.span import Span

_SEED = 100_000


def fresh_boundary(part: Part) -> bytes:
    """A boundary that stands nowhere in the message; the same for the same octets and place."""
    boundary = b"=_"
    seed = b"%d %b" % (part.header.start, entity_octets(part)[:_SEED])
    while boundary in part.octets or len(boundary) < 10:
        seed = sha256(seed).digest()
        boundary = b"=_" + seed.hex()[:24].encode("ascii")
    return boundary


def multipart_fields(subtype: str, boundary: bytes, *parts: Part) -> bytes:
    """The fields of a new multipart of these parts, with the message's line ends."""
    end = newline(parts[0].octets)
    lines = b'Content-Type: multipart/%b; boundary="%b"%b' % (subtype.encode("ascii"), boundary, end)
    needs = [encoding for encoding in ("binary", "8bit") if any(part_needs(part, encoding) for part in parts)]
    return lines + (b"Content-Transfer-Encoding: %b%b" % (needs[0].encode("ascii"), end) if needs else b"")


def part_needs(part: Part, encoding: str) -> bool:
    """Whether a part, or one in it, has that transfer encoding."""
    return any(one.encoding == encoding for one in part.walk())


def delimiter(boundary: bytes, part: Part) -> bytes:
    """A delimiter line."""
    return b"--" + boundary + newline(part.octets)


def text_entity(text: str, part: Part) -> bytes:
    """A text/plain entity in UTF-8, without a line end at its end.

    :raises UnicodeEncodeError: for a lone surrogate.
    """
    encoding, body = encode_text(text)
    head = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode("ascii")
    return (head + body.removesuffix(b"\r\n")).replace(b"\r\n", newline(part.octets))


def entity_octets(part: Part) -> bytes:
    """A part as it stands, header and body."""
    return part.octets[part.header.start : part.body.end]


def is_top(part: Part) -> bool:
    """Whether a part is the message itself, whose other fields stay where they are."""
    return part.place == "message" and not part.section


def content_fields(part: Part) -> list[RawField]:
    """The fields that go with the content when it moves."""
    return [field for field in part.fields if field.lower.startswith("content-")]


def wrap(
    part: Part, subtype: str, before: bytes = b"", after: bytes = b"", holding: tuple[Part, ...] = ()
) -> list[Edit]:
    """Edits that put a part in a new multipart, between other entities.

    :param before: an entity that comes first; none when empty.
    :param after: one that comes last.
    :param holding: parts whose octets are in these.
    """
    boundary = fresh_boundary(part)
    end = newline(part.octets)
    line = delimiter(boundary, part)
    first = line + before + end + line if before else line
    head = multipart_fields(subtype, boundary, part, *holding)
    last = end + line + after if after else b""
    closing = last + end + b"--" + boundary + b"--"
    if not is_top(part):
        return [
            Edit(Span(part.header.start, part.header.start), head + end + first),
            Edit(Span(part.body.end, part.body.end), closing),
        ]
    fields = content_fields(part)
    moved = b"".join(part.octets[field.span.start : field.span.end] for field in fields)
    at = fields[0].span if fields else Span(part.header.end, part.header.end)
    edits = [Edit(at, head), *(Edit(field.span, b"") for field in fields[1:])]
    body_end = part.body.end
    if part.octets[body_end - len(end) : body_end] == end and body_end - len(end) >= part.body.start:
        body_end -= len(end)
    start = Span(part.body.start, part.body.start)
    return [*edits, Edit(start, first + moved + end), Edit(Span(body_end, body_end), closing)]


def unwrap(part: Part) -> list[Edit] | None:
    """Edits that put a multipart's only part in its place; None where fields of both would have to be joined."""
    child = part.children[0]
    own = content_fields(part)
    if any(field.lower not in ("content-type", "content-transfer-encoding") for field in own):
        return None
    moved = b"".join(part.octets[field.span.start : field.span.end] for field in content_fields(child))
    ends = newline(part.octets)
    tail = ends if is_top(part) and part.octets.endswith(b"\n") else b""
    edits = [Edit(own[0].span, moved), *(Edit(field.span, b"") for field in own[1:])]
    return [
        *edits,
        Edit(Span(part.body.start, child.body.start), b""),
        Edit(Span(child.body.end, part.body.end), tail),
    ]


def reorder(parts: list[Part], order: list[Part]) -> list[Edit]:
    """Edits that put parts of one multipart in another order."""
    return [
        Edit(Span(old.header.start, old.body.end), entity_octets(new))
        for old, new in zip(parts, order, strict=True)
        if old is not new
    ]


def removal(parent: Part, number: int) -> Edit | None:
    """The edit that takes a part out of its multipart, with the delimiter before it; None where that is not plain."""
    if len(parent.delimiters) <= number + 1:
        return None
    return Edit(Span(parent.delimiters[number].start, parent.delimiters[number + 1].start), b"")
