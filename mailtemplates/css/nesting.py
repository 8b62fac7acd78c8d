"""Nested selectors as selectors that need no nesting (CSS Nesting 1 §3)."""

from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.css.selector import Selector, read_selector, split_list
from mailtemplates.pattern import pattern

_PIECE = pattern(r"""\\[\s\S]|"[^"]*"|'[^']*'|(?P<open>[(\[])|(?P<close>[)\]])|(?P<parent>&)""")
_COMPOUND = pattern(r"[^\s>+~(\\]+\Z")
_GOES_ON = pattern(r"[\s>+~.#:\[]|\Z")
_MOST = 200


def unnested(parents: Sequence[Selector], prelude: str) -> tuple[Selector, ...]:
    """The selectors of a rule that is nested in one with the selectors ``parents``; none for a list that cannot be
    written without nesting, or only at great length.

    ``&`` weighs as much as the heaviest of ``parents``, as ``:is()`` does.
    """
    inner = split_list(prelude)
    if not parents or len(inner) * len(parents) > _MOST:
        return ()
    heaviest = max(parent.specificity for parent in parents)
    found = []
    for text in map(str.strip, inner):
        places = _places(text)
        if places is None or not text or (len(places) > 1 and len(parents) > 1):
            return ()
        if not places:
            text, places = f"& {text}", [0]
        for parent in parents:
            if not _fits(parent.text, text, places):
                return ()
            found.append(_weighed(read_selector(_filled(parent.text, text, places)), parent, heaviest, len(places)))
    return tuple(found)


def _places(text: str) -> list[int] | None:
    """Offsets of the ``&`` in a selector; None when one is in brackets."""
    places, depth = [], 0
    for match in _PIECE.finditer(text):
        depth += bool(match["open"]) - bool(match["close"])
        if match["parent"]:
            if depth:
                return None
            places.append(match.start())
    return places


def _fits(parent: str, text: str, places: Sequence[int]) -> bool:
    """Whether the parent's text may stand for each ``&``."""
    compound = _COMPOUND.match(parent) is not None
    for at in places:
        if not _GOES_ON.match(text, at + 1) or (at and not compound):
            return False
        if at and text[at - 1] not in " \t\r\n\f>+~" and parent[0] not in ".#:[":
            return False
    return True


def _filled(parent: str, text: str, places: Sequence[int]) -> str:
    parts: list[str] = []
    done = 0
    for at in places:
        parts += text[done:at], parent
        done = at + 1
    return "".join([*parts, text[done:]])


def _weighed(selector: Selector, parent: Selector, heaviest: tuple[int, int, int], times: int) -> Selector:
    if parent.specificity == heaviest:
        return selector
    ids, classes, types = (
        weight + times * (heavy - light)
        for weight, heavy, light in zip(selector.specificity, heaviest, parent.specificity, strict=True)
    )
    return selector._replace(specificity=(ids, classes, types))
