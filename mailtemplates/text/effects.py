"""What a stretch of writing does to a :class:`~mailtemplates.text.flow.Flow`, worked out once.

Steps that begin behind a paragraph and end at the beginning of one always write the same blocks when they find the same
:class:`Situation`. An :class:`Effect` is recorded by running them once on a flow of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mailtemplates.text.blocks import Block, Written, merged, with_lines
from mailtemplates.text.flow import Flow, List, Op, Place, run
from mailtemplates.text.numbering import ListStyle
from mailtemplates.text.tables import CellStyle, Table

_DEEPEST = 16
_MOST_TABLES = 40
_LARGEST_NUMBER = 100
_MARK = "\x02"

_Rows = tuple[tuple[tuple[int, CellStyle], ...], ...]


class Undecided(NamedTuple):
    """What matters of the innermost table while it holds no other: see :class:`~mailtemplates.text.tables.Table`."""

    between: int
    wide: bool
    has_rows: bool
    has_cells: bool


class Situation(NamedTuple):
    """What matters of a flow, but for the paragraph at hand and the links that are open."""

    width: int
    space: int
    first: str
    rest: str
    kind: str
    places: tuple[Place, ...]
    lists: tuple[tuple[ListStyle, int], ...]
    tables: int
    table: Undecided | None


class Begun(NamedTuple):
    """A table that was begun: its start and rows are counted in the blocks behind those written before."""

    start: int
    between: int
    leaf: bool
    wide: bool
    rows: _Rows


class Change(NamedTuple):
    """What steps do besides writing blocks.

    ``rows`` and ``inside`` go to the table that was open before, when it may become columns; the first of ``rows`` goes
    on with its last. ``settles``: that table ends so. ``blocks`` follow, once ``ended`` tables have ended and before
    those ``begun``.
    """

    rows: _Rows
    inside: tuple[Block, ...]
    wide: bool
    settles: bool
    nests: bool
    ended: int
    begun: tuple[Begun, ...]
    places: tuple[Place, ...] | None
    lists: tuple[tuple[ListStyle, int], ...] | None
    shown: frozenset[str]
    bare: bool
    shielded: bool
    first: str
    rest: str
    kind: str


class Effect(NamedTuple):
    """What steps do: the space after them, the cell they begin in the table that is open, more, and their blocks.

    The cell is given as its style, the blocks before it, whether it begins a row, and whether a row has two cells now.
    """

    space: int
    cell: tuple[CellStyle, int, bool, bool] | None
    change: Change | None
    blocks: tuple[Block, ...]


def situation(flow: Flow) -> Situation | None:
    """The flow's situation; None for one too rare to remember."""
    if len(flow.places) > _DEEPEST or len(flow.lists) > _DEEPEST or len(flow.tables) > _MOST_TABLES:
        return None
    lists = []
    for each in flow.lists:
        number = each.number if each.style.counts else 0
        if abs(number) > _LARGEST_NUMBER or (each.style.backwards and each.style.start is None):
            return None
        lists.append((each.style, number))
    table = flow.tables[-1] if flow.tables else None
    undecided = None
    if table is not None and table.leaf:
        undecided = Undecided(table.between, table.wide, bool(table.rows), bool(table.rows and table.rows[-1]))
    return Situation(
        flow.width, flow.space, flow.first, flow.rest, flow.kind, tuple(flow.places), tuple(lists), len(flow.tables),
        undecided,
    )  # fmt: skip


@dataclass(slots=True)
class _Probe(Table):
    """A table that only notes where it ends, and whether it would become columns there."""

    end: int = -1

    def settle(self, blocks: list[Written], width: int) -> None:
        self.end = len(blocks)


def recorded(ops: Iterable[Op], before: Situation) -> tuple[Effect, Situation] | None:
    """What the steps do in a situation without open links, and the situation after; None when that is not enough."""
    flow = Flow(before.width)
    tables = _restore(flow, before)
    run(ops, flow)
    after = situation(flow)
    if after is None or flow.links or flow.spots or flow.words:
        return None
    kept = 0
    while kept < min(len(tables), len(flow.tables)) and flow.tables[kept] is tables[kept]:
        kept += 1
    return _effect(flow, before, after, tables, kept), after


def _restore(flow: Flow, before: Situation) -> list[Table]:
    flow.space, flow.first, flow.rest, flow.kind = before.space, before.first, before.rest, before.kind
    flow.places = list(before.places)
    flow.lists = _lists(before.lists)
    tables = [Table(0, 2, leaf=False) for _ in range(before.tables)]
    if before.table is not None:
        rows = [[(-1, CellStyle())] if before.table.has_cells else []] if before.table.has_rows else []
        tables[-1] = _Probe(-1, before.table.between, True, before.table.wide, rows)
    flow.tables = list(tables)
    return tables


def _lists(lists: tuple[tuple[ListStyle, int], ...]) -> list[List]:
    return [List(style, number) for style, number in lists]


def _effect(flow: Flow, before: Situation, after: Situation, tables: list[Table], kept: int) -> Effect:
    last = tables[-1] if tables else None
    probe = last if isinstance(last, _Probe) else None
    goes_on = probe is not None and probe.leaf and kept == len(tables)
    settles = probe is not None and probe.end >= 0
    rows: _Rows = ()
    end = 0
    wide = False
    if probe is not None and (goes_on or settles):
        end = len(flow.blocks) if goes_on else probe.end
        rows = tuple(tuple(cell for cell in row if cell[0] >= 0) for row in probe.rows)
        wide = probe.wide
    inside = tuple(_known(block, flow.width) for block in flow.blocks[:end])
    blocks, begun = _behind(flow, end, kept)
    change = Change(
        rows, inside, wide, settles, probe is not None and not probe.leaf and kept == len(tables), len(tables) - kept,
        begun, None if after.places == before.places else after.places,
        None if after.lists == before.lists else after.lists, frozenset(flow.shown), flow.bare, flow.shielded,
        flow.first, flow.rest, flow.kind,
    )  # fmt: skip
    idle = Change(
        (), (), False, False, False, 0, (), None, None, frozenset(), False, False, before.first, before.rest,
        before.kind,
    )  # fmt: skip
    if after.places or before.places:
        return Effect(flow.space, None, change, blocks)
    if change == idle:
        return Effect(flow.space, None, None, blocks)
    cell = _only_cell(rows, before.table) if goes_on else None
    if cell is not None and change._replace(rows=(), inside=(), wide=False) == idle:
        return Effect(flow.space, (*cell, wide), None, inside)
    return Effect(flow.space, None, change, blocks)


def _only_cell(rows: _Rows, table: Undecided | None) -> tuple[CellStyle, int, bool] | None:
    """The cell that the rows consist of, the blocks before it, and whether it begins a row."""
    cells = [cell for row in rows for cell in row]
    new = table is None or not table.has_rows or not rows[0]
    if len(cells) != 1 or not rows[-1] or len(rows) > (2 if table and table.has_rows else 1):
        return None
    return cells[0][1], cells[0][0], new


def _known(block: Written, width: int) -> Block:
    found = Block._make(block)
    return found if _MARK in found.text else with_lines(found, width)


def _behind(flow: Flow, end: int, kept: int) -> tuple[tuple[Block, ...], tuple[Begun, ...]]:
    """The blocks after the ``end`` that belong to a table, and the tables begun among them."""
    blocks = [_known(block, flow.width) for block in flow.blocks[end:]]
    new = flow.tables[kept:]
    undecided = new[-1].start - end if new and new[-1].leaf else len(blocks)
    finished = merged(blocks[:undecided])
    shift = undecided - len(finished) + end
    begun = [Begun(0, 2, False, False, ()) for _ in new]
    if new and new[-1].leaf:
        table = new[-1]
        rows = tuple(tuple((at - shift, style) for at, style in row) for row in table.rows)
        begun[-1] = Begun(table.start - shift, table.between, True, table.wide, rows)
    return (*finished, *blocks[undecided:]), tuple(begun)


def apply(effect: Effect, flow: Flow) -> None:
    """Do to a flow at the end of a paragraph what the steps would."""
    flow.space, cell, change, written = effect
    if cell is not None:
        style, at, begins_row, wide = cell
        table = flow.tables[-1]
        if begins_row:
            table.rows.append([(len(flow.blocks) + at, style)])
        else:
            table.rows[-1].append((len(flow.blocks) + at, style))
        table.wide = wide
    elif change is not None:
        _change(change, flow)
    flow.blocks += written


def _change(change: Change, flow: Flow) -> None:
    (
        rows, inside, _, settles, nests, ended, begun, places, lists, shown, bare, shielded,
        flow.first, flow.rest, flow.kind,
    ) = change  # fmt: skip
    tables = flow.tables
    if rows or inside or settles:
        _go_on(tables[-1], flow, change)
    if nests:
        tables[-1].leaf = False
        tables[-1].between = 2
    if ended:
        del tables[-ended:]
    if begun:
        base = len(flow.blocks)
        for start, between, leaf, is_wide, cells in begun:
            tables.append(Table(base + start, between, leaf, is_wide, _shifted(cells, base) if cells else []))
    flow.told = 0
    if places is not None:
        flow.places = list(places)
    if lists is not None:
        flow.lists = _lists(lists)
    if shown:
        flow.shown |= shown
    if bare:
        flow.bare = True
    if shielded:
        flow.shielded = True


def _go_on(table: Table, flow: Flow, change: Change) -> None:
    """Write in the table that was open."""
    blocks = flow.blocks
    _add_rows(table.rows, change.rows, len(blocks))
    blocks += change.inside
    table.wide = change.wide
    if change.settles and table.start < len(blocks):
        table.settle(blocks, flow.width)


def _add_rows(rows: list[list[tuple[int, CellStyle]]], more: _Rows, base: int) -> None:
    """Add rows, the first of them to the last there is."""
    if not more:
        return
    if not rows:
        rows += _shifted(more, base)
        return
    if more[0]:
        rows[-1] += [(base + at, style) for at, style in more[0]]
    for row in more[1:]:
        rows.append([(base + at, style) for at, style in row])


def _shifted(rows: _Rows, base: int) -> list[list[tuple[int, CellStyle]]]:
    if len(rows) == 1 and len(rows[0]) == 1:
        at, style = rows[0][0]
        return [[(base + at, style)]]
    return [[(base + at, style) for at, style in row] for row in rows]
