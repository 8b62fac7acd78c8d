"""Plans: what a list of pieces becomes, remembered by the pieces that decide it.

:func:`distribute` cuts the edits of a document along its pieces; :func:`walk` makes a plan from known paths,
without cutting the whole document.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from mailtemplates.html.markup import Token, cut
from mailtemplates.inlining.anatomy import InlineWarning, element_span
from mailtemplates.inlining.edits import Edit, apply, narrowed
from mailtemplates.inlining.paths import Node, PathGraph
from mailtemplates.inlining.pieces import Lexer, Mode, PieceKey
from mailtemplates.inlining.rulebook import INVISIBLE
from mailtemplates.memo import Memo


class Plan(NamedTuple):
    """What each piece becomes; None for a piece that stays. ``links`` are the linked sheets as they were read;
    ``warnings`` what was wrong with the first document of the plan."""

    outs: tuple[str | None, ...]
    links: tuple[tuple[str, str], ...]
    warnings: tuple[InlineWarning, ...] = ()


class Change(NamedTuple):
    """What a piece does to a walk: its new text, an edit of the tag that earlier pieces began, and where it leads."""

    out: str
    earlier: Edit | None
    node: Node
    mode: Mode
    sheets: int
    implied: frozenset[int]
    shown: bool


class Paths:
    """The paths known for one set of style sheets. ``sheets`` are the document's ``<style>`` elements and ``<link>``
    tags in order, each with what it becomes. ``needed`` are the selectors that match elements without a tag."""

    def __init__(
        self, lexer: Lexer, graph: PathGraph, sheets: tuple[tuple[str, str], ...], needed: frozenset[int]
    ) -> None:
        self.lexer = lexer
        self.graph = graph
        self.sheets = sheets
        self.needed = needed
        self.changes: Memo[tuple[Node, Mode, int, str], Change] = Memo(500_000)


class Family:
    """Documents that are likely of one template: the lexer for them, and the paths last known, newest first."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.paths: tuple[Paths, ...] = ()
        self.faulty = False


def distribute(pieces: Sequence[str], key: PieceKey, edits: Sequence[Edit]) -> tuple[str | None, ...] | None:
    """What each piece becomes under ``edits`` (sorted, narrow). None when an edit touches a value."""
    ends = list(accumulate(map(len, pieces)))
    outs: list[str | None] = [None if part is None else part for part in key]
    work: dict[int, list[Edit]] = {}
    at = 0
    for start, end, text in edits:
        while at < len(ends) - 1 and ends[at] <= start:
            at += 1
        if key[at] is None and start == end and at and ends[at - 1] == start and key[at - 1] is not None:
            work.setdefault(at - 1, []).append((len(pieces[at - 1]), len(pieces[at - 1]), text))
            continue
        piece, rest = at, text
        while True:
            first = ends[piece] - len(pieces[piece])
            if key[piece] is None and pieces[piece]:
                return None
            work.setdefault(piece, []).append((max(start - first, 0), min(end, ends[piece]) - first, rest))
            rest = ""
            if end <= ends[piece]:
                break
            piece += 1
    for piece, changes in work.items():
        outs[piece] = apply(pieces[piece], changes)
    return tuple(outs)


def walk(paths: Paths, key: PieceKey) -> tuple[str | None, ...] | None:
    """What each piece becomes, by known paths alone. None when a path is not known."""
    lexer = paths.lexer
    outs: list[str | None] = list(key)
    positions: list[int] = []
    text = mode = lexer.text
    node, sheets = paths.graph.root, 0
    implied: frozenset[int] = frozenset()
    shown = False
    for at, part in enumerate(key):
        if part is None:
            if node.outer and mode is text:
                following = paths.graph.text(node, blank=False)
                if following is None:
                    return None
                node = following
            continue
        step = node, mode, sheets, part
        change = paths.changes.get(step)
        if change is None:
            change = _change(lexer, paths, *step)
            if change is None:
                return None
            paths.changes.put(step, change, len(part) + 100)
        outs[at] = change.out
        if change.earlier:
            _mend(outs, positions, mode.segments, change.earlier)
        positions.append(at)
        node, mode, sheets = change.node, change.mode, change.sheets
        implied, shown = implied | change.implied, shown or change.shown
    return tuple(outs) if shown and sheets == len(paths.sheets) and implied == paths.needed else None


def _mend(outs: list[str | None], positions: list[int], segments: tuple[int, ...], edit: Edit) -> None:
    """Edit a tag in the pieces where it began: ``edit`` counts in the tag's text, of which each of the last pieces
    holds one segment at its end."""
    start, end, text = edit
    stop = 0
    for position, length in zip(positions[-len(segments) :], segments, strict=True):
        begin, stop = stop, stop + length
        if start < stop and (end > begin or start >= begin):
            out = outs[position] or ""
            base = len(out) - stop
            outs[position] = "".join((out[: base + max(start, begin)], text, out[base + min(end, stop) :]))
            text = ""


def _change(lexer: Lexer, paths: Paths, node: Node, mode: Mode, sheets: int, piece: str) -> Change | None:
    """Take ``piece`` in ``mode`` at ``node``. None when a path is not known, or when a sheet is cut in two."""
    following = lexer.step(mode, piece)
    if following is lexer.lost:
        return None
    html = "".join((mode.tail, piece))
    base = len(mode.tail)
    tokens = cut(html)
    begun = tokens[0] if tokens and base else None
    if begun and begun.kind == "start" and begun.end <= base:
        del tokens[0]
    if following is not lexer.text and tokens and tokens[-1].kind == "text" and node.outer:
        return None
    walker = _Walker(paths, html, tokens, node, sheets)
    if following.tail.startswith("<style>") or not walker.run():
        return None
    edits = walker.edits
    earlier = edits.pop(0) if edits and edits[0][0] < base else None
    if (earlier and earlier[1] > base) or (edits and edits[0][0] < base):
        return None
    if earlier and not mode.segments:
        return None
    out = apply(piece, [(start - base, end - base, text) for start, end, text in edits]) if edits else piece
    return Change(out, earlier, walker.node, following, walker.sheets, walker.implied, walker.shown)


class _Walker:
    """One piece's way through the graph, gathering edits."""

    def __init__(self, paths: Paths, html: str, tokens: list[Token], node: Node, sheets: int) -> None:
        self.paths = paths
        self.html = html
        self.tokens = tokens
        self.node = node
        self.sheets = sheets
        self.edits: list[Edit] = []
        self.implied: frozenset[int] = frozenset()
        self.shown = False

    def run(self) -> bool:
        graph = self.paths.graph
        for number, token in enumerate(self.tokens):
            if token.kind == "start":
                node = self._start(number, token)
            elif token.kind == "end":
                node = graph.leave(self.node, token.name)
            else:
                node = graph.other(self.node, token, self.html)
            if node is None:
                return False
            self.node = node
        return True

    def _start(self, number: int, token: Token) -> Node | None:
        graph, html, name = self.paths.graph, self.html, token.name
        tag = html[token.start : token.end]
        step = graph.enter(self.node, tag, name)
        if step is None:
            return None
        self.implied |= step.implied
        self.shown = self.shown or (name not in INVISIBLE and name != "html")
        if name in ("style", "link"):
            if not self.node.foreign and not self._sheet(number):
                return None
        elif step.numbers and name not in INVISIBLE:
            styled = graph.rulebook.styled(tag, name, step.numbers)
            if styled is not tag:
                self.edits.append(narrowed(token.start, tag, styled))
        return step.node

    def _sheet(self, number: int) -> bool:
        """Whether the style element or link is the next that is expected; edits it."""
        start, end = element_span(self.html, self.tokens, number)
        if self.sheets >= len(self.paths.sheets) or self.paths.sheets[self.sheets][0] != self.html[start:end]:
            return False
        old, new = self.paths.sheets[self.sheets]
        if old != new:
            self.edits.append(narrowed(start, old, new))
        self.sheets += 1
        return True
