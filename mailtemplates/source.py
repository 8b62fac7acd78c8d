"""Where something stands: a source text, and a place in it.

Nothing here knows about templates, html or mail; a :class:`Source` is a name and its text, a
:class:`Location` is a line and a column of it, and :func:`snippet` draws the place for a person.
"""

from __future__ import annotations

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
    start = max(0, min(column - room // 2, len(text_line) - room))
    shown = "".join(char if char.isprintable() else " " for char in text_line[start : start + room])
    if not location.column:
        return gutter + shown.rstrip()
    marks = "^" * max(1, min(length, room - (column - start)))
    return f"{gutter}{shown.rstrip()}\n{' ' * (len(gutter) - 2)}| {' ' * (column - start)}{marks}"


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
