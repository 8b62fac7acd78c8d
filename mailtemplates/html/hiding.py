"""What is kept out of a reader's sight: by an attribute, by an inline style, or by a simple rule of a style sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtemplates.pattern import pattern

_ZERO = r"\s*:\s*0*(?:\.0+|0)[a-z%]*\s*(?:!important\s*)?(?:;|$)"
_DISPLAY = pattern(r"display\s*:\s*([a-z-]+)(\s*!important)?")
_INVISIBLE = pattern(r"visibility\s*:\s*hidden")
_TRANSPARENT = pattern(rf"opacity{_ZERO}")
_NO_HEIGHT = pattern(rf"height{_ZERO}")
_CLIPPED = pattern(r"overflow(?:-y)?\s*:\s*(?:hidden|clip)")
_KEEPS_LINES = pattern(r"white-space\s*:\s*(?:pre|break-spaces)")
_RIGHT = pattern(r"text-align\s*:\s*(?:right|end)\b")
_LIST_STYLE = pattern(r"list-style(?:-type)?\s*:\s*([^;!]*)")
_COMMENT = pattern(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = pattern(r"[{}]")
_SIMPLE = pattern(r"[a-z0-9]*[.#][\w-]+", re.IGNORECASE)
_MOST_SELECTORS = 200


def is_hidden(name: str, found: dict[str, str], unseen: frozenset[str]) -> bool:
    """Whether an element with the attributes ``found`` is hidden; ``unseen`` are selectors of hidden elements."""
    if "hidden" in found:
        return True
    style = found.get("style", "")
    if style and hides(style):
        return True
    return bool(unseen) and not display(style) and not unseen.isdisjoint(_selectors(name, found))


def hides(style: str) -> bool:
    """Whether declarations keep an element out of sight: ``display:none``, and the idioms of preheaders.

    ``mso-hide`` does not count (it hides from Outlook only), nor does ``font-size:0`` (used against gaps between
    columns whose content sets its own).
    """
    style = style.lower()
    if display(style) == "none":
        return True
    if _declares(_INVISIBLE, style) or _declares(_TRANSPARENT, style):
        return True
    return bool(_declares(_CLIPPED, style) and (_declares(_NO_HEIGHT, style) or _declares(_NO_HEIGHT, style, "max-")))


def display(style: str) -> str:
    """The value of ``display``, in lower case, that declarations come to; empty without one."""
    found = ""
    is_important = False
    for match in _declarations(_DISPLAY, style.lower()):
        if match[2] or not is_important:
            found, is_important = match[1], bool(match[2])
    return found


def keeps_lines(style: str) -> bool:
    """Whether declarations keep the line ends of the source."""
    return _declares(_KEEPS_LINES, style.lower()) is not None


def sets_right(style: str) -> bool:
    """Whether declarations set text right."""
    return _declares(_RIGHT, style.lower()) is not None


def list_markers(style: str) -> list[str]:
    """The words, in lower case, by which declarations say how list items are marked, such as ``lower-alpha``."""
    found = _declares(_LIST_STYLE, style.lower())
    return found[1].split() if found else []


def _declares(pattern: re.Pattern[str], style: str, prefix: str = "") -> re.Match[str] | None:
    """The first declaration in ``style``, lower-case, that ``pattern`` matches behind ``prefix``."""
    return next(_declarations(pattern, style, prefix), None)


def _declarations(pattern: re.Pattern[str], style: str, prefix: str = "") -> Iterator[re.Match[str]]:
    for match in pattern.finditer(style):
        start = match.start() - len(prefix)
        if style.startswith(prefix, max(start, 0)) and (start <= 0 or style[start - 1] in "; \t\n\r\f"):
            yield match


def hidden_selectors(css: str) -> frozenset[str]:
    """What a style sheet hides outside its ``@`` rules: simple selectors, such as ``.class``, ``#id``, ``p.class``."""
    unseen: dict[str, None] = {}
    for selectors, style in _rules(_COMMENT.sub(" ", css)):
        hidden = hides(style)
        if not hidden and not display(style):
            continue
        for selector in map(str.strip, selectors.split(",")):
            if hidden and _SIMPLE.fullmatch(selector) and len(unseen) < _MOST_SELECTORS:
                unseen[selector] = None
            elif not hidden:
                unseen.pop(selector, None)
    return frozenset(unseen)


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the rules that stand in no other."""
    depth = start = body = 0
    selectors = ""
    for brace in _BRACE.finditer(css):
        if brace[0] == "{":
            if depth == 0:
                selectors, body = css[start : brace.start()].rpartition(";")[2].strip(), brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                start = brace.end()
                if not selectors.startswith("@"):
                    yield selectors, css[body : brace.start()]


def _selectors(name: str, found: dict[str, str]) -> set[str]:
    """The simple selectors that select an element."""
    marks = [f".{word}" for word in found.get("class", "").split()]
    if "id" in found:
        marks.append(f"#{found['id']}")
    return {*marks, *(name + mark for mark in marks)}
