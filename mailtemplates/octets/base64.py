"""Base64 as it stands (RFC 2045 §6.8)."""

from __future__ import annotations

import string
from typing import NamedTuple

from mailtemplates.octets.mime import Part
from mailtemplates.octets.once import once_each
from mailtemplates.pattern import pattern

_ALPHABET = (string.ascii_letters + string.digits + "+/").encode()
_WHITE = b" \t\r\n"
_ALLOWED = _ALPHABET + _WHITE + b"="
_FOREIGN = pattern(rb"[^A-Za-z0-9+/= \t\r\n]+")
_END = pattern(rb"=[= \t\r\n]*")


class Base64Fault(NamedTuple):
    """What is wrong, with the place in the body."""

    problem: str
    start: int
    end: int


@once_each
def part_fault(part: Part) -> Base64Fault | None:
    """The first thing that is wrong with a part's body, which is base64."""
    return find_fault(part.content)


def find_fault(body: bytes) -> Base64Fault | None:
    """The first thing that is wrong with a body in base64; white space may stand anywhere in it."""
    foreign = body.translate(None, _ALLOWED)
    if foreign:
        return _foreign(body, len(foreign))
    padding = _END.search(body)
    if padding and padding.end() < len(body):
        rest = body[padding.end() :].translate(None, _WHITE)
        return Base64Fault(f"{len(rest)} characters stand after the padding", padding.end(), len(body.rstrip(_WHITE)))
    letters = body.translate(None, _WHITE + b"=")
    pads = body.count(b"=") if padding else 0
    return None if not letters and not pads else _length(body, len(letters), pads)


def _foreign(body: bytes, count: int) -> Base64Fault | None:
    match = _FOREIGN.search(body)
    if match is None:
        return None
    start, end = match.span()
    words = "a character" if count == 1 else f"{count} characters"
    return Base64Fault(f"{words} outside the base64 alphabet", start, end)


def _length(body: bytes, letters: int, pads: int) -> Base64Fault | None:
    missing = -letters % 4
    if letters % 4 != 1 and pads == missing:
        return None
    end = len(body.rstrip(_WHITE))
    start = max(0, end - max(1, pads))
    if letters % 4 == 1:
        problem = f"{letters} characters of base64 stand for no whole octets: one is too many, or some are lost"
    elif pads < missing:
        problem = f"the base64 lacks {missing - pads} of its padding"
    else:
        problem = f"the base64 has {pads} padding characters, not {missing}"
    return Base64Fault(problem, start, end)
