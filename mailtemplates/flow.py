"""Blocks of text in reading order, as they are written: the assembling half of the plain-text alternative.

A :class:`Flow` is told what opens, what is said and what closes; it knows nothing of HTML's syntax. Marks inside its
text are control characters, which :func:`~mailtemplates.wrapping.visible` keeps out of what an author can write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mailtemplates.blocks import LINES, NARROWEST, PARAGRAPH, RULE, Block, printed, stripped_lines
from mailtemplates.numbering import ListStyle, numeral
from mailtemplates.tables import CellStyle, Table, settled
from mailtemplates.targets import is_said, needs_shield, shielded, unshielded, with_target
from mailtemplates.wrapping import tidy

Op = str | tuple[Callable[["Flow", Any], None], Any]
"""One step of writing: words, or a method of :class:`Flow` and its argument."""

_DEEPEST = 32
_BEFORE_POWER = 8
_BARE = re.compile("\x02(.*?)\x02", re.DOTALL)
_new = tuple.__new__

_Spot = tuple[int, int, int]
"""A place among the words: blocks written before, paragraphs without text before, words before it in its paragraph."""


class _Place(NamedTuple):
    """What an enclosing block changed, to be set back at its end."""

    first: str
    rest: str
    kind: str
    blocks: int


@dataclass(slots=True)
class _List:
    style: ListStyle
    number: int
    items: list[tuple[int, str, str]] = field(default_factory=list)


class Flow:
    """The text of one document while it is written; :meth:`finish` gives it.

    ``words`` is the paragraph at hand: callers with plain words append to it directly.
    """

    __slots__ = (
        "_bare", "_blanks", "_blocks", "_first", "_kind", "_links", "_lists", "_places", "_rest", "_shielded",
        "_shown", "_space", "_spots", "_tables", "_width", "words",
    )  # fmt: skip

    def __init__(self, width: int) -> None:
        self.words: list[str] = []
        self._blocks: list[Block] = []
        self._space = 0
        self._first = self._rest = ""
        self._kind = PARAGRAPH
        self._width = max(width, NARROWEST)
        self._blanks = 0
        self._places: list[_Place] = []
        self._links: list[tuple[str, _Spot]] = []
        self._spots: list[_Spot] = []
        self._lists: list[_List] = []
        self._tables: list[Table] = []
        self._shown: set[str] = set()
        self._bare = self._shielded = False

    def gap(self, space: int) -> None:
        """End the paragraph; at least ``space`` line ends before the next."""
        if self.words:
            self._flush()
        if space > self._space:
            self._space = space

    def _flush(self) -> None:
        raw = "".join(self.words)
        self.words.clear()
        kind = self._kind
        before = after = False
        if kind == LINES:
            text = _preformatted(raw)
        elif raw.isprintable() and "  " not in raw:
            text = raw.strip(" ")
        else:
            text, before, after = _tidied(raw)
        if before:
            self._space = 2
        if text:
            self._blocks.append(_new(Block, (self._space, self._first, self._rest, kind, text)))
            self._space = 2 if after else 0
            self._first = self._rest
        else:
            self._blanks += 1

    def _add(self, kind: str, text: str) -> None:
        self._blocks.append(Block(self._space, self._first, self._rest, kind, text))
        self._space = 0
        self._first = self._rest

    # ---- paragraphs and what is in them

    def line_break(self, _: object) -> None:
        """A line break inside a paragraph."""
        self.words.append("\n")

    def rule(self, _: object) -> None:
        """A thematic break."""
        self.gap(2)
        self._add(RULE, "-")
        self._space = 2

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
            self._flush()
        place = self._places.pop()
        self._first = place.rest if len(self._blocks) > place.blocks else place.first
        self._rest, self._kind = place.rest, place.kind
        self.gap(space)

    def _enter(self, first: str = "", rest: str = "", kind: str = "") -> None:
        self._places.append(_Place(self._first, self._rest, self._kind, len(self._blocks)))
        if len(self._rest) < _DEEPEST:
            self._first, self._rest = self._first + first, self._rest + rest
        if kind:
            self._kind = kind

    # ---- links

    def link(self, href: str) -> None:
        """Begin a link; ``href`` is its target, or empty."""
        self._links.append((href, (len(self._blocks), self._blanks, len(self.words))))

    def leave_link(self, _: object) -> None:
        """End a link: its target follows its words, unless they are the target."""
        href, spot = self._links.pop()
        if not href:
            return
        if needs_shield(href):
            href = shielded(href)
            self._shielded = True
        if len(self._blocks) == spot[0]:
            start = self._start(spot)
            said = "".join(self.words[start:])
            words = said if said.isprintable() and "  " not in said else tidy(said)
            if words := words.strip(" \n"):
                self.words[start:] = [with_target(said, words, href)]
                self._shown.add(href)
                return
        elif self._append_to_last_block(spot, href):
            return
        self._bare = True
        self.words.append(f"\x02<{href}>\x02")

    def _start(self, spot: _Spot) -> int:
        """How many of the words stand before ``spot``, when it is in the paragraph at hand."""
        return spot[2] if spot[1] == self._blanks else 0

    def _append_to_last_block(self, spot: _Spot, href: str) -> bool:
        """Put the target behind what a link over several blocks said last."""
        if tidy("".join(self.words)).strip("\n"):
            self.words.append(f" <{href}>")
        elif len(self._blocks) > spot[0]:
            last = self._blocks[-1]
            if last.kind in (LINES, RULE):
                self._space = max(self._space, 1)
                self._add(PARAGRAPH, f"<{href}>")
            elif not is_said(last.text, href):
                self._blocks[-1] = last._replace(text=f"{last.text} <{href}>")
        else:
            return False
        self._shown.add(href)
        return True

    # ---- superscripts

    def superscript(self, _: object) -> None:
        """Begin a superscript."""
        self._spots.append((len(self._blocks), self._blanks, len(self.words)))

    def leave_superscript(self, _: object) -> None:
        """End a superscript: after a number or a unit it is a power, after a word a note."""
        spot = self._spots.pop()
        if self._spots or len(self._blocks) != spot[0]:
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
        self.gap(1 if self._lists else 2)
        self._lists.append(_List(style, 1 if style.start is None else style.start))
        self._enter()

    def item(self, value: int | None) -> None:
        """Begin an item of the innermost list; ``value`` is the number it asks for."""
        self.gap(1)
        if not self._lists:
            self._enter("* ", "  ")
            return
        inside = self._lists[-1]
        number = inside.number if value is None else value
        inside.number = number + (-1 if inside.style.backwards else 1)
        marker = "* " if inside.style.style == "*" else f"{numeral(number, inside.style.style)}. "
        inside.items.append((len(self._blocks), self._first, marker))
        self._enter(marker, " " * len(marker))

    def leave_list(self, _: object) -> None:
        """End the innermost list."""
        ended = self._lists.pop()
        if ended.style.backwards and ended.style.start is None:
            self._count_down(ended)
        self.leave(1 if self._lists else 2)

    def _count_down(self, ended: _List) -> None:
        """Number the items of a reversed list from their count, which only its end tells."""
        if self.words:
            self._flush()
        number = len(ended.items)
        for start, before, marker in ended.items:
            block = self._blocks[start] if start < len(self._blocks) else None
            if block and block.first.startswith(before + marker):
                label = f"{before}{numeral(number, ended.style.style)}. "
                self._blocks[start] = block._replace(first=label + block.first[len(before + marker) :])
            number -= 1

    # ---- tables

    def table(self, layout: bool) -> None:
        """Begin a table; ``layout`` says that its tag calls it one that only arranges."""
        if self.words:
            self._flush()
        tables = self._tables
        if tables:
            tables[-1].leaf = False
            tables[-1].between = 2
            layout = True
        tables.append(Table(len(self._blocks), 2 if layout else 1))
        self._space = 2

    def row(self, _: object) -> None:
        """Begin a row."""
        table = self._tables[-1]
        self.gap(table.between)
        table.rows.append([])

    def cell(self, style: CellStyle) -> None:
        """Begin a cell."""
        if self.words:
            self._flush()
        table = self._tables[-1]
        if self._space < table.between:
            self._space = table.between
        if not table.rows:
            table.rows.append([])
        row = table.rows[-1]
        if row:
            table.wide = True
        row.append((len(self._blocks), style))

    def row_and_cell(self, style: CellStyle) -> None:
        """Begin a row and its first cell."""
        if self.words:
            self._flush()
        table = self._tables[-1]
        if self._space < table.between:
            self._space = table.between
        table.rows.append([(len(self._blocks), style)])

    def leave_table(self, _: object) -> None:
        """End a table: aligned columns when its cells are short, else its cells one after the other."""
        if self.words:
            self._flush()
        table = self._tables.pop()
        self._space = 2
        if table.wide and table.leaf and table.start < len(self._blocks):
            self._blocks[table.start :] = settled(table, self._blocks[table.start :], self._width)

    # ---- the end

    def finish(self) -> str:
        """The text: empty, or lines that each end with one line feed."""
        self.gap(0)
        blocks = self._blocks
        if self._bare:
            blocks = self._without_repeated_links()
        text = printed(blocks, self._width)
        if self._shielded:
            text = unshielded(text)
        return text

    def _without_repeated_links(self) -> list[Block]:
        """The blocks with a wordless link's target only where no other link says it."""

        def once(match: re.Match[str]) -> str:
            href = match[1][1:-1]
            if href in self._shown:
                return ""
            self._shown.add(href)
            return match[1]

        kept = []
        space = 0
        for block in self._blocks:
            space = max(space, block.space)
            if "\x02" in block.text:
                text = _BARE.sub(once, block.text)
                text = tidy(text).strip("\n") if block.kind != LINES else stripped_lines(text)
                block = block._replace(text=text)
            if block.text:
                kept.append(block._replace(space=space))
                space = 0
        return kept


ENDS_PARAGRAPH = frozenset({
    Flow.gap, Flow.rule, Flow.heading, Flow.preformatted, Flow.quotation, Flow.indented, Flow.leave, Flow.begin_list,
    Flow.item, Flow.leave_list, Flow.table, Flow.row, Flow.cell, Flow.row_and_cell, Flow.leave_table,
})  # fmt: skip
"""The steps that end the paragraph at hand and begin a line."""


class _Tidied(NamedTuple):
    text: str
    before: bool
    after: bool


def _preformatted(raw: str) -> str:
    raw = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return stripped_lines(raw.expandtabs(8))


def _tidied(raw: str) -> _Tidied:
    """The paragraph, and whether line breaks before or after it make a blank line."""
    text = tidy(raw)
    if "\n" not in text:
        return _Tidied(text, False, False)
    kept = text.strip("\n")
    return _Tidied(kept, text[0] == "\n", text.endswith("\n\n"))
