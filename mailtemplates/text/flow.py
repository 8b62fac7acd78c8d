"""Blocks of text in reading order, as they are written: the assembling half of the plain-text alternative.

A :class:`Flow` is told what opens, what is said and what closes; it knows nothing of HTML's syntax. Marks inside its
text are control characters, which :func:`~mailtemplates.text.wrapping.visible` keeps out of what an author can write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mailtemplates.text.blocks import (
    LINES,
    NARROWEST,
    PARAGRAPH,
    RULE,
    Block,
    Written,
    preformatted,
    printed,
    tidied,
    without_repeated_links,
)
from mailtemplates.text.numbering import ListStyle
from mailtemplates.text.tables import CellStyle, Table
from mailtemplates.text.targets import is_said, needs_shield, shielded, unshielded, with_target
from mailtemplates.text.wrapping import JOINT, tidy

Op = str | tuple[Callable[["Flow", Any], None], Any]
"""One step of writing: words, or a method of :class:`Flow` and its argument."""

_DEEPEST = 32
_BEFORE_POWER = 8
_new = tuple.__new__

BLANK, TEXT, BREAK, TEXT_BREAK = range(4)
"""What came of a paragraph: nothing, a block, a blank line, a block and a blank line."""

_Spot = tuple[int, int, int]
"""A place among the words: blocks written before, paragraphs without text before, words before it in its paragraph."""


class Place(NamedTuple):
    """What an enclosing block changed, to be set back at its end."""

    first: str
    rest: str
    kind: str


@dataclass(slots=True)
class List:
    """A list being written: the next number, and for each item the blocks before it, its prefix and its label."""

    style: ListStyle
    number: int
    items: list[tuple[int, str, str]] = field(default_factory=list)


class Flow:
    """The text of one document while it is written; :meth:`finish` gives it.

    ``words`` is the paragraph at hand: callers with plain words append to it directly. ``blocks`` are written;
    ``space``, ``first``, ``rest`` and ``kind`` are those of the next. ``told`` counts the places whose first block is
    written.
    """

    __slots__ = (
        "bare", "blanks", "blocks", "first", "kind", "links", "lists", "places", "rest", "shielded", "shown", "space",
        "spots", "tables", "told", "width", "words",
    )  # fmt: skip

    def __init__(self, width: int) -> None:
        self.words: list[str] = []
        self.blocks: list[Written] = []
        self.space = 0
        self.first = self.rest = ""
        self.kind = PARAGRAPH
        self.width = max(width, NARROWEST)
        self.blanks = 0
        self.places: list[Place] = []
        self.told = 0
        self.links: list[tuple[str, _Spot, str]] = []
        self.spots: list[_Spot] = []
        self.lists: list[List] = []
        self.tables: list[Table] = []
        self.shown: set[str] = set()
        self.bare = self.shielded = False

    def gap(self, space: int) -> None:
        """End the paragraph; at least ``space`` line ends before the next."""
        if self.words:
            self.flush()
        if space > self.space:
            self.space = space

    def flush(self) -> int:
        """End the paragraph; what came of it: one of :data:`BLANK`, :data:`TEXT`, :data:`BREAK`, :data:`TEXT_BREAK`."""
        raw = "".join(self.words)
        self.words.clear()
        if self.kind == LINES:
            return self.written(preformatted(raw), False, False)
        if raw.isprintable() and "  " not in raw:
            return self.written(raw.strip(" "), False, False)
        return self.written(*tidied(raw))

    def written(self, text: str, before: bool, after: bool) -> int:
        """Write a paragraph, and the blank lines that breaks ``before`` and ``after`` it make; what came of it."""
        if before:
            self.space = 2
        if not text:
            self.blanks += 1
            return BREAK if before else BLANK
        self.blocks.append((self.space, self.first, self.rest, self.kind, text, ""))
        self.space = 2 if after else 0
        self.first = self.rest
        if self.told < len(self.places):
            self._tell()
        return TEXT_BREAK if after else TEXT

    def _tell(self) -> None:
        """The first block of the places that are open is written."""
        self.places[self.told :] = [_new(Place, (rest, rest, kind)) for _, rest, kind in self.places[self.told :]]
        self.told = len(self.places)

    def _add(self, kind: str, text: str) -> None:
        self.blocks.append(Block(self.space, self.first, self.rest, kind, text))
        self.space = 0
        self.first = self.rest
        self._tell()

    # ---- paragraphs and what is in them

    def line_break(self, _: object) -> None:
        """A line break inside a paragraph."""
        self.words.append("\n")

    def rule(self, _: object) -> None:
        """A thematic break."""
        self.gap(2)
        self._add(RULE, "-")
        self.space = 2

    def heading(self, level: int) -> None:
        """Begin a heading."""
        self.gap(2)
        self._enter(kind=f"h{level}")

    def preformatted(self, _: object) -> None:
        """Begin text whose white space stays."""
        self.gap(2)
        self._enter(kind=LINES)

    def quotation(self, _: object) -> None:
        """Begin quoted blocks."""
        self.gap(2)
        self._enter("> ", "> ")

    def indented(self, _: object) -> None:
        """Begin blocks that stand under the one before."""
        self.gap(1)
        self._enter("    ", "    ")

    def leave(self, space: int) -> None:
        """End what :meth:`heading`, :meth:`preformatted`, :meth:`quotation` or :meth:`indented` began."""
        if self.words:
            self.flush()
        self.first, self.rest, self.kind = self.places.pop()
        self.told = min(self.told, len(self.places))
        self.gap(space)

    def _enter(self, first: str = "", rest: str = "", kind: str = "") -> None:
        self.places.append(Place(self.first, self.rest, self.kind))
        if len(self.rest) < _DEEPEST:
            self.first, self.rest = self.first + first, self.rest + rest
        if kind:
            self.kind = kind

    # ---- links

    def link(self, href: str) -> None:
        """Begin a link; ``href`` is its target, or empty."""
        self.links.append((href, (len(self.blocks), self.blanks, len(self.words)), ""))

    def name_link(self, name: str) -> None:
        """Give the link that was begun a name, which is said when nothing in it has words."""
        href, spot, _ = self.links[-1]
        self.links[-1] = href, spot, name

    def leave_link(self, _: object) -> None:
        """End a link: its target follows its words, unless they are the target."""
        href, spot, name = self.links.pop()
        if not href:
            return
        if needs_shield(href):
            href = shielded(href)
            self.shielded = True
        if len(self.blocks) == spot[0]:
            start = self._start(spot)
            said = "".join(self.words[start:])
            words = said if said.isprintable() and "  " not in said else tidy(said)
            if words := words.strip(" \n"):
                self.words[start:] = [with_target(said, words, href)]
                self.shown.add(href)
                return
        elif self._append_to_last_block(spot, href):
            return
        if name:
            self.words.append(f"{JOINT}{name} <{href}>{JOINT}")
            self.shown.add(href)
            return
        self.bare = True
        self.words.append(f"\x02<{href}>\x02")

    def _start(self, spot: _Spot) -> int:
        """How many of the words stand before ``spot``, when it is in the paragraph at hand."""
        return spot[2] if spot[1] == self.blanks else 0

    def _append_to_last_block(self, spot: _Spot, href: str) -> bool:
        """Put the target behind what a link over several blocks said last."""
        if tidy("".join(self.words)).strip("\n"):
            self.words.append(f" <{href}>")
        elif len(self.blocks) > spot[0]:
            last = Block._make(self.blocks[-1])
            if last.kind in (LINES, RULE):
                self.space = max(self.space, 1)
                self._add(PARAGRAPH, f"<{href}>")
            elif not is_said(last.text, href):
                self.blocks[-1] = last._replace(text=f"{last.text} <{href}>", lines="")
        else:
            return False
        self.shown.add(href)
        return True

    # ---- superscripts

    def superscript(self, _: object) -> None:
        """Begin a superscript."""
        self.spots.append((len(self.blocks), self.blanks, len(self.words)))

    def leave_superscript(self, _: object) -> None:
        """End a superscript: after a number or a unit it is a power, after a word a note."""
        spot = self.spots.pop()
        if self.spots or len(self.blocks) != spot[0]:
            return
        start = self._start(spot)
        said = "".join(self.words[start:]).strip()
        before = self._end_of_words(start)
        if said.isdigit() and before and before[-1].isalnum():
            base = re.split(r"[\s\d]", before)[-1]
            power = before[-1].isdigit() or len(base) <= 2
            self.words[start:] = [f"^{said}" if power else f"[{said}]"]

    def _end_of_words(self, start: int) -> str:
        """The last letters before ``words[start]``."""
        first = start
        length = 0
        while first and length < _BEFORE_POWER:
            first -= 1
            length += len(self.words[first])
        return "".join(self.words[first:start])[-_BEFORE_POWER:]

    # ---- lists

    def begin_list(self, style: ListStyle) -> None:
        """Begin a list."""
        self.gap(1 if self.lists else 2)
        self.lists.append(List(style, 1 if style.start is None else style.start))
        self._enter()

    def item(self, value: int | None) -> None:
        """Begin an item of the innermost list; ``value`` is the number it asks for."""
        self.gap(1)
        if not self.lists:
            self._enter("* ", "  ")
            return
        inside = self.lists[-1]
        number = inside.number if value is None else value
        inside.number = number + (-1 if inside.style.backwards else 1)
        marker = inside.style.marker(number)
        inside.items.append((len(self.blocks), self.first, marker))
        self._enter(marker, " " * len(marker))

    def leave_list(self, _: object) -> None:
        """End the innermost list."""
        ended = self.lists.pop()
        if ended.style.backwards and ended.style.start is None:
            self._count_down(ended)
        self.leave(1 if self.lists else 2)

    def _count_down(self, ended: List) -> None:
        """Number the items of a reversed list from their count, which only its end tells."""
        if self.words:
            self.flush()
        number = len(ended.items)
        for start, before, marker in ended.items:
            block = Block._make(self.blocks[start]) if start < len(self.blocks) else None
            if block and block.first.startswith(before + marker):
                label = before + ended.style.marker(number)
                self.blocks[start] = block._replace(first=label + block.first[len(before + marker) :], lines="")
            number -= 1

    # ---- tables

    def table(self, layout: bool) -> None:
        """Begin a table; ``layout`` says that its tag calls it one that only arranges."""
        if self.words:
            self.flush()
        tables = self.tables
        if tables:
            tables[-1].leaf = False
            tables[-1].between = 2
            layout = True
        tables.append(Table(len(self.blocks), 2 if layout else 1))
        self.space = 2

    def row(self, _: object) -> None:
        """Begin a row."""
        table = self.tables[-1]
        self.gap(table.between)
        table.rows.append([])

    def cell(self, style: CellStyle) -> None:
        """Begin a cell."""
        if self.words:
            self.flush()
        table = self.tables[-1]
        if self.space < table.between:
            self.space = table.between
        if not table.rows:
            table.rows.append([])
        row = table.rows[-1]
        if row:
            table.wide = True
        row.append((len(self.blocks), style))

    def row_and_cell(self, style: CellStyle) -> None:
        """Begin a row and its first cell."""
        if self.words:
            self.flush()
        table = self.tables[-1]
        if self.space < table.between:
            self.space = table.between
        table.rows.append([(len(self.blocks), style)])

    def leave_table(self, _: object) -> None:
        """End a table: aligned columns when its cells are short, else its cells one after the other."""
        if self.words:
            self.flush()
        table = self.tables.pop()
        self.space = 2
        if table.wide and table.leaf and table.start < len(self.blocks):
            table.settle(self.blocks, self.width)

    # ---- the end

    def finish(self) -> str:
        """The text: empty, or lines that each end with one line feed."""
        self.gap(0)
        blocks: Sequence[Written] = self.blocks
        if self.bare:
            blocks = without_repeated_links(map(Block._make, self.blocks), self.shown)
        text = printed(blocks, self.width)
        if self.shielded:
            text = unshielded(text)
        return text


ENDS_PARAGRAPH = frozenset({
    Flow.gap, Flow.rule, Flow.heading, Flow.preformatted, Flow.quotation, Flow.indented, Flow.leave, Flow.begin_list,
    Flow.item, Flow.leave_list, Flow.table, Flow.row, Flow.cell, Flow.row_and_cell, Flow.leave_table,
})  # fmt: skip
"""The steps that end the paragraph at hand and begin a line."""


def run(ops: Iterable[Op], flow: Flow) -> None:
    """Take the steps of writing."""
    for op in ops:
        if isinstance(op, str):
            flow.words.append(op)
        else:
            op[0](flow, op[1])
