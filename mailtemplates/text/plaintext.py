"""The text/plain alternative, made from html."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mailtemplates.html.markup import cut
from mailtemplates.text.effects import apply
from mailtemplates.text.flow import BLANK, Flow, run
from mailtemplates.text.nesting import Frame, said_text
from mailtemplates.text.reading import Memory
from mailtemplates.text.steps import Node, TagStep
from mailtemplates.text.woven import Shape, Woven

if TYPE_CHECKING:
    from mailtemplates.text.form import Form

WIDTH = 72
"""Cells in a line of the text, unless the caller says otherwise."""

_FORM = "text"
_memory = Memory()


def to_text(html: str, *, width: int = WIDTH) -> str:
    """The text of an html document, as a person would write it for readers of plain text.

    :param html: any string; a fragment or a whole document, well formed or not.
    :param width: cells in a line, at least 24; URLs and other long words stand whole.
    :return: lines that end with one line feed each, or the empty string.
    """
    flow = Flow(width)
    memory = _fresh_memory()
    _end(flow, memory, memory.root, str(html))
    return flow.finish()


def text_of(pieces: Iterable[str], *, width: int = WIDTH) -> str:
    """:func:`to_text` of the concatenated pieces, fast when most pieces were seen before.

    :param pieces: the document in parts, cut anywhere: the parts of a template that never change, and values.
    """
    woven = pieces if isinstance(pieces, Woven) else Woven(pieces)
    if woven.shape is not None:
        form = _form(woven.shape, width)
        text = form.filled(woven.values) if form is not None else None
        if text is not None:
            return text
    return _read(woven.pieces, width)


def _form(shape: Shape, width: int) -> Form | None:
    """The form of a shape, drawn up the first time."""
    known: tuple[int, Form | None] | None = shape.notes.get(_FORM)
    if known is None or known[0] != width:
        from mailtemplates.text.draft import draw_up  # a process that renders once needs none

        known = shape.notes[_FORM] = (width, draw_up(shape, width, _fresh_memory()))
    return known[1]


def _read(pieces: Sequence[str], width: int) -> str:
    """The text of a document that has no form."""
    flow = Flow(width)
    words = flow.words
    memory = _fresh_memory()
    node = memory.begin(flow)
    todo = list(pieces)
    end = len(todo)
    at = 0
    while at < end:
        piece = todo[at]
        at += 1
        step = node.after.get(piece)
        if step is None:
            if "<" not in piece and "&" not in piece:
                if not node.hidden:
                    words.append(piece if piece.isprintable() else said_text(piece, node.frame.pre))
                continue
            step = memory.step(node, piece)
        while True:
            for op in step.head:
                if isinstance(op, str):
                    words.append(op)
                else:
                    op[0](flow, op[1])
            if not step.body:
                node = step.then
            else:
                outcome = flow.flush() if words else BLANK
                effect = step.effects[outcome]
                if type(effect) is tuple and not flow.links and not flow.spots:
                    apply(effect[0], flow)
                    node = effect[1]
                else:
                    node = memory.learn(step, flow, outcome)
            for op in step.tail:
                if isinstance(op, str):
                    words.append(op)
                else:
                    op[0](flow, op[1])
            rest = step.rest
            if not rest:
                break
            if at + 1 < end:
                value, ended = todo[at], todo[at + 1]
                tag = node.tags.get((rest, ended)) or (memory.tag(node, rest, ended) if ">" in ended else None)
                if tag is not None and not ('"' in value or "<" in value or ">" in value):
                    step = tag.say(value, flow) if tag.says else tag.step
                    at += 2
                    continue
            tag, after = _longer_tag(todo, at, rest, memory, node)
            if tag is not None:
                step, at = tag.step, after
                continue
            node, at, rest = _closed(todo, at, rest, memory, node, flow)
            if rest:
                _end(flow, memory, node.frame, rest)
                return flow.finish()
            break
    _end(flow, memory, node.frame, "")
    return flow.finish()


def _longer_tag(todo: list[str], at: int, rest: str, memory: Memory, node: Node) -> tuple[TagStep | None, int]:
    """A tag of two values that says nothing, or a title of several, and the place in ``todo`` behind it."""
    known: tuple[str, ...] | None
    if rest.startswith("<title>"):
        after = at
        while after < len(todo) and "<" not in todo[after]:
            after += 1
        known = (rest, todo[after]) if at < after < len(todo) else None
    else:
        after = at + 3
        values = todo[at:after:2]
        is_plain = after < len(todo) and not any('"' in value or "<" in value or ">" in value for value in values)
        known = (rest, todo[at + 1], todo[after]) if is_plain and ">" not in todo[at + 1] else None
    if known is None:
        return None, at
    tag = node.tags.get(known) or memory.tag(node, *known)
    return (tag, after + 1) if tag is not None and not tag.says else (None, at)


def _closed(todo: list[str], at: int, rest: str, memory: Memory, node: Node, flow: Flow) -> tuple[Node, int, str]:
    """Read on until what a piece leaves open is closed: the node, the place in ``todo``, and what is never closed."""
    held = _Held(rest)
    while held.pieces and at < len(todo):
        at += 1
        if not held.add(todo[at - 1]):
            continue
        ops, frame, rest = memory.resume(node.frame, held.pieces)
        if ops or frame is not node.frame:
            run(ops, flow)
            node = memory.node(frame, flow)
        held = held.after(rest)
    return node, at, "".join(held.pieces)


class _Held:
    """Pieces that wait for what closes the markup or the reference that the first of them opens.

    A try that closes nothing makes the next wait until there is twice as much, so the work stays linear.
    """

    __slots__ = ("_enough", "_size", "_tag", "pieces")

    def __init__(self, rest: str, enough: int = 0) -> None:
        self.pieces = [rest] if rest else []
        self._tag = rest[:1] == "<" and len(rest) > 1
        self._size = len(rest)
        self._enough = enough

    def add(self, piece: str) -> bool:
        """Hold one more; whether it is time to try."""
        self.pieces.append(piece)
        self._size += len(piece)
        return self._size >= self._enough and (not self._tag or ">" in piece)

    def after(self, rest: str) -> _Held:
        """What is held once all up to ``rest`` is read."""
        return _Held(rest, 2 * self._size if len(rest) == self._size else 0)


def _end(flow: Flow, memory: Memory, frame: Frame, html: str) -> None:
    """Write the last of a document and close what is open."""
    if html:
        ops, frame = memory.read(frame, html, cut(html), len(html))
        run(ops, flow)
    run(frame.unwind(), flow)


def _fresh_memory() -> Memory:
    global _memory
    if _memory.is_full():
        _memory = Memory()
    return _memory
