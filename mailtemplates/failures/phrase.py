"""Phrases that servers use, found whatever their case and punctuation.

Texts and phrases are compared as words: ``<bob@b.test>: User unknown!`` says ``user unknown``, and so does
``user-unknown``. A phrase that ends in ``*`` stands for all words that begin so; ``…`` stands for up to 60 characters.
Longer phrases weigh a little more; one that begins with ``!`` far more, those words leave no doubt; one that begins
with ``~`` little, those words are often said beside the cause.
Looking for all phrases takes time in proportion to the text.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from mailtemplates.pattern import pattern

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = pattern(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+")
_GAP = 60
_NO_DOUBT = 40
_PLAIN = 16
_BESIDE = 5


def spoken(text: str) -> str:
    """The words of a text in lower case, each between single spaces. An ideograph is a word; so is ``{}``."""
    return f" {' '.join(_WORD.findall(text.lower().replace('{}', ' nothing ')))} "


class Phrase(NamedTuple):
    """A phrase to look for: its parts in order, and its weight."""

    parts: tuple[str, ...]
    weight: int

    @classmethod
    def read(cls, text: str) -> Self:
        """The phrase that a row of the table writes so."""
        parts = tuple(map(_part, text.lstrip("!~").split("…")))
        base = _BESIDE if text[0] == "~" else _NO_DOUBT if text[0] == "!" else _PLAIN
        return cls(parts, base + min(sum(map(len, parts)), 32) // 8)

    def is_in(self, words: str) -> bool:
        """Whether a text, as :func:`spoken`, says the phrase."""
        first, *rest = self.parts
        if not rest:
            return first in words
        at = words.find(first)
        while at >= 0:
            if _follow(words, at + len(first) - 1, rest):
                return True
            at = words.find(first, at + 1)
        return False


def _part(text: str) -> str:
    words = spoken(text)
    return words[:-1] if text.rstrip().endswith("*") else words


def _follow(words: str, at: int, parts: list[str]) -> bool:
    for part in parts:
        found = words.find(part, at, at + _GAP + len(part))
        if found < 0:
            return False
        at = found + len(part) - 1
    return True
