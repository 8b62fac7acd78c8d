"""Values that a browser may drop: those that not every client reads, and those that are no value of their property.

CSS drops a declaration that it cannot read, and what was declared before holds (CSS Syntax 3 §2.2).
"""

from __future__ import annotations

from functools import cache

from mailtemplates.css.colour import read_colour
from mailtemplates.pattern import pattern

_NOT_EVERYWHERE = pattern(
    r"(?:^|[\s,(])-(?:webkit|moz|ms|o)-|(?:gradient|calc|min|max|clamp|var|env|image-set|rgba?|hsla?|attr)\(|progid:"
    r"|\b(?:flex|grid|inherit|initial|unset|revert|fit-content|auto)\b|\d(?:rem|vh|vw|ch|vmin|vmax)\b|[\\{$%]\w*[({%]"
)
_LENGTH = pattern(r"[-+]?(?:0+(?:\.0+)?|(?:\d+(?:\.\d+)?|\.\d+)(?:px|em|ex|pt|pc|in|cm|mm|q|%))")
_NUMBER = pattern(r"\+?(?:\d+(?:\.\d+)?|\.\d+)")
_VALUES = {
    "margin padding border-width": "4 LENGTH auto thin medium thick",
    "border-style": "4 none hidden dotted dashed solid double groove ridge inset outset",
    "border-spacing": "2 LENGTH",
    "margin- padding- top right bottom left": "1 LENGTH auto",
    "width height min- max-": "1 LENGTH auto none",
    "font-size": "1 LENGTH xx-small x-small small medium large x-large xx-large xxx-large smaller larger",
    "line-height": "1 LENGTH NUMBER normal",
    "letter-spacing word-spacing text-indent": "1 LENGTH normal",
    "font-weight": "1 100 200 300 400 500 600 700 800 900 normal bold bolder lighter",
    "font-style": "1 normal italic oblique",
    "text-align": "1 left right center justify start end",
    "text-transform": "1 none capitalize uppercase lowercase",
    "text-decoration": "1 none underline overline line-through blink",
    "vertical-align": "1 LENGTH baseline sub super top text-top middle bottom text-bottom",
    "white-space": "1 normal pre nowrap pre-wrap pre-line",
    "display": "1 none block inline inline-block list-item table inline-table table-row table-cell table-caption",
    "float": "1 left right none",
    "border-collapse": "1 collapse separate",
    "table-layout": "1 auto fixed",
    "visibility": "1 visible hidden collapse",
    "overflow": "1 visible hidden scroll auto",
}
"""Properties, or how their names begin; the most words of a value that surely is one, and the words."""


def may_be_dropped(name: str, value: str) -> bool:
    """Whether a client may drop ``name: value``; False also for a property that this module does not know."""
    if _NOT_EVERYWHERE.search(value):
        return True
    if name == "color" or name.endswith("-color"):
        return not all(read_colour(word) or word.lower() in ("transparent", "currentcolor") for word in value.split())
    head, hyphen, _ = name.partition("-")
    known = _table().get(name) or _table().get(head + hyphen)
    words = value.lower().split()
    return known is not None and not (len(words) <= known[0] and all(_may_be(word, known[1]) for word in words))


@cache
def _table() -> dict[str, tuple[int, frozenset[str]]]:
    return {
        name: (int(words[0]), frozenset(words[2:].split()))
        for names, words in _VALUES.items()
        for name in names.split()
    }


def _may_be(word: str, words: frozenset[str]) -> bool:
    if word in words:
        return True
    return bool(("LENGTH" in words and _LENGTH.fullmatch(word)) or ("NUMBER" in words and _NUMBER.fullmatch(word)))
