"""Values that a browser may drop: those that not every client reads, and those that are no value of their property.

CSS drops a declaration that it cannot read, and what was declared before holds (CSS Syntax 3 §2.2).
"""

from __future__ import annotations

import re
from functools import cache

from mailtemplates.css.colour import read_colour
from mailtemplates.pattern import pattern

_NOT_EVERYWHERE = pattern(
    r"(?:^|[\s,(])-(?:webkit|moz|ms|o)-|(?:gradient|calc|min|max|clamp|var|env|image-set|rgba?|hsla?|attr)\(|progid:"
    r"|\b(?:flex|grid|inherit|initial|unset|revert|fit-content|auto)\b|\d(?:rem|vh|vw|ch|vmin|vmax)\b|[\\{$%]\w*[({%]"
)
_LENGTH = r"(?:[-+]?(?:0+(?:\.0+)?|(?:\d+(?:\.\d+)?|\.\d+)(?:px|em|ex|pt|pc|in|cm|mm|q|%)))"
_NUMBER = r"(?:\+?(?:\d+(?:\.\d+)?|\.\d+))"
_BOX = rf"(?:{_LENGTH}|auto|thin|medium|thick)"
_LINE = "none|hidden|dotted|dashed|solid|double|groove|ridge|inset|outset"
_VALUES = {
    "margin padding border-width": rf"{_BOX}(?: +{_BOX}){{0,3}}",
    "margin- padding- top right bottom left": rf"{_LENGTH}|auto",
    "width height min- max-": rf"{_LENGTH}|auto|none",
    "border-style": rf"(?:{_LINE})(?: +(?:{_LINE})){{0,3}}",
    "border-spacing": rf"{_LENGTH}(?: +{_LENGTH})?",
    "font-size": rf"{_LENGTH}|(?:x{{1,2}}-)?(?:small|large)|medium|smaller|larger|xxx-large",
    "line-height": rf"{_LENGTH}|{_NUMBER}|normal",
    "letter-spacing word-spacing text-indent": rf"{_LENGTH}|normal",
    "font-weight": "[1-9]00|normal|bold|bolder|lighter",
    "font-style": "normal|italic|oblique",
    "text-align": "left|right|center|justify|start|end",
    "text-transform": "none|capitalize|uppercase|lowercase",
    "text-decoration": "none|underline|overline|line-through|blink",
    "vertical-align": rf"{_LENGTH}|baseline|sub|super|top|text-top|middle|bottom|text-bottom",
    "white-space": "normal|pre|nowrap|pre-wrap|pre-line",
    "display": "none|block|inline|inline-block|list-item|table|inline-table|table-(?:row|cell|caption|column)",
    "float": "left|right|none",
    "border-collapse": "collapse|separate",
    "table-layout": "auto|fixed",
    "visibility": "visible|hidden|collapse",
    "overflow": "visible|hidden|scroll|auto",
}
"""Properties, or how their names begin, and what is surely a value of theirs."""


def may_be_dropped(name: str, value: str) -> bool:
    """Whether a client may drop ``name: value``; False also for a property that this module does not know."""
    if _NOT_EVERYWHERE.search(value):
        return True
    if name == "color" or name.endswith("-color"):
        return not all(read_colour(word) or word.lower() in ("transparent", "currentcolor") for word in value.split())
    known = _known(name)
    return known is not None and not known.fullmatch(value)


@cache
def _table() -> dict[str, str]:
    return {name: values for names, values in _VALUES.items() for name in names.split()}


@cache
def _known(name: str) -> re.Pattern[str] | None:
    head, hyphen, _ = name.partition("-")
    values = _table().get(name) or _table().get(head + hyphen)
    return re.compile(values, re.I) if values else None
