"""The cascade: which declarations an element ends with, written as the value of its ``style`` attribute.

CSS Cascade 4 §6: importance, then the style attribute over the sheets, then specificity, then order. The
declarations are written weakest first, so that a shorthand and a longhand override each other as they did in the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailtemplates.css.property import overlap
from mailtemplates.css.stylesheet import Declaration, read_declarations
from mailtemplates.css.value import may_be_dropped


class Match(NamedTuple):
    """A rule that applies to an element: its weight in the cascade, and its declarations."""

    specificity: tuple[int, int, int]
    order: int
    declarations: tuple[Declaration, ...]


def cascade(matches: Iterable[Match], own: str) -> str:
    """The ``style`` of an element that ``matches`` apply to and whose own style attribute is ``own``.

    Of two declarations of one property the stronger stays, except that a block's fallbacks (``color: #888; color:
    rgb(0 0 0 / .5)``) stay together, and that a value which a client may drop keeps the weaker one before it.
    """
    weak: list[tuple[Declaration, ...]] = []
    strong: list[tuple[Declaration, ...]] = []
    for match in sorted(matches, key=lambda match: match[:2]):
        _share(match.declarations, weak, strong)
    _share(read_declarations(own), weak, strong)
    style: dict[str, list[Declaration]] = {}
    for block in (*weak, *strong):
        _apply(block, style)
    return "; ".join(map(_written, _yielded([declaration for group in style.values() for declaration in group])))


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
        if group and name not in fresh and not may_be_dropped(name, declaration.value):
            group = []
        fresh.add(name)
        style[name] = [*(one for one in group if one != declaration), declaration][-4:]


def _yielded(declarations: list[Declaration]) -> list[Declaration]:
    """What one that yields has overridden yields too: else its ``!important`` would win now."""
    yielding: list[str] = []
    for at in reversed(range(len(declarations))):
        one = declarations[at]
        if one.important and not one.yields and any(overlap(one.name, name) for name in yielding):
            one = declarations[at] = one._replace(yields=True)
        if one.yields:
            yielding.append(one.name)
    return declarations


def _written(declaration: Declaration) -> str:
    if not declaration.name:
        return declaration.value
    important = " !important" if declaration.important and not declaration.yields else ""
    return f"{declaration.name}: {declaration.value}{important}"
