"""The blocks that a plain text consists of, and their printing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailtemplates.pattern import pattern
from mailtemplates.text.wrapping import JOINT, display_width, filled, parted, tidy, wrap

PARAGRAPH, LINES, RULE = "p", "lines", "rule"
NARROWEST = 24
"""Cells that a line has at least, however deep it is indented."""

_BARE = pattern("\x02(.*?)\x02", re.DOTALL)
_JOINED = pattern("[\\w\x02]")
_LAST_LINK = pattern(r"(.*\S) (<[^<>\s]+>)", re.DOTALL)


class Block(NamedTuple):
    """A block of the text: ``space`` before it (1: new line, 2: blank line), prefixes of its first and other lines.

    ``kind`` is ``"p"`` (wrapped), ``"h1"`` … ``"h6"`` (wrapped, the first two underlined), ``"lines"`` (as they are)
    or ``"rule"``. ``lines`` is how it is printed, when that is known.
    """

    space: int
    first: str
    rest: str
    kind: str
    text: str
    lines: str = ""


Written = tuple[int, str, str, str, str, str]
"""A :class:`Block` as it is written."""


def printed(blocks: Sequence[Written], width: int) -> str:
    """The text of the blocks in lines of at most ``width`` cells, each with its line feed; empty without blocks."""
    parts: list[str] = []
    append = parts.append
    before = ""
    for space, first, rest, kind, text, lines in blocks:
        if parts:
            append(between(space, before, rest))
        if lines:
            append(lines)
        elif rest or first:
            append(laid_out(first, rest, kind, text, width))
        elif kind == PARAGRAPH and text.isascii() and "\n" not in text:
            append(text if len(text) <= width else "\n".join(filled(text, width)))
        else:
            append(_body(kind, text, width))
        before = rest
    if parts:
        append("\n")
    return "".join(parts)


def with_lines(block: Written, width: int) -> Block:
    """The block with its lines."""
    _, first, rest, kind, text, _ = block
    return Block._make(block)._replace(lines=laid_out(first, rest, kind, text, width))


def merged(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those whose lines are known together as long as they have the same prefix."""
    found: list[Block] = []
    for block in blocks:
        last = found[-1] if found else None
        if last is None or not last.lines or not block.lines or block.rest != last.rest:
            found.append(block)
            continue
        blank = f"\n{block.rest.rstrip()}\n" if block.space > 1 else "\n"
        lines = f"{last.lines}{blank}{block.lines}"
        found[-1] = Block(last.space, last.first, last.rest, LINES, lines, lines)
    return found


def between(space: int, before: str, rest: str) -> str:
    """What stands between two blocks, given the space and the prefixes ``before`` it and of the ``rest``."""
    if space < 2:
        return "\n"
    return f"\n{_common(before, rest)}\n" if before and rest else "\n\n"


def laid_out(first: str, rest: str, kind: str, text: str, width: int) -> str:
    """The lines of a block of these prefixes, kind and text."""
    if not first and not rest:
        return _body(kind, text, width)
    lines = _body(kind, text, max(width - len(rest), NARROWEST)).split("\n")
    return "\n".join([(first + lines[0]).rstrip(), *((rest + line).rstrip() for line in lines[1:])])


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
        return text if len(text) <= width and text.isascii() else "\n".join(wrap(text, width))
    return _heading(text, "=" if kind == "h1" else "-", width)


def _heading(text: str, line: str, width: int) -> str:
    """The heading underlined; the target of a link that ends it stands below."""
    linked = _LAST_LINK.fullmatch(text) if text.endswith(">") else None
    lines = wrap(linked[1] if linked else text, width)
    lines.append(line * min(width, max(map(display_width, lines))))
    return "\n".join([*lines, linked[2]] if linked else lines)


def stripped_lines(text: str) -> str:
    """``text`` without white space at line ends, blank lines at its ends, and more than one blank line in a row."""
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class Tidied(NamedTuple):
    """A paragraph, and whether line breaks before or after it make a blank line."""

    text: str
    before: bool
    after: bool


def preformatted(raw: str) -> str:
    """The lines of preformatted text."""
    raw = parted(raw) if JOINT in raw else raw
    raw = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return stripped_lines(raw.expandtabs(8))


def tidied(raw: str) -> Tidied:
    """The paragraph that ``raw`` is."""
    text = tidy(raw)
    if "\n" not in text:
        return Tidied(text, False, False)
    kept = text.strip("\n")
    return Tidied(kept, text[0] == "\n", text.endswith("\n\n"))


def without_repeated_links(blocks: Iterable[Block], shown: set[str]) -> list[Block]:
    """The blocks with a wordless link's target, marked ``\\x02<target>\\x02``, only where no other link says it.

    ``shown`` are the targets that are said; the others are added. A space keeps such a target from the word beside it.
    """

    def once(match: re.Match[str]) -> str:
        href, text = match[1][1:-1], match.string
        if href in shown:
            return ""
        shown.add(href)
        before = " " if match.start() and _JOINED.match(text, match.start() - 1) else ""
        return f"{before}{match[1]} " if _JOINED.match(text, match.end()) else before + match[1]

    kept = []
    space = 0
    for block in blocks:
        space = max(space, block.space)
        if "\x02" in block.text:
            text = _BARE.sub(once, block.text)
            text = tidy(text).strip("\n") if block.kind != LINES else stripped_lines(text)
            block = block._replace(text=text, lines="")
        if block.text:
            kept.append(block._replace(space=space))
            space = 0
    return kept
