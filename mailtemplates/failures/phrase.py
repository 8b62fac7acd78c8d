"""Phrases that servers use, found whatever their case and punctuation.

Texts are compared as words: ``<bob@b.test>: User-Unknown!`` says ``user unknown``. Phrases are written as such words.
One that ends in ``*`` stands for all words that begin so; `` … `` stands for up to 60 characters. Longer phrases weigh
a little more; one that begins with ``!`` far more, those words leave no doubt; one that begins with ``~`` little, those
words are often said beside the cause. Looking for all phrases takes time in proportion to the text.
"""

from __future__ import annotations

from mailtemplates.pattern import pattern

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_IDEOGRAPH = pattern(rf"([{_IDEOGRAPHS}])")
_WORD = pattern(r"[^\W_]+")
_ASCII_WORD = pattern(r"[a-z0-9]+")
_GAP = 60
_NO_DOUBT = 40
_PLAIN = 16
_BESIDE = 5


def spoken(text: str) -> str:
    """The words of a text in lower case, each between single spaces. An ideograph is a word; ``{}`` is ``nothing``."""
    text = text.lower().replace("{}", " nothing ")
    words = _ASCII_WORD.findall(text) if text.isascii() else _WORD.findall(_IDEOGRAPH.sub(r" \1 ", text))
    return f" {' '.join(words)} "


def weight_of(phrase: str) -> int:
    """How much a phrase says for its row."""
    base = _BESIDE if phrase[0] == "~" else _NO_DOUBT if phrase[0] == "!" else _PLAIN
    return base + min(len(phrase), 64) // 8


def certain(phrase: str) -> bool:
    """Whether a phrase leaves no doubt."""
    return phrase[0] == "!"


def place_of(words: str, phrase: str) -> int:
    """Where in a text, as :func:`spoken`, a phrase begins that it says."""
    return words.find(_framed(phrase.lstrip("!~").partition(" … ")[0]))


def says(words: str, phrase: str) -> bool:
    """Whether a text, as :func:`spoken`, says a phrase."""
    bare = phrase.lstrip("!~")
    if not bare.replace("…", "").isascii() and (words.isascii() or bare[0] not in words):
        return False
    if "…" not in bare:
        return _framed(bare) in words
    first, *rest = map(_framed, bare.split(" … "))
    at = words.find(first)
    while at >= 0:
        if _follow(words, at + len(first) - 1, rest):
            return True
        at = words.find(first, at + 1)
    return False


def _framed(part: str) -> str:
    if not part.isascii():
        part = spoken(part).strip()
    return f" {part[:-1]}" if part[-1] == "*" else f" {part} "


def _follow(words: str, at: int, parts: list[str]) -> bool:
    for part in parts:
        found = words.find(part, at, at + _GAP + len(part))
        if found < 0:
            return False
        at = found + len(part) - 1
    return True
