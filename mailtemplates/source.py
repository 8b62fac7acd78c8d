"""Where something stands: a source text, and a place in it.

Nothing here knows about templates, html or mail; a :class:`Source` is a name and its text, a
:class:`Location` is a line and a column of it, and :func:`snippet` draws the place for a person.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple


class Location(NamedTuple):
    """A place in a named text. ``line`` and ``column`` count from 1, in characters; 0 means "not known"."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.path, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)


class Source:
    """A text with a name. ``path`` is what a person is shown: a file path, or a name such as ``<string>``.

    No dataclass, which would be the one that every start of ``mailtpl`` makes (1 ms of 50).
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        """Offset of each line's first character; only ``\\n`` ends a line, as in Jinja and in editors."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def locate(self, offset: int) -> Location:
        """The place of a character offset (0-based) in this text."""
        line = bisect_right(self._starts, offset)
        return Location(self.path, line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Line ``number`` (from 1) without its line end; empty when the text has no such line."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def snippet(text_line: str, location: Location, *, width: int = 76, length: int = 1) -> str:
    """Draw one source line with a caret under the column, cut to ``width`` characters around the place.

    ``text_line`` is the line's text; ``length`` is how many characters the caret marks. Tabs become one space
    so that the caret stands where it points. An empty string when there is nothing to draw.
    """
    if not location.line or not text_line.strip():
        return ""
    gutter = f"{location.line} | "
    room = max(20, width - len(gutter))
    column = max(location.column, 1) - 1
    line = "".join(char if char.isprintable() else " " for char in text_line)
    if not line.isascii():
        start, line = _cut_wide(line, column, room)
    else:
        start = max(0, min(column - room // 2, len(line) - room))
        line = line[start : start + room]
    if not location.column:
        return gutter + line.rstrip()
    before = _cells(line[: column - start])
    marks = "^" * max(1, min(_cells(line[column - start : column - start + length]), room - before))
    return f"{gutter}{line.rstrip()}\n{' ' * (len(gutter) - 2)}| {' ' * before}{marks}"


def _cut_wide(line: str, column: int, room: int) -> tuple[int, str]:
    """The part of a line around a column that fits into some cells, and where it begins."""
    start = min(column, len(line))
    while start > 0 and _cells(line[start - 1 : column]) <= room // 2:
        start -= 1
    end = start
    cells = 0
    while end < len(line) and cells + _cells(line[end]) <= room:
        cells += _cells(line[end])
        end += 1
    return start, line[start:end]


def _cells(text: str) -> int:
    """The cells of a terminal that a text takes: East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shown(path: Path) -> str:
    """A path as a person is shown it: relative, with forward slashes, when it lies below the working folder."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None when nothing is close. For "did you mean" in error texts."""
    import difflib

    matches = difflib.get_close_matches(name, [word for word in known if word != name], n=1, cutoff=0.6)
    return matches[0] if matches else None


def nearest_path(name: str, known: Iterable[str]) -> str | None:
    """The known path most like ``name``: of those with its suffix, else the same path with another suffix."""
    stem, _, suffix = name.rpartition(".")
    others = [path for path in known if path != name]
    if not stem:
        return nearest(name, others)
    alike = {path.rpartition(".")[0]: path for path in others if path.rpartition(".")[2] == suffix}
    found = nearest(stem, alike)
    return alike[found] if found else next((path for path in others if path.rpartition(".")[0] == stem), None)
