"""Selectors with ``:is()`` and ``:where()`` as selectors without (Selectors 4 §4.2, §4.4), which every engine reads."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.css.selector import Selector, argument, read_selector, split_list
from mailtemplates.pattern import pattern

_PIECE = pattern(
    r"""\\[\s\S]|"[^"]*"|'[^']*'|(?P<any>:(?:is|where|matches)\()|(?P<open>[(\[])|(?P<close>[)\]])|(?P<gap>[\s>+~]+)""",
    re.I,
)
_MOST = 200
_LONGEST = 100_000


class _Place(NamedTuple):
    """Where ``:is(`` stands: the offsets of its compound's begin, its own, and that of its first alternative."""

    compound: int
    start: int
    inner: int


@lru_cache(maxsize=1024)
def settled(selector: Selector) -> tuple[Selector, ...]:
    """Static selectors that together match what one does, each as specific as that; none when there are none such."""
    if selector.static:
        return (selector,)
    found = [read_selector(text)._replace(specificity=selector.specificity) for text in _alternatives(selector.text)]
    return tuple(found) if all(one.static for one in found) else ()


def _alternatives(text: str) -> list[str]:
    """The selector said once for each of its alternatives; nothing where that cannot be said, or only at length."""
    waiting, done = [text], []
    read = 0
    while waiting:
        one = waiting.pop()
        read += len(one)
        if read > _LONGEST:
            return []
        place = _place(one)
        if place is None:
            done.append(one)
            continue
        said = _said(one, place)
        waiting += said
        if not said or len(waiting) + len(done) > _MOST:
            return []
    return done


def _place(text: str) -> _Place | None:
    compound = depth = 0
    for match in _PIECE.finditer(text):
        if match["any"] and not depth:
            return _Place(compound, match.start(), match.end())
        depth += bool(match["open"] or match["any"]) - bool(match["close"])
        if match["gap"] and not depth:
            compound = match.end()
    return None


def _said(text: str, place: _Place) -> list[str]:
    inner, end = argument(text, place.inner)
    head, before, after = text[: place.compound], text[place.compound : place.start].removeprefix("*"), text[end:]
    is_named = bool(before) and before[0] not in ".#:["
    said = []
    for one in map(str.strip, split_list(inner)):
        is_complex = any(match["gap"] for match in _PIECE.finditer(one))
        if not one or (is_complex and (head or before)) or (is_named and one[0] not in ".#:["):
            return []
        parts = (before, one) if one[0] in ".#:[" else (one, before)
        said.append("".join((head, *parts, after)))
    return said
