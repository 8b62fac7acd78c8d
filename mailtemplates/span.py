"""A stretch of octets."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Octets from ``start`` up to ``end``, counted from the message's first octet."""

    start: int
    end: int
