"""Tables while they are written, and what becomes of their blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from mailtemplates.text.blocks import LINES, NARROWEST, PARAGRAPH, Block, Written
from mailtemplates.text.columns import Cell, Columns, aligned, joined
from mailtemplates.text.wrapping import display_width

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

    def settle(self, blocks: list[Written], width: int) -> None:
        """Make the cells that ``blocks`` end with lines, where they can be."""
        blocks[self.start :] = settled(self, blocks[self.start :], width)


class _Row(NamedTuple):
    cells: list[Cell]
    blocks: list[Block]


def settled(table: Table, written: list[Written], width: int) -> Sequence[Written]:
    """The ``written`` blocks of a leaf table, with its rows as lines where they can be.

    A table with headers becomes aligned columns. Without headers, rows of several cells do, when each cell is a line.
    """
    start = next((start for row in table.rows for start, _ in row), table.start) - table.start
    simple = _settled_simply(table, start, written, width)
    if simple is not None:
        return simple
    blocks = list(map(Block._make, written))
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
            found += _settled_run(alike, room, False) if together else [block for row in alike for block in row.blocks]
    found[0] = found[0]._replace(first=inside[0].first, lines="")
    return [*before, *found]


def _settled_simply(table: Table, start: int, blocks: list[Written], width: int) -> list[Written] | None:
    """:func:`settled` for the usual table: every cell is one printable line or empty, every row goes in columns."""
    columns = columns_of(table, start, blocks)
    texts = [block[4] for block in blocks]
    if columns is None or not all(map(str.isprintable, texts[start:])):
        return None
    first = Block._make(blocks[start])
    lines = columns.lines(texts, max(width - display_width(first.rest), NARROWEST))
    if lines is None:
        return None
    return [*blocks[:start], first._replace(kind=LINES, text="\n".join(lines), lines="")]


def columns_of(table: Table, start: int, blocks: Sequence[Written]) -> Columns | None:
    """The columns that the ``blocks`` of a table make, whatever line each is; None when they may not make columns.

    The first cell begins at ``blocks[start]``.
    """
    if start >= len(blocks):
        return None
    ends = [at - table.start for row in table.rows for at, _ in row]
    ends.append(len(blocks))
    rows: list[list[tuple[int, int]]] = []
    right: set[int] = set()
    others: dict[int, list[int]] = {}
    is_wide = is_headed = has_headers = has_alone = False
    prefix = blocks[start][2]
    end, at, count = start, 0, 0
    for row in table.rows:
        line: list[tuple[int, int]] = []
        set_right: list[int] = []
        headers = column = 0
        for _, (header, columns, spanned, is_right) in row:
            at += 1
            begin, end = end, ends[at]
            if columns != 1 or spanned != 1 or end > begin + 1:
                return None
            headers += header
            if is_right:
                set_right.append(column)
            if end > begin:
                _, _, rest, kind, _, _ = blocks[begin]
                if rest != prefix or kind not in _LINE_KINDS:
                    return None
                line.append((begin, column))
                if not header and not is_right:
                    others.setdefault(column, []).append(begin)
            column += 1
        has_headers = has_headers or headers > 0
        if line:
            is_headed = headers == column if not rows else is_headed
            is_wide = is_wide or len(line) > 1
            has_alone = has_alone or (len(line) == 1 and (column == 1 or line[0][1] == 0))
            rows.append(line)
            right.update(set_right)
            count = max(count, column)
    if len(rows) < 2 or not is_wide or (has_alone and not has_headers):
        return None
    return Columns(rows, count, frozenset(right), list(others.items()), is_headed)


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
