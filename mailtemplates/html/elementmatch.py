"""Which elements a simple selector matches: types, classes, ids, attributes, descendants and children.

Selectors 4. What looks at siblings or has a pseudo-class is not simple, and nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mailtemplates.html.document import Element
from mailtemplates.pattern import pattern

_NAME = r"(?:[-\w\u0080-\U0010ffff]|\\[^\n0-9a-fA-F])++"
_STEP = pattern(
    rf"""\#(?P<id>{_NAME})|\.(?P<class>{_NAME})|(?P<type>{_NAME}|\*)"""
    rf"""|\[\s*+(?P<attribute>{_NAME})\s*+(?:=\s*+(?P<value>"[^"]*+"|'[^']*+'|{_NAME})\s*+)?\]"""
    r"""|(?P<combinator>\s*+>\s*+|\s++)"""
)
_MOST_COMPOUNDS = 12
_EDGES = "> \t\r\n\f"


class Compound(NamedTuple):
    """Simple selectors about one element, and whether the one before is about its parent or any ancestor."""

    names: frozenset[str]
    ids: frozenset[str]
    classes: frozenset[str]
    attributes: tuple[tuple[str, str | None], ...]
    is_child: bool

    def fits(self, element: Element) -> bool:
        """Whether an element is as it says."""
        found = element.attributes
        return (
            self.names <= {element.name}
            and (not self.ids or self.ids == {found.get("id", "").strip()})
            and (not self.classes or self.classes <= set(found.get("class", "").split()))
            and all(found.get(name) == value if value is not None else name in found for name, value in self.attributes)
        )


@lru_cache(maxsize=512)
def read_compounds(selector: str) -> tuple[Compound, ...]:
    """The compounds of a selector, the last first; none when it is not simple."""
    compounds: list[Compound] = []
    if not selector or selector[0] in _EDGES or selector[-1] in _EDGES:
        return ()
    at, is_child, found = 0, False, _Reading()
    while at < len(selector):
        step = _STEP.match(selector, at)
        if step is None or len(compounds) > _MOST_COMPOUNDS:
            return ()
        if step["combinator"]:
            compounds.append(found.compound(is_child))
            is_child, found = ">" in step["combinator"], _Reading()
        else:
            found.take(step)
        at = step.end()
    compounds.append(found.compound(is_child))
    return tuple(reversed(compounds))


class _Reading:
    """A compound while it is read."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {"type": set(), "id": set(), "class": set()}
        self.attributes: list[tuple[str, str | None]] = []

    def take(self, step: re.Match[str]) -> None:
        if step["attribute"]:
            value = step["value"].strip("\"'") if step["value"] else None
            self.attributes.append((step["attribute"].lower(), value))
        elif step.lastgroup and step[0] != "*":
            text = step[step.lastgroup].replace("\\", "")
            self.found[step.lastgroup].add(text.lower() if step.lastgroup == "type" else text)

    def compound(self, is_child: bool) -> Compound:
        types, ids, classes = (frozenset(self.found[kind]) for kind in ("type", "id", "class"))
        return Compound(types, ids, classes, tuple(self.attributes), is_child)


def matches(element: Element, compounds: tuple[Compound, ...]) -> bool:
    """Whether an element matches a selector's compounds, the last first."""
    if not compounds or not compounds[0].fits(element):
        return False
    line = [element, *element.ancestors] if len(compounds) > 1 else [element]
    places = {0}
    for before, compound in pairwise(compounds):
        nearest = min(places) + 1
        steps: Iterable[int] = (at + 1 for at in places) if before.is_child else range(nearest, len(line))
        places = {at for at in steps if at < len(line) and compound.fits(line[at])}
        if not places:
            return False
    return True
