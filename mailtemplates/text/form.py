"""The plain text of documents of one shape: lines that are known, and places where their values go.

A :class:`Form` is drawn up once (:mod:`~mailtemplates.text.draft`). Filling it in takes the values only, and is the
same as reading the whole document as long as the values are plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import unescape
from operator import itemgetter
from typing import Any, NamedTuple

from mailtemplates.html.markup import decode
from mailtemplates.pattern import pattern
from mailtemplates.text.blocks import LINES, NARROWEST, PARAGRAPH, Written, laid_out, printed
from mailtemplates.text.columns import Columns
from mailtemplates.text.nesting import target
from mailtemplates.text.tables import Table, columns_of, settled
from mailtemplates.text.targets import is_said
from mailtemplates.text.woven import Shape, Take, Woven, taker
from mailtemplates.text.wrapping import display_width, filled

MARK = "\ue000"
"""Stands for a value in a :class:`Blank`."""

_OPEN_REFERENCE = pattern(r"&#?[0-9A-Za-z]*\Z")


class Blank(str):
    """A text with a :data:`MARK` for each of the values of these ``indexes``."""

    __slots__ = ("indexes",)

    indexes: tuple[int, ...]

    def __new__(cls, text: str, indexes: Iterable[int]) -> Blank:
        self = super().__new__(cls, text)
        self.indexes = tuple(indexes)
        return self


class Pending(Blank):
    """What stands for a table until its cells are known."""

    __slots__ = ("blocks", "table")

    table: Table
    blocks: Sequence[Written]


class Words(NamedTuple):
    """Words with values in them, ready to be said."""

    template: str
    take: Callable[[Sequence[str]], Any]

    def said(self, values: Sequence[str]) -> str:
        """The words with these values."""
        said: str = self.template % self.take(values)
        return said


def words(text: str) -> Words:
    """The words that a text is; one that is no :class:`Blank` has no values."""
    indexes = text.indexes if isinstance(text, Blank) else ()
    take = itemgetter(indexes[0]) if len(indexes) == 1 else taker(indexes)
    return Words(text.replace("%", "%%").replace(MARK, "%s"), take)


class Link(NamedTuple):
    """A link whose words may turn out to be its target. ``is_safe``: it leads somewhere, whatever its value."""

    words: Words
    href: Words
    is_safe: bool

    def said(self, values: Sequence[str]) -> str | None:
        """The words and the target; None when they need more care."""
        href = self.href.said(values)
        if not self.is_safe:
            href = target(href)
        if not href or " " in href:
            return None
        said = self.words.said(values)
        return href if is_said(said, href) else f"{said} <{href}>"


class Paragraph(NamedTuple):
    """A block with values in its text."""

    first: str
    rest: str
    kind: str
    text: Words

    def lines(self, values: Sequence[str], width: int) -> str:
        """The lines of the block."""
        first, rest, kind, (template, take) = self
        text = template % take(values)
        if kind == PARAGRAPH and not rest and not first and text.isascii() and "\n" not in text:
            return text if len(text) <= width else "\n".join(filled(text, width))
        return laid_out(first, rest, kind, text, width)


class Grid(NamedTuple):
    """A table with values in its cells. ``columns``: what it becomes when they fit.

    The texts of its cells are taken from the values, and ``others`` behind them.
    """

    table: Table
    blocks: Sequence[Written]
    others: Sequence[str | Words]
    take: Take
    columns: Columns | None

    def lines(self, values: Sequence[str], width: int) -> str:
        """The lines that the table becomes."""
        others = [text if isinstance(text, str) else text.said(values) for text in self.others]
        texts = self.take([*values, *others])
        first, rest = self.blocks[0][1:3]
        lines = self.columns.lines(texts, max(width - display_width(rest), NARROWEST)) if self.columns else None
        if lines is not None:
            text = "\n".join(lines)
            return laid_out(first, rest, LINES, text, width) if first or rest else text
        written = [(*block[:4], text, "") for block, text in zip(self.blocks, texts, strict=True)]
        return printed(settled(self.table, written, width), width)[:-1]


def grid(pending: Pending, count: int) -> Grid:
    """The table that a block stands for, in a text of ``count`` values."""
    blocks = pending.blocks
    others: list[str | Words] = []
    indexes: list[int] = []
    for *_, text, _lines in blocks:
        if isinstance(text, Blank) and text == MARK:
            indexes += text.indexes
        else:
            indexes.append(count + len(others))
            others.append(words(text) if isinstance(text, Blank) else text)
    start = next((at for row in pending.table.rows for at, _ in row), 0)
    is_plain = start == 0 and all((text if isinstance(text, str) else text[0]).isprintable() for text in others)
    columns = columns_of(pending.table, 0, blocks) if is_plain else None
    return Grid(pending.table, blocks, others, taker(indexes), columns)


class Form(NamedTuple):
    """The text of documents of one shape.

    ``shape`` has the lines that are known, ``entries`` are what stands between them. ``links`` are said before
    those, and count as values behind the document's. The values ``unspaced`` may have no spaces in them.
    """

    width: int
    shape: Shape
    entries: Sequence[Paragraph | Grid]
    links: Sequence[Link]
    unspaced: Take

    def filled(self, values: Sequence[str]) -> Woven | None:
        """The text with these values; None when they need more care than a form gives."""
        plain = _plain(values)
        if plain is None or " " in "".join(self.unspaced(plain)):
            return None
        for link in self.links:
            said = link.said(plain)
            if said is None:
                return None
            plain.append(said)
        width = self.width
        return Woven.filled(self.shape, [entry.lines(plain, width) for entry in self.entries])


def _plain(values: Sequence[str]) -> list[str] | None:
    """The values decoded, when each is words that change nothing around them."""
    every = " ".join(values)
    if '"' in every or ">" in every:
        return None
    known = list(values)
    if "&" in every:
        known = [_decoded(value) if "&" in value else value for value in values]
        every = " ".join(known)
    return known if every.isprintable() and "  " not in every else None


def _decoded(value: str) -> str:
    """A value with its references decoded; one that is not plain when text and attributes differ on them."""
    said = unescape(value)
    is_plain = said.strip() == said != "" and not _OPEN_REFERENCE.search(value) and said == decode(value)
    return said if is_plain else "\n"
