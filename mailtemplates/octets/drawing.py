"""A message's tree drawn for a person: a line a part, with sizes, charsets and encodings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mailtemplates.octets.mime import Part

_LONG = 500


def outline(root: Part, *, width: int = 80) -> list[str]:
    """The tree drawn as lines of at most ``width`` columns: type, encoding, charset, file name, octets.

    A part's octets are its header and body as they are sent. Defects stand under the part they belong to.
    """
    rows = list(_rows(root, "", ""))
    label = min(max(len(head) for head, _, size in rows if size), width // 2)
    sizes = max(len(size) for _, _, size in rows)
    lines = []
    for head, detail, size in rows:
        if not size:
            lines.append(_cut(f"{head}{detail}", width))
            continue
        room = width - label - sizes - 4
        left = _pad(head if len(head) <= label else f"…{head[1 - label :]}", label)
        lines.append(f"{left}  {_pad(_cut(detail, room), room)}  {size:>{sizes}}")
    return lines


def _rows(part: Part, first: str, rest: str) -> Iterator[tuple[str, str, str]]:
    """Label, details and size of a part and what is in it; ``first`` and ``rest`` draw the branches."""
    yield first + part.media_type, _details(part), f"{part.size:,} {_human(part.size):>9}"
    for defect in part.defects:
        yield f"{rest}! ", f"{defect.problem} (octet {defect.span.start})", ""
    for index, child in enumerate(part.children, 1):
        last = index == len(part.children)
        yield from _rows(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def _details(part: Part) -> str:
    if part.media_type.startswith("multipart/"):
        return ""
    charset = part.parameters.get("charset", "").lower()
    shown = "inline" if part.disposition == "inline" else ""
    words = (part.encoding[:_LONG], charset[:_LONG], shown, part.filename[:_LONG])
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
