"""Octets as lines: which line and column an octet stands on, and how a report shows it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from mailtemplates.octets.notation import show
from mailtemplates.span import Span

_LONG_LINE = 10_000
_FEW = 16  # questions until it pays to know where every line begins
_BEFORE, _AFTER = 60, 120


class Place(NamedTuple):
    """A stretch of octets as lines and columns from 1, and the line it begins on with what of it is marked."""

    line: int
    column: int
    end_line: int
    end_column: int
    source: str
    mark: tuple[int, int]


class Lines:
    """The lines of some octets; only LF ends a line, as in editors."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._asked = 0

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.octets.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.octets.find(b"\n", at + 1)
        return starts

    def start(self, number: int) -> int:
        """The octet at which a line begins, from 1; the end of the octets where there is no such line."""
        return self._starts[number - 1] if number <= len(self._starts) else len(self.octets)

    def line_at(self, offset: int) -> tuple[int, Span]:
        """The number, from 1, of the line that an octet stands on, and the line without its line end."""
        self._asked += 1
        if self._asked > _FEW:
            number = bisect_right(self._starts, offset)
            start = self._starts[number - 1]
        else:
            number = self.octets.count(b"\n", 0, offset) + 1
            start = self.octets.rfind(b"\n", 0, offset) + 1
        end = self.octets.find(b"\n", start)
        end = len(self.octets) if end < 0 else end - (self.octets[end - 1 : end] == b"\r" and end > start)
        return number, Span(start, max(end, start))

    def locate(self, offset: int) -> tuple[int, int]:
        """Line and column of an octet; the column in characters of UTF-8, far inside a long line in octets."""
        number, line = self.line_at(offset)
        return number, self._column(line, offset)

    def _column(self, line: Span, offset: int) -> int:
        if offset - line.start > _LONG_LINE:
            return offset - line.start + 1
        return len(self.octets[line.start : offset].decode("utf-8", "replace")) + 1

    def place(self, span: Span) -> Place:
        """Where a stretch is, and its first line, cut round it, in notation."""
        start, end = span
        number, line = self.line_at(start)
        stop = max(start, min(max(end, start + 1), line.end))
        if start == line.end < end:
            stop = min(end, start + 2)
        left, right = max(line.start, start - _BEFORE), min(line.end, stop + _AFTER)
        before = show(self.octets[self._whole(left, start, 1) : start] + b".")[:-1]
        marked = show(self.octets[start:stop] + b".")[:-1]
        rest = show(self.octets[stop : self._whole(right, stop, -1)])
        last = max(end, start)
        end_line, end_column = (number, self._column(line, last)) if last <= line.end else self.locate(last)
        shown = before + marked + rest
        return Place(number, self._column(line, start), end_line, end_column, shown, (len(before), max(1, len(marked))))

    def _whole(self, at: int, limit: int, step: int) -> int:
        """The next place on the way to ``limit`` that is not amid a character of UTF-8, three octets away at most."""
        for place in range(at, limit, step):
            if abs(place - at) > 3 or not b"\x80" <= self.octets[place : place + 1] < b"\xc0":
                return place
        return limit if abs(limit - at) <= 3 else at
