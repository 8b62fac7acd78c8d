"""How a :class:`~mailtemplates.text.form.Form` is drawn up: a document is read once with blanks for its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape
from typing import Any

from mailtemplates.html.markup import RAW_TEXT, Token, attribute_spans, cut
from mailtemplates.pattern import pattern
from mailtemplates.text.blocks import LINES, PARAGRAPH, RULE, Block, between, laid_out, preformatted, tidied
from mailtemplates.text.flow import Flow, Op
from mailtemplates.text.form import MARK, Blank, Form, Grid, Link, Paragraph, Pending, grid, words
from mailtemplates.text.nesting import Frame, target
from mailtemplates.text.numbering import ListStyle
from mailtemplates.text.reading import Memory, is_closed
from mailtemplates.text.tables import Table
from mailtemplates.text.targets import cannot_say, needs_shield, spaced, with_target
from mailtemplates.text.woven import Shape, taker
from mailtemplates.text.wrapping import JOINT, beginning, parted, tidy

_ATTRIBUTES = frozenset({"href", "alt", "src", "lang", "dir", "title", "content", "bgcolor"})
_MARKS = pattern("[\ue000-\uf8ff]")
_MOST_IN_TAG = 100
_TELLS_SCHEME = 12
_JOINERS = pattern("[\u200c\u200d]")
_OPEN_REFERENCE = pattern("&#?[0-9A-Za-z]*[\ue000-\uf8ff]")
_COMMENT_MAY_END = pattern("[\ue000-\uf8ff][->!]")
_BESIDE_BLANK = pattern(f"(?<={MARK}){JOINT}+|{JOINT}+(?={MARK})")
_TITLE_END = pattern(r"[^<>]*</title>")


class UnfitError(Exception):
    """The document's text depends on its values in ways that a form does not know."""


class Draft(Flow):
    """The text of a document with blanks for its values."""

    __slots__ = ("count", "said", "unspaced")

    def __init__(self, width: int, count: int) -> None:
        super().__init__(width)
        self.count = count
        self.said: list[Link] = []
        self.unspaced: set[int] = set()

    def take(self, ops: Iterable[Op]) -> None:
        """Take steps of writing."""
        for op in ops:
            if isinstance(op, str):
                self.words.append(op)
            else:
                getattr(self, op[0].__name__)(op[1])

    def flush(self) -> int:
        indexes = _indexes(self.words)
        if not indexes:
            return super().flush()
        raw = _parted("".join(self.words))
        self.words.clear()
        if _JOINERS.search(raw) or (self.kind == LINES and "\t" in raw):
            raise UnfitError
        text, before, after = (preformatted(raw), False, False) if self.kind == LINES else tidied(raw)
        return self.written(Blank(text, indexes), before, after)

    def leave_link(self, _: object) -> None:
        href, spot, _ = self.links[-1]
        if len(self.blocks) != spot[0]:
            if _indexes(self.words) or isinstance(self.blocks[-1][4], Blank):
                raise UnfitError
            if not isinstance(href, Blank):
                return super().leave_link(None)
            del self.links[-1]
            return self._link_blocks(href)
        start = self._start(spot)
        if not href or not _indexes([href, *self.words[start:]]):
            return super().leave_link(None)
        del self.links[-1]
        self.words[start:] = self._linked(Blank("".join(self.words[start:]), _indexes(self.words[start:])), href)
        return None

    def _link_blocks(self, href: Blank) -> None:
        """Put the target of a link over several blocks behind what it said last."""
        last = Block._make(self.blocks[-1])
        goes_on = bool(tidy("".join(self.words)).strip("\n"))
        if last.kind in (LINES, RULE) or not self._is_distinct("" if goes_on else last.text, href):
            raise UnfitError
        if goes_on:
            self.words.append(Blank(f" <{href}>", href.indexes))
        else:
            self.blocks[-1] = last._replace(text=Blank(f"{last.text} <{href}>", href.indexes), lines="")

    def _is_distinct(self, words: str, href: Blank) -> bool:
        """Whether a target stands behind ``words`` and leads somewhere, as long as no value in it has spaces."""
        begun = href.partition(MARK)[0]
        if not _is_safe(href) or needs_shield(href.replace(MARK, "")) or not cannot_say(words, begun):
            return False
        self.unspaced.update(href.indexes)
        return True

    def _linked(self, said: Blank, href: str) -> list[str]:
        """The words of a link with its target."""
        text = Blank(tidy(_parted(said)).strip(" \n"), said.indexes)
        if not text or needs_shield(href.replace(MARK, "")) or _JOINERS.search(said):
            raise UnfitError
        if isinstance(href, Blank) and not said.indexes and self._is_distinct(text, href):
            return [Blank(with_target(said, text, href), href.indexes)]
        if self.kind == LINES:
            raise UnfitError
        self.said.append(Link(words(text), words(href), _is_safe(href)))
        return [Blank(spaced(said, f"{JOINT}{MARK}{JOINT}"), (self.count + len(self.said) - 1,))]

    def leave_superscript(self, _: object) -> None:
        spot = self.spots[-1]
        said = self.words[self._start(spot) :] if len(self.blocks) == spot[0] else []
        if _indexes(self.words) and (_indexes(said) or "".join(said).strip().isdigit()):
            raise UnfitError
        super().leave_superscript(None)

    def begin_list(self, style: ListStyle) -> None:
        if style.backwards and style.start is None:
            raise UnfitError
        super().begin_list(style)

    def leave_table(self, _: object) -> None:
        if self.words:
            self.flush()
        table = self.tables[-1]
        inside = self.blocks[table.start :]
        if not (table.wide and table.leaf and any(isinstance(block[4], Blank) for block in inside)):
            return super().leave_table(None)
        if self.links or self.spots or len({block[2] for block in inside}) > 1:
            raise UnfitError
        self.tables.pop()
        self.space = 2
        pending = Pending(MARK, ())
        rows = [[(at - table.start, style) for at, style in row] for row in table.rows]
        pending.table, pending.blocks = Table(0, table.between, True, True, rows), inside
        space, first, rest, _kind, _text, _lines = inside[0]
        self.blocks[table.start :] = [(space, first, rest, LINES, pending, "")]
        return None

    def form(self) -> Form:
        """The form, once all is said."""
        self.gap(0)
        if self.bare or self.shielded:
            raise UnfitError
        statics: list[list[str]] = [[]]
        entries: list[Paragraph | Grid] = []
        before = ""
        for number, block in enumerate(self.blocks):
            space, first, rest, kind, text, lines = block
            if number:
                statics[-1].append(between(space, before, rest))
            before = rest
            if isinstance(text, Blank):
                if kind == PARAGRAPH and not first and not rest:
                    begun, text = self._begun(text)
                    statics[-1].append(begun)
                if isinstance(text, Pending):
                    entries.append(grid(text, self.count + len(self.said)))
                else:
                    entries.append(Paragraph(first, rest, kind, words(text)))
                statics.append([])
            else:
                statics[-1].append(lines or laid_out(first, rest, kind, text, self.width))
        statics[-1].append("\n" if self.blocks else "")
        return Form(self.width, Shape(map("".join, statics)), entries, self.said, taker(sorted(self.unspaced)))

    def _begun(self, text: Blank) -> tuple[str, Blank]:
        """The lines of a paragraph that are the same whatever its values are, and the rest of it."""
        known, _, following = text.partition(MARK)
        whole = "x" + re.split(f"[ \n{MARK}]", following, maxsplit=1)[0] if text.indexes[0] in self.unspaced else ""
        lines, rest = beginning(known + whole, self.width)
        begun = "".join([f"{line}\n" for line in lines])
        return begun, Blank(text[len(known) + len(whole) - len(rest) :], text.indexes)


def _indexes(words: Sequence[str]) -> list[int]:
    """The values in some words, in order."""
    return [index for word in words if isinstance(word, Blank) for index in word.indexes]


def _is_safe(href: str) -> bool:
    """Whether a target leads somewhere, whatever the values in it are."""
    begun = href.partition(MARK)[0]
    return len(begun) > _TELLS_SCHEME and bool(target(begun))


def _parted(raw: str) -> str:
    """``raw`` without marks that may be spaces; only its blanks could tell whether some are."""
    if JOINT not in raw:
        return raw
    known = parted(raw)
    if known != parted(_BESIDE_BLANK.sub("", raw)):
        raise UnfitError
    return known


def draw_up(shape: Shape, width: int, memory: Memory) -> Form | None:
    """The form for the text of documents of a shape; None when their text cannot have one."""
    statics = shape.statics
    if any(_MARKS.search(unescape(static) if "&#" in static else static) for static in statics):
        return None
    reader = _Reader(statics, Draft(width, len(statics) - 1), memory)
    try:
        reader.read()
        return reader.draft.form()
    except UnfitError:
        return None


class _Reader:
    """Reads a document with blanks for its values."""

    def __init__(self, statics: Sequence[str], draft: Draft, memory: Memory) -> None:
        self.statics = statics
        self.draft = draft
        self.memory = memory
        self.frame: Frame = memory.root
        self.at = 0

    def read(self) -> None:
        """Read it all."""
        last = len(self.statics) - 1
        html = self.statics[0]
        while True:
            stretch = self.memory.stretch(self.frame, html)
            self.draft.take(stretch.ops)
            self.frame = stretch.frame
            if self.at == last:
                break
            if stretch.rest:
                html = self._behind_markup(stretch.rest)
                continue
            if not self.frame.hidden:
                self.draft.words.append(Blank(MARK, (self.at,)))
            self.at += 1
            html = self.statics[self.at]
        self._end(stretch.rest)

    def _end(self, rest: str) -> None:
        """Read what is never closed, and close what is open."""
        ops, frame = self.memory.read(self.frame, rest, cut(rest), len(rest))
        self.draft.take(ops)
        self.draft.take(frame.unwind())

    def _behind_markup(self, begun: str) -> str:
        """Read markup with values in it; what stands behind it up to the next value."""
        if begun.startswith("<title>"):
            return self._behind_title()
        html, first = begun, self.at
        while self.at < len(self.statics) - 1 and self.at - first < _MOST_IN_TAG:
            html += chr(ord(MARK) + self.at - first) + self.statics[self.at + 1]
            self.at += 1
            if ">" in self.statics[self.at]:
                token = cut(html)[0]
                markup = html[: token.end]
                if token.kind == "start" or (token.kind == "comment" and is_closed(markup)):
                    self._markup(markup, token, first)
                    return html[token.end :]
        raise UnfitError

    def _behind_title(self) -> str:
        while self.at < len(self.statics) - 1:
            self.at += 1
            ended = _TITLE_END.match(self.statics[self.at])
            if ended:
                return self.statics[self.at][ended.end() :]
            if "<" in self.statics[self.at]:
                break
        raise UnfitError

    def _markup(self, html: str, token: Token, first: int) -> None:
        is_known = _are_in_values(html) and token.name not in RAW_TEXT if token.kind == "start" else _is_comment(html)
        if not is_known:
            raise UnfitError
        ops, self.frame = self.memory.read(self.frame, html, [token], token.end)
        self.draft.take([_with_blanks(op, first) for op in ops])


def _are_in_values(tag: str) -> bool:
    """Whether the marks in a tag stand in quoted values of attributes that cannot hide it."""
    inside = [
        tag[span.value_start : span.value_end]
        for span in attribute_spans(tag)
        if span.quote == '"' and span.name in _ATTRIBUTES
    ]
    marks = len(_MARKS.findall(tag))
    return sum(len(_MARKS.findall(value)) for value in inside) == marks and not _OPEN_REFERENCE.search(tag)


def _is_comment(markup: str) -> bool:
    """Whether markup is a comment, whatever is written for the marks in it."""
    return markup.startswith("<!--") and not _COMMENT_MAY_END.search(markup)


def _with_blanks(op: Op, first: int) -> Op:
    """A step of writing with blanks for the marks in it."""
    if isinstance(op, str):
        return _blank(op, first)
    said: Any = op[1]
    if isinstance(said, str):
        if op[0] is not Flow.link and _MARKS.search(said):
            raise UnfitError
        return op[0], _blank(said, first)
    return op


def _blank(text: str, first: int) -> str:
    marks = _MARKS.findall(text)
    return Blank(_MARKS.sub(MARK, text), [first + ord(mark) - ord(MARK) for mark in marks]) if marks else text
