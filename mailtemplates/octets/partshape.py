"""What a part stands for among its siblings, and whether that can be told (RFC 2046 §5.1, RFC 2387)."""

from __future__ import annotations

from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once_each
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.span import Span

#: Defects after which nobody knows which parts there are.
_BROKEN = frozenset(("no-boundary", "boundary-not-found", "not-closed", "no-parts", "too-deep"))
_HEADLESS = frozenset(("no-separator", "stray-line"))


@once_each
def is_sound(part: Part) -> bool:
    """Whether a multipart's parts, and what each is, are certain."""
    return (
        bool(part.children)
        and not (part.defects and any(one.kind in _BROKEN for one in part.defects))
        and all(map(_is_known, part.children))
    )


def has_whole_header(part: Part) -> bool:
    """Whether no line of a part's header is lost, and it is known where it ends."""
    return not part.defects or not any(one.kind in _HEADLESS for one in part.defects)


@once_each
def _is_known(part: Part) -> bool:
    """Whether it is certain what a part is: its header is whole, its type readable, its own parts are found."""
    if not has_whole_header(part):
        return False
    field = part.first("Content-Type")
    if field is not None and not read_parametric(field.latin, "type").token:
        return False
    return not part.is_multipart or (
        bool(part.children) and not any(one.kind in _BROKEN and one.kind != "not-closed" for one in part.defects)
    )


def identifier(text: str) -> str:
    """A Content-ID, or a reference to one, without brackets and white space at its ends."""
    return text.strip(" \t\r\n<>")


def related_root(part: Part) -> Part:
    """The root of a multipart/related that has parts: what ``start`` names, else the first (RFC 2387 §3.2)."""
    start = identifier(part.parameters.get("start", ""))
    named = (child for child in part.children if start and identifier(child.field("Content-ID")) == start)
    return next(named, part.children[0])


def shown_type(part: Part) -> str:
    """The media type that a part stands for: that of its root for a multipart/related, of its content for a signed."""
    for _ in range(10):
        if not part.children or part.media_type not in ("multipart/related", "multipart/signed"):
            break
        part = related_root(part) if part.media_type == "multipart/related" else part.children[0]
    return part.media_type


def is_body(part: Part) -> bool:
    """Whether a part is text that a reader is shown, or stands for such text; no attachment, no named file."""
    if not shown_type(part).startswith("text/") or part.disposition == "attachment":
        return False
    return part.is_multipart or not part.filename


def holders(root: Part) -> dict[int, Part]:
    """The multipart, or attached message, that each part below a part stands in, by the part's ``id``."""
    return {id(child): part for part in root.walk() for child in part.children}


def type_span(part: Part) -> Span:
    """Where a part's media type is written; where its header begins when it has none."""
    field = part.first("Content-Type")
    if field is None:
        return Span(part.header.start, part.header.start)
    read = read_parametric(field.latin, "type")
    return field.at(read.start, read.end)
