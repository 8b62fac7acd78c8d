"""Where decoded octets of a body stand in the message (RFC 2045 §6.7, §6.8).

As in :mod:`mailtemplates.octets.decoding`, whose rules of what is passed over are these.
"""

from __future__ import annotations

import re

from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_QUOTED = pattern(rb"=[0-9A-Fa-f]{2}|=[ \t]*(?:\r\n?|\n)|(?<![ \t])[ \t]+(?=\r?\n|\Z)|==")
_BASE64 = pattern(rb"[A-Za-z0-9+/]+")


def locate(part: Part, start: int, end: int) -> Span:
    """The octets of the message that stand for the decoded octets from ``start`` up to ``end`` of a leaf.

    For base64 the characters that hold a bit of them, on the first of their lines.
    """
    if part.encoding == "quoted-printable":
        first, last = _in_quoted(part.content, start), _in_quoted(part.content, max(start, end - 1))
        return Span(part.body.start + first[0], part.body.start + (last[1] if end > start else first[0]))
    if part.encoding == "base64":
        return _in_base64(part, start, end)
    return Span(part.body.start + start, part.body.start + end)


def _in_quoted(content: bytes, offset: int) -> tuple[int, int]:
    """Where the decoded octet at an offset begins and ends in quoted-printable."""
    decoded = at = 0
    for match in _QUOTED.finditer(content):
        plain = match.start() - at
        if decoded + plain > offset:
            break
        decoded += plain
        at = match.end()
        size = _stands_for(match)
        if size and decoded == offset:
            return match.span()
        decoded += size
    at = min(at + offset - decoded, len(content))
    return at, min(at + 1, len(content))


def _stands_for(match: re.Match[bytes]) -> int:
    """How many octets a match in quoted-printable stands for."""
    text = match[0]
    return 1 if text == b"==" or (text[0] == 0x3D and text[1:2] not in (b" ", b"\t", b"\r", b"\n")) else 0


def _in_base64(part: Part, start: int, end: int) -> Span:
    first, last = start * 8 // 6, max(start * 8 // 6 + 1, (end * 8 + 5) // 6)
    seen = 0
    content = part.content
    for run in _BASE64.finditer(content):
        size = run.end() - run.start()
        if seen + size > first:
            begin = part.body.start + run.start() - seen
            return Span(begin + first, begin + min(last, seen + size))
        seen += size
    return Span(part.body.end, part.body.end)
