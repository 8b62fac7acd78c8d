"""What of a html body is the same in every message of a template: all but its words, addresses and alternatives.

The key of a structure is the html with those cut out. Text without a letter or digit stays in, and what holds markup,
or in a value a quote or a line end; so do links to a place in the message and ``mailto:``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

from mailtemplates.html.document import HtmlDocument
from mailtemplates.html.markup import ESCAPABLE_RAW_TEXT, attribute_spans
from mailtemplates.pattern import pattern

_FREE = frozenset({"href", "src", "alt", "title"})
_NAMES = pattern(r"(?i)(?:href|src|alt|title)\s*=")
_KEPT_IN_TEXT = pattern(r"[<>\0]")
_KEPT_VALUE = pattern(r"(?i)\s*(?:#|mailto:|$)|.*[<>\"'`\n\0]")
_WORD = pattern(r"\w")
_CUT = "\0"
"""What stands in a key for what was cut out; html that holds it has no other structure than itself."""


class Structure:
    """One document's structure. It never changes.

    :param html: the document.
    :param cuts: what is left out, in characters of the html, in order.
    """

    def __init__(self, html: str, cuts: list[tuple[int, int]]) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._inner: list[int] = []
        at = inner = 0
        for start, end in cuts:
            pieces += (html[at:start], _CUT)
            inner += start - at
            self._starts.append(start)
            self._ends.append(end)
            self._inner.append(inner)
            inner += 1
            at = end
        pieces.append(html[at:])
        self.key = "".join(pieces)

    def inward(self, at: int) -> int:
        """The place in the key of a character of the html; the end of the cut for one inside what is left out."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return at
        if at == self._starts[index]:
            return self._inner[index]
        return max(at - self._ends[index], 0) + self._inner[index] + 1

    def outward(self, at: int) -> int:
        """The character of the html at a place in the key."""
        index = bisect_left(self._inner, at) - 1
        if index < 0:
            return at if not self._inner or at < self._inner[0] else self._starts[0]
        if index + 1 < len(self._inner) and at == self._inner[index + 1]:
            return self._starts[index + 1]
        return at - self._inner[index] - 1 + self._ends[index]


def read_structure(document: HtmlDocument) -> Structure | None:
    """The structure of a document; None for one that holds the character that keys are cut with."""
    html = document.html
    return None if _CUT in html else Structure(html, list(_cuts(document)))


def _cuts(document: HtmlDocument) -> Iterator[tuple[int, int]]:
    html = document.html
    for kind, start, end, name in document.tokens:
        if kind == "text" or (kind == "raw" and name in ESCAPABLE_RAW_TEXT):
            if _is_free(html[start:end]):
                yield start, end
        elif kind == "start":
            for first, last in _free_values(html[start:end]):
                yield start + first, start + last


@lru_cache(maxsize=4096)
def _is_free(text: str) -> bool:
    """Whether a text may be any other with words."""
    if _KEPT_IN_TEXT.search(text):
        return False
    return _WORD.search(unescape(text) if "&" in text else text) is not None


@lru_cache(maxsize=4096)
def _free_values(tag: str) -> tuple[tuple[int, int], ...]:
    """Where the values of a tag stand in it that may be any others."""
    if not _NAMES.search(tag):
        return ()
    spans = [(one.value_start, one.value_end) for one in attribute_spans(tag) if one.name in _FREE]
    return tuple((start, end) for start, end in spans if not _KEPT_VALUE.match(tag[start:end]))
