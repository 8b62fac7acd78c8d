"""CSS properties: the names there are, which a misspelt one was meant to be, and what a shorthand sets.

The names stand in ``cssproperties.txt``, without those that begin with ``-``: the properties of the standards
and drafts and of old browsers. The file is read when a name that is not among the commonest is first looked up.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from mailtemplates.pattern import pattern

_TABLE = Path(__file__).with_name("cssproperties.txt")
_SHORTEST = 4
_LONGEST = 60

_EDGES = ("top", "right", "bottom", "left")
_PARTS = ("width", "style", "color")
_PREFIX = pattern(r"-(?:webkit|moz|ms|o|epub)-")
_LOGICAL = pattern(r"(?:^|-)(?:inline|block|start|end|before|after)(?:-|$)")
_BOX = pattern(r"(?:min-|max-)?(margin|padding|border|inset|overflow|width|height|inline|block)(?![a-z])")
_CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")


def _longhands() -> dict[str, frozenset[str]]:
    sets = {name: [f"{name}-{edge}" for edge in _EDGES] for name in ("margin", "padding")}
    sets["border"] = [f"border-{edge}-{part}" for edge in _EDGES for part in _PARTS]
    sets |= {f"border-{edge}": [f"border-{edge}-{part}" for part in _PARTS] for edge in _EDGES}
    sets |= {f"border-{part}": [f"border-{edge}-{part}" for edge in _EDGES] for part in _PARTS}
    sets["border-radius"] = [f"border-{corner}-radius" for corner in _CORNERS]
    sets["inset"] = list(_EDGES)
    for name, parts in {
        "background": "color image repeat attachment position size origin clip",
        "list-style": "type position image",
        "text-decoration": "line style color thickness",
        "outline": "width style color",
        "overflow": "x y",
        "font": "style variant weight stretch size family",
        "flex": "grow shrink basis",
        "columns": "width count",
        "transition": "property duration timing-function delay",
        "animation": "name duration timing-function delay iteration-count direction fill-mode play-state",
    }.items():
        sets[name] = [f"{name}-{part}" for part in parts.split()]
    sets["font"].append("line-height")
    sets["columns"] = ["column-width", "column-count"]
    sets["flex-flow"] = ["flex-direction", "flex-wrap"]
    sets["gap"] = ["row-gap", "column-gap"]
    return {name: frozenset(parts) for name, parts in sets.items()}


@cache
def _shorthands() -> dict[str, frozenset[str]]:
    return _longhands()


def longhands(name: str) -> frozenset[str]:
    """The properties that a shorthand sets; of any other property itself."""
    return _shorthands().get(name) or frozenset((name,))


def overlap(one: str, two: str) -> bool:
    """Whether two properties can set the same thing: a shorthand and its longhand, ``all``, a prefixed name and the
    plain one, or ``margin-inline-start``, which is one of the four edges (CSS Logical Properties 1 §4)."""
    if "all" in (one, two):
        return not one.startswith("--") and not two.startswith("--")
    one, two = _PREFIX.sub("", one), _PREFIX.sub("", two)
    if one.startswith(f"{two}-") or two.startswith(f"{one}-") or longhands(one) & longhands(two):
        return True
    return bool(_LOGICAL.search(one) or _LOGICAL.search(two)) and _box(one) == _box(two) != ""


def _box(name: str) -> str:
    """Which property of a box's edges or of its size a name is about, if any."""
    if name in _EDGES:
        return "inset"
    found = _BOX.match(name)
    return "size" if found and found[1] in ("width", "height", "inline", "block") else found[1] if found else ""


@cache
def known_properties() -> frozenset[str]:
    """All names, lower-case."""
    return frozenset(_TABLE.read_text(encoding="ascii").split())


@lru_cache(maxsize=512)
def meant_property(name: str) -> str:
    """The property that a misspelt name surely was meant to be; empty when it is known, foreign or like no other.

    A name is like another when one letter is missing, added, wrong or changed places with its neighbour, or when only
    hyphens differ (``fontSize``, ``font_size``).
    """
    known = known_properties()
    if name in known or name.startswith(("-", "mso-", "_")) or not _SHORTEST <= len(name) <= _LONGEST:
        return ""
    bare = _bare(name)
    found = sorted(one for one in known if _bare(one) == bare)
    return (found or sorted(one for one in known if len(one) >= _SHORTEST and _is_near(name, one)) or [""])[0]


def _bare(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def _is_near(one: str, two: str) -> bool:
    """Whether two names are one slip apart (Damerau and Levenshtein's distance 1)."""
    if abs(len(one) - len(two)) > 1:
        return False
    short, long = sorted((one, two), key=len)
    at = 0
    while at < len(short) and short[at] == long[at]:
        at += 1
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return swapped or short[at + 1 :] == long[at + 1 :]
