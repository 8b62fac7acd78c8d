"""Tables while they are written, and what becomes of their blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from mailtemplates.blocks import LINES, NARROWEST, PARAGRAPH, Block
from mailtemplates.columns import Cell, Line, aligned, in_columns, is_amount, joined
from mailtemplates.wrapping import display_width

_new = tuple.__new__
_LINE_KINDS = frozenset({PARAGRAPH, "h3", "h4", "h5", "h6"})


class CellStyle(NamedTuple):
    """What a table cell's tag says of it."""

    header: bool = False
    columns: int = 1
    rows: int = 1
    right: bool = False


@dataclass(slots=True)
class Table:
    """A table being written.

    ``start`` is the number of blocks before it, ``between`` the line ends between its cells when they stay blocks.
    ``leaf``: it holds no table; ``wide``: a row has two cells. ``rows`` has for each cell the number of blocks before
    it, and its style.
    """

    start: int
    between: int
    leaf: bool = True
    wide: bool = False
    rows: list[list[tuple[int, CellStyle]]] = field(default_factory=list)

    def settle(self, blocks: list[Block], width: int) -> None:
        """Make the cells that ``blocks`` end with lines, where they can be."""
        blocks[self.start :] = settled(self, blocks[self.start :], width)


class _Row(NamedTuple):
    cells: list[Cell]
    blocks: list[Block]


def settled(table: Table, blocks: list[Block], width: int) -> list[Block]:
    """The blocks of a leaf table, with its rows as lines where they can be.

    A table with headers becomes aligned columns. Without headers, rows of several cells do, when each cell is a line.
    """
    start = next((start for row in table.rows for start, _ in row), table.start) - table.start
    simple = _settled_simply(table, start, blocks, width)
    if simple is not None:
        return simple
    rows = [row for row in _rows(table, start, blocks) if row.blocks]
    if not any(map(_stands_in_columns, rows)):
        return blocks
    before, inside = blocks[:start], blocks[start:]
    rest = inside[0].rest
    for block in inside:
        if block.kind not in _LINE_KINDS or block.rest != rest:
            return blocks
    headed = any(style.header for row in table.rows for _, style in row)
    room = max(width - display_width(rest), NARROWEST)
    if headed:
        found = _settled_run(rows, room, True)
    else:
        found = []
        for together, run in groupby(rows, _stands_in_columns):
            alike = list(run)
            found += _settled_run(alike, room, False) if together else [row.blocks[0] for row in alike]
    found[0] = found[0]._replace(first=inside[0].first, lines="")
    return [*before, *found]


def _settled_simply(table: Table, start: int, blocks: list[Block], width: int) -> list[Block] | None:
    """:func:`settled` for the usual table: every cell is one printable line or empty, every row goes in columns."""
    first = blocks[start] if start < len(blocks) else None
    if first is None:
        return None
    ends = [at - table.start for row in table.rows for at, _ in row]
    ends.append(len(blocks))
    reader = _Reader(first.rest)
    at = 0
    for row in table.rows:
        if not reader.read(row, ends[at : at + len(row) + 1], blocks):
            return None
        at += len(row)
    if len(reader.rows) < 2 or not reader.is_wide or (reader.has_alone and not reader.has_headers):
        return None
    room = max(width - display_width(first.rest), NARROWEST)
    lines = in_columns(reader.rows, reader.right | (reader.amounts - reader.other), reader.is_headed, room)
    if lines is None:
        return None
    return [*blocks[:start], first._replace(kind=LINES, text="\n".join(lines), lines="")]


class _Reader:
    """The rows of a table of simple cells, read one after the other."""

    __slots__ = (
        "amounts", "has_alone", "has_headers", "is_headed", "is_wide", "other", "rest", "right", "rows",
    )  # fmt: skip

    def __init__(self, rest: str) -> None:
        self.rest = rest
        self.rows: list[list[Line]] = []
        self.right: set[int] = set()
        self.amounts: set[int] = set()
        self.other: set[int] = set()
        self.is_wide = self.is_headed = self.has_headers = self.has_alone = False

    def read(self, row: list[tuple[int, CellStyle]], ends: list[int], blocks: list[Block]) -> bool:
        """Read a row whose cells begin and end at ``blocks[ends[…]]``; whether it is simple."""
        line: list[Line] = []
        headers = said = 0
        end = ends[0]
        for column, (_, (header, columns, rows, right)) in enumerate(row):
            start, end = end, ends[column + 1]
            if columns != 1 or rows != 1 or end > start + 1:
                return False
            headers += header
            if end == start:
                line.append(("", 0))
                continue
            said += 1
            _, _, rest, kind, text, _ = blocks[start]
            if rest != self.rest or kind not in _LINE_KINDS or not text.isprintable():
                return False
            line.append((text, len(text) if text.isascii() else display_width(text)))
            if not header and not right and column not in self.other:
                (self.amounts if is_amount(text) else self.other).add(column)
        if headers:
            self.has_headers = True
        if said:
            self._add(row, line, said, headers)
        return True

    def _add(self, row: list[tuple[int, CellStyle]], line: list[Line], said: int, headers: int) -> None:
        if not self.rows:
            self.is_headed = headers == len(row)
        self.rows.append(line)
        if said > 1:
            self.is_wide = True
        elif line[0][0] or len(line) == 1:
            self.has_alone = True
        for column, (_, style) in enumerate(row):
            if style.right:
                self.right.add(column)


def _rows(table: Table, start: int, blocks: list[Block]) -> Iterator[_Row]:
    """The rows with what is in their cells; the first cell begins at ``blocks[start]``."""
    ends = [start - table.start for row in table.rows for start, _ in row]
    ends.append(len(blocks))
    at = 0
    for row in table.rows:
        begin = start
        cells = []
        for _, style in row:
            at += 1
            end = ends[at]
            text = blocks[start].text if end - start == 1 else "\n".join([block.text for block in blocks[start:end]])
            cells.append(_new(Cell, (text, *style)))
            start = end
        yield _Row(cells, blocks[begin:start])


def _stands_in_columns(row: _Row) -> bool:
    """Whether a row without headers is more than its first cell."""
    return len(row.cells) > 1 and (len(row.blocks) > 1 or not row.cells[0].text)


def _settled_run(rows: list[_Row], width: int, headed: bool) -> list[Block]:
    """The rows as one block of lines, else each that fits as a line, else as they are."""
    if all(len(row.blocks) < 2 for row in rows):
        return [row.blocks[0] for row in rows]
    short = headed or all(len(row.blocks) <= len(row.cells) and "\n" not in row.blocks[0].text for row in rows)
    lines = aligned([row.cells for row in rows], width) if short and len(rows) > 1 else None
    first = rows[0].blocks[0]
    if lines is not None:
        return [first._replace(kind=LINES, text="\n".join(lines), lines="")]
    blocks: list[Block] = []
    for row in rows:
        line = joined(row.cells, width)
        head = row.blocks[0]
        blocks += [head._replace(kind=LINES, text=line, lines="")] if line else row.blocks
    return blocks
