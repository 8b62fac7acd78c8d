"""A table's cells as lines of text in columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtemplates.pattern import pattern
from mailtemplates.text.wrapping import display_width, wrap

_GUTTER = 2
_AMOUNT = pattern(r"(?:[A-Z]{1,3}|[^\w\s]{1,2})?[ \xa0]?[-−]?\d[\d.,'’ \xa0]*(?:%|[^\w\s]|[A-Za-z]{1,3})?")
_NARROWEST = 8
_LONGEST_AMOUNT = 24


class Cell(NamedTuple):
    """One cell: its text (line feeds break lines), whether it is a header, its spans, and whether it is set right."""

    text: str
    header: bool = False
    columns: int = 1
    rows: int = 1
    right: bool = False


_Placed = tuple[int, int, Cell]
"""A cell with the column it starts in and the width of its widest line."""


def aligned(rows: Sequence[Sequence[Cell]], width: int) -> list[str] | None:
    """The rows as lines with aligned columns, or None when ``width`` cells don't do.

    A first row of headers is underlined. Cells of a table with headers are wrapped when that makes it fit.
    """
    placed = _place(rows) if any(cell.rows > 1 for row in rows for cell in row) else _placed_in_turn(rows)
    natural, right = _measured(placed)
    headed = bool(rows) and all(cell.header for cell in rows[0])
    limits = natural
    if _total(natural) > width:
        found = _limits(placed, natural, width) if headed else None
        if found is None:
            return None
        limits = found
    starts = _starts(limits)
    lines: list[str] = []
    for row in placed:
        lines += _lines(row, starts, limits, right)
        if headed and row is placed[0]:
            lines.append((" " * _GUTTER).join(["-" * limit for limit in limits if limit]))
    return lines


def _place(rows: Sequence[Sequence[Cell]]) -> list[list[_Placed]]:
    """Each cell in its column, row and column spans counted."""
    placed = []
    busy: dict[int, int] = {}
    for row in rows:
        column = 0
        places = []
        for cell in row:
            while column in busy:
                column += 1
            places.append((column, _widest(cell.text), cell))
            if cell.rows > 1:
                busy.update(dict.fromkeys(range(column, column + cell.columns), cell.rows))
            column += cell.columns
        placed.append(places)
        if busy:
            busy = {at: left - 1 for at, left in busy.items() if left > 1}
    return placed


def _placed_in_turn(rows: Sequence[Sequence[Cell]]) -> list[list[_Placed]]:
    """Each cell in its column, when none spans rows."""
    placed = []
    for row in rows:
        column = 0
        places = []
        for cell in row:
            text = cell.text
            wide = len(text) if text.isascii() and "\n" not in text else _widest(text)
            places.append((column, wide, cell))
            column += cell.columns
        placed.append(places)
    return placed


def _measured(placed: list[list[_Placed]]) -> tuple[list[int], set[int]]:
    """The natural width of each column, and the columns that are set right.

    A column is set right when one of its cells is, or when all but its headers are amounts.
    """
    widths: dict[int, int] = {}
    spanning = []
    right: set[int] = set()
    other: set[int] = set()
    amounts: set[int] = set()
    for row in placed:
        for column, wide, (text, header, columns, _, set_right) in row:
            if columns > 1:
                spanning.append((column, wide, columns))
                wide = 0
            elif set_right:
                right.add(column)
            if wide > widths.get(column, -1):
                widths[column] = wide
            if text and not header and not set_right and column not in other:
                (amounts if are_amounts((text,)) else other).add(column)
    for column, wide, columns in spanning:
        if wide:
            _stretch(widths, column, wide, columns)
    return [widths.get(column, 0) for column in range(max(widths, default=-1) + 1)], right | (amounts - other)


def _stretch(widths: dict[int, int], column: int, wide: int, columns: int) -> None:
    """Widen the last column that a spanning cell covers, when all it covers are too narrow for it."""
    spanned = [at for at in range(column, column + columns) if at in widths] or [column]
    have = sum(widths.get(at, 0) for at in spanned) + _GUTTER * (len(spanned) - 1)
    if wide > have:
        widths[spanned[-1]] = widths.get(spanned[-1], 0) + wide - have


def _starts(limits: list[int]) -> list[int]:
    starts, at = [], 0
    for limit in limits:
        starts.append(at)
        at += limit + _GUTTER if limit else 0
    return starts


def _limits(placed: list[list[_Placed]], natural: list[int], width: int) -> list[int] | None:
    """Column widths that fit ``width``: the widest columns give way first, none below its longest word."""
    if _total(natural) <= width:
        return natural
    least = [_NARROWEST] * len(natural)
    for row in placed:
        for column, _, cell in row:
            if cell.columns == 1:
                least[column] = max(least[column], max(map(display_width, cell.text.split()), default=0))
    limits = [min(pair) for pair in zip(least, natural, strict=True)]
    spare = width - _total(limits)
    if spare < 0:
        return None
    tight = [at for at in range(len(limits)) if natural[at] > limits[at]]
    tight.sort(key=lambda at: natural[at] - limits[at])
    for index, column in enumerate(tight):
        share = min(natural[column] - limits[column], spare // (len(tight) - index))
        limits[column] += share
        spare -= share
    return limits


def _total(widths: list[int]) -> int:
    used = [width for width in widths if width]
    return sum(used) + _GUTTER * max(0, len(used) - 1)


def _widest(text: str) -> int:
    if "\n" in text:
        return max(map(display_width, text.split("\n")))
    return len(text) if text.isascii() else display_width(text)


def _lines(row: list[_Placed], starts: list[int], limits: list[int], right: set[int]) -> list[str]:
    """The lines of one row."""
    line = ""
    used = 0
    for column, wide, (text, _, columns, _, set_right) in row:
        if not text:
            continue
        at = starts[column]
        room = limits[column] if columns == 1 else _room(column, columns, starts, limits)
        if wide > room or not text.isprintable():
            return _tall_lines(row, starts, limits, right)
        if set_right or column in right:
            at += room - wide
        if used and at <= used:
            at = used + 1
        line += " " * (at - used) + text
        used = at + wide
    return [line]


def _room(column: int, columns: int, starts: list[int], limits: list[int]) -> int:
    last = min(column + columns, len(limits)) - 1
    return starts[last] + limits[last] - starts[column]


def _tall_lines(row: list[_Placed], starts: list[int], limits: list[int], right: set[int]) -> list[str]:
    """The lines of a row with a cell that takes several."""
    cells = []
    for column, _, cell in row:
        if cell.text:
            room = _room(column, cell.columns, starts, limits)
            cells.append((starts[column], room, cell.right or column in right, wrap(cell.text, max(room, 1))))
    height = max(len(lines) for *_, lines in cells)
    return [_tall_line(cells, index) for index in range(height)]


def _tall_line(cells: list[tuple[int, int, bool, list[str]]], index: int) -> str:
    line = ""
    used = 0
    for start, room, set_right, lines in cells:
        if index < len(lines):
            wide = display_width(lines[index])
            at = max(start + room - wide if set_right else start, used + 1 if used else 0)
            line += " " * (at - used) + lines[index]
            used = at + wide
    return line.rstrip()


class Columns(NamedTuple):
    """A table whose cells are one line each, or empty, and span nothing.

    ``rows`` has for each cell that is not empty its number and its column, of which there are ``size``. The columns
    ``right`` are set right, and those of ``maybe_right`` when all these cells are amounts. ``headed``: the first row is
    of headers.
    """

    rows: Sequence[Sequence[tuple[int, int]]]
    size: int
    right: frozenset[int]
    maybe_right: Sequence[tuple[int, Sequence[int]]]
    headed: bool

    def lines(self, texts: Sequence[str], width: int) -> list[str] | None:
        """:func:`aligned` for cells with these texts; None when ``width`` cells don't do."""
        widths = [len(text) if text.isascii() else display_width(text) for text in texts]
        limits = [0] * self.size
        for row in self.rows:
            for number, column in row:
                if widths[number] > limits[column]:
                    limits[column] = widths[number]
        if _total(limits) > width:
            return None
        starts, ends = _starts(limits), [-1] * self.size
        for column in self._right(texts):
            ends[column] = starts[column] + limits[column]
        lines = []
        for row in self.rows:
            line = ""
            used = 0
            for number, column in row:
                wide = widths[number]
                at = starts[column] if ends[column] < 0 else ends[column] - wide
                line += " " * (at - used) + texts[number]
                used = at + wide
            lines.append(line)
        if self.headed:
            lines.insert(1, (" " * _GUTTER).join(["-" * limit for limit in limits if limit]))
        return lines

    def _right(self, texts: Sequence[str]) -> list[int]:
        amounts = [column for column, cells in self.maybe_right if are_amounts([texts[number] for number in cells])]
        return [*self.right, *amounts]


def are_amounts(texts: Sequence[str]) -> bool:
    """Whether cells say numbers, each with or without a currency or a unit."""
    return max(map(len, texts)) <= _LONGEST_AMOUNT and all(map(_AMOUNT.fullmatch, texts))


def joined(row: Sequence[Cell], width: int) -> str | None:
    """The row's texts on one line, or None when it doesn't fit."""
    line = (" " * _GUTTER).join([cell.text for cell in row if cell.text])
    return None if "\n" in line or display_width(line) > width else line.replace("\xa0", " ")
