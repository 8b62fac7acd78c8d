"""The text/plain alternative, made from html."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailtemplates.flow import Flow, Op
from mailtemplates.markup import RAW_TEXT, Token, cut
from mailtemplates.nesting import Frame, Meaning, end_meaning, root, said_text, silent_meaning, start_meaning

WIDTH = 72
"""Cells in a line of the text, unless the caller says otherwise."""

_OPEN_REFERENCE = re.compile(r"&#?[0-9A-Za-z]*\Z")
_KEPT_TEXT = {"textarea": False, "xmp": True, "plaintext": True}
_AROUND_CELLS = frozenset({"table", "#rows", "#row"})


def to_text(html: str, *, width: int = WIDTH) -> str:
    """The text of an html document, as a person would write it for readers of plain text.

    :param html: any string; a fragment or a whole document, well formed or not.
    :param width: cells in a line, at least 24; URLs and other long words stand whole.
    :return: lines that end with one line feed each, or the empty string.
    """
    flow = Flow(width)
    ops, frame = _read(root(), html, cut(html))
    _write(flow, [*ops, *frame.unwind()])
    return flow.finish()


def text_of(pieces: Iterable[str], *, width: int = WIDTH) -> str:
    """:func:`to_text` of the concatenated pieces, fast when most pieces were seen before.

    :param pieces: the document in parts, cut anywhere: the parts of a template that never change, and values.
    """
    return to_text("".join(pieces), width=width)


def _write(flow: Flow, ops: Iterable[Op]) -> None:
    for op in ops:
        if type(op) is str:
            flow.words.append(op)
        else:
            op[0](flow, op[1])  # type: ignore[operator]


def _read(frame: Frame, html: str, tokens: Iterable[Token]) -> tuple[list[Op], Frame]:
    """What tokens of ``html`` say when they begin in ``frame``, and the frame after them."""
    ops: list[Op] = []
    for kind, start, end, name in tokens:
        if kind == "text":
            if not frame.hidden:
                text = said_text(html[start:end], frame.pre)
                if text != " " or frame.key not in _AROUND_CELLS:
                    ops.append(text)
        elif kind == "start" or kind == "end":
            meaning = _meaning(frame, kind, html[start:end], name)
            frame = _apply(frame, meaning, ops)
        elif kind == "raw" and not frame.hidden and name in _KEPT_TEXT:
            text = html[start:end]
            ops.append(said_text(text, _KEPT_TEXT[name]))
    return ops, frame


def _meaning(frame: Frame, kind: str, tag: str, name: str) -> Meaning:
    if kind == "end":
        return end_meaning(name)
    if frame.hidden:
        silent = silent_meaning(frame, name)
        if silent.key is None or frame.step(silent)[1].hidden:
            return silent
    return start_meaning(tag, name)


def _apply(frame: Frame, meaning: Meaning, ops: list[Op]) -> Frame:
    if meaning.key is None:
        if not frame.hidden:
            ops += meaning.ops
        return frame
    before, after = frame.step(meaning)
    ops += before
    if meaning.ops and (meaning.void or after.key == meaning.key):
        around = after if meaning.void else after.parent
        if around is not None and not around.hidden:
            ops += meaning.ops
    return after
