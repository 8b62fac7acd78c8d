"""The cascade: which declarations an element ends with, written as the value of its ``style`` attribute.

CSS Cascade 4 §6: importance, then the style attribute over the sheets, then specificity, then order. The
declarations are written weakest first, so that a shorthand and a longhand override each other as they did in the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailtemplates.css.stylesheet import Declaration, read_declarations
from mailtemplates.pattern import pattern


class Match(NamedTuple):
    """A rule that applies to an element: its weight in the cascade, and its declarations."""

    specificity: tuple[int, int, int]
    order: int
    declarations: tuple[Declaration, ...]


_DOUBTFUL = pattern(
    r"(?:^|[\s,(])-(?:webkit|moz|ms|o)-|(?:gradient|calc|min|max|clamp|var|env|image-set|rgba?|hsla?|attr)\(|progid:"
    r"|\b(?:flex|grid|inherit|initial|unset|revert|fit-content|auto)\b|\d(?:rem|vh|vw|ch|vmin|vmax)\b|[\\{$%]\w*[({%]"
)


def cascade(matches: Iterable[Match], own: str) -> str:
    """The ``style`` of an element that ``matches`` apply to and whose own style attribute is ``own``.

    Of two declarations of one property the stronger stays, except that a block's fallbacks (``color: #888; color:
    rgb(0 0 0 / .5)``) stay together, and that a value which not every client reads keeps the weaker one before it.
    """
    weak: list[tuple[Declaration, ...]] = []
    strong: list[tuple[Declaration, ...]] = []
    for match in sorted(matches, key=lambda match: match[:2]):
        _share(match.declarations, weak, strong)
    _share(read_declarations(own), weak, strong)
    style: dict[str, list[Declaration]] = {}
    for block in (*weak, *strong):
        _apply(block, style)
    return "; ".join(_written(declaration) for group in style.values() for declaration in group)


def _share(
    block: tuple[Declaration, ...], weak: list[tuple[Declaration, ...]], strong: list[tuple[Declaration, ...]]
) -> None:
    important = tuple(declaration for declaration in block if declaration.important)
    if not important:
        weak.append(block)
        return
    weak.append(tuple(declaration for declaration in block if not declaration.important))
    strong.append(important)


def _apply(block: tuple[Declaration, ...], style: dict[str, list[Declaration]]) -> None:
    fresh: set[str] = set()
    for declaration in block:
        name = declaration.name or declaration.value
        group = style.pop(name, [])
        if name not in fresh and not _DOUBTFUL.search(declaration.value):
            group = []
        fresh.add(name)
        style[name] = [*(one for one in group if one != declaration), declaration][-4:]


def _written(declaration: Declaration) -> str:
    if not declaration.name:
        return declaration.value
    important = " !important" if declaration.important and not declaration.yields else ""
    return f"{declaration.name}: {declaration.value}{important}"
