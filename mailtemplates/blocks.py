"""The blocks that a plain text consists of, and their printing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.wrapping import display_width, wrap

PARAGRAPH, LINES, RULE = "p", "lines", "rule"
NARROWEST = 24
"""Cells that a line has at least, however deep it is indented."""

_REMEMBERED = 2048
_LONGEST_KNOWN = 2000
_LAST_LINK = re.compile(r"(.*\S) (<[^<>\s]+>)", re.DOTALL)


class Block(NamedTuple):
    """A block of the text: ``space`` before it (1: new line, 2: blank line), prefixes of its first and other lines.

    ``kind`` is ``"p"`` (wrapped), ``"h1"`` … ``"h6"`` (wrapped, the first two underlined), ``"lines"`` (as they are)
    or ``"rule"``.
    """

    space: int
    first: str
    rest: str
    kind: str
    text: str


def printed(blocks: Sequence[Block], width: int) -> str:
    """The text of the blocks in lines of at most ``width`` cells, each with its line feed; empty without blocks."""
    parts: list[str] = []
    append = parts.append
    before = ""
    for space, first, rest, kind, text in blocks:
        if parts:
            append("\n")
            if space > 1:
                append(f"{_common(before, rest)}\n" if before and rest else "\n")
        if not first and not rest:
            append(_body(kind, text, width))
        else:
            lines = _body(kind, text, max(width - len(rest), NARROWEST)).split("\n")
            append("\n".join([(first + lines[0]).rstrip(), *((rest + line).rstrip() for line in lines[1:])]))
        before = rest
    if parts:
        append("\n")
    return "".join(parts)


def _common(before: str, after: str) -> str:
    """The quotation marks that a blank line between two blocks has."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return before[:same].rstrip()


def _body(kind: str, text: str, width: int) -> str:
    if kind == LINES:
        return text
    if kind == RULE:
        return "-" * width
    if kind == PARAGRAPH or kind > "h2":
        if len(text) <= width // 2 and text.isascii():
            return text
        return _filled_again(text, width) if len(text) < _LONGEST_KNOWN else _filled(text, width)
    return _heading(text, "=" if kind == "h1" else "-", width)


def _filled(text: str, width: int) -> str:
    return "\n".join(wrap(text, width))


_filled_again = lru_cache(_REMEMBERED)(_filled)


def _heading(text: str, line: str, width: int) -> str:
    """The heading underlined; the target of a link that ends it stands below."""
    linked = _LAST_LINK.fullmatch(text)
    lines = wrap(linked[1] if linked else text, width)
    lines.append(line * min(width, max(map(display_width, lines))))
    return "\n".join([*lines, linked[2]] if linked else lines)


def stripped_lines(text: str) -> str:
    """``text`` without white space at line ends, blank lines at its ends, and more than one blank line in a row."""
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
