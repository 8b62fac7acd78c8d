"""Phrases that servers use, found whatever their case and punctuation.

Texts are compared as words: ``<bob@b.test>: User-Unknown!`` says ``user unknown``. Phrases are written as such words.
One that ends in ``*`` stands for all words that begin so; `` … `` stands for up to 60 characters;
``(mailbox|inbox)`` for either. Longer phrases weigh a little more; one that begins with ``!`` far more, those words
leave no doubt; one that begins with ``~`` little, those words are often said beside the cause. Looking for all phrases
takes time in proportion to the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.pattern import pattern

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_IDEOGRAPH = pattern(rf"([{_IDEOGRAPHS}])")
_WORD = pattern(r"[^\W_]+")
_ASCII_WORD = pattern(r"[a-z0-9]+")
_PLURAL = pattern(r"(?<=ss)es\b|(?<=[a-z]x)es\b|(?<=[a-z]{3})(?<!s)s\b")
_GAP = 60
_NO_DOUBT = 40
_PLAIN = 16
_BESIDE = 5


def spoken(text: str) -> str:
    """The words of a text in lower case, each between single spaces. An ideograph is a word; ``{}`` is ``nothing``."""
    text = text.lower().replace("{}", " nothing ")
    words = _ASCII_WORD.findall(text) if text.isascii() else _WORD.findall(_IDEOGRAPH.sub(r" \1 ", text))
    return singular(f" {' '.join(words)} ")


def singular(words: str) -> str:
    """Words without the s of a plural or of a verb: servers say ``illegal character`` and ``illegal characters``."""
    return _PLURAL.sub("", words) if "s " in words or words[-1:] == "s" else words


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


def choices(part: str) -> Iterator[str]:
    """What a phrase or a part of it stands for: ``(no|any) such user`` for ``no such user`` and ``any such user``."""
    before, bracket, rest = part.partition("(")
    if not bracket:
        yield part
        return
    within, _, after = rest.partition(")")
    for one in within.split("|"):
        yield from choices(f"{before}{one}{after}")


def meant(words: str, phrase: str) -> str:
    """The phrase as a text, as :func:`spoken`, says it, its choices made; empty when it does not say it."""
    if "(" not in phrase:
        return phrase if says(words, phrase) else ""
    bare = phrase.lstrip("!~")
    first, *rest = bare.split(" … ")
    for begin in _sayable(words, first):
        framed = _framed(begin)
        at = words.find(framed)
        while at >= 0:
            said = _chosen(words, begin, at + len(framed) - 1, rest)
            if said:
                return phrase[: len(phrase) - len(bare)] + said
            at = words.find(framed, at + 1)
    return ""


def _sayable(words: str, part: str) -> Iterator[str]:
    """The choices that a text may say: no further ones where it does not say how they begin."""
    before, bracket, rest = part.partition("(")
    if before[-1:] == " " and before.isascii() and singular(f" {before}") not in words:
        return
    if not bracket:
        if part.isascii() or not words.isascii():
            yield part
        return
    within, _, after = rest.partition(")")
    for one in within.split("|"):
        yield from _sayable(words, f"{before}{one}{after}")


def _chosen(words: str, said: str, at: int, parts: list[str]) -> str:
    """What is said, and of each further part the choice that comes next; empty when one does not follow."""
    for part in parts:
        places = ((words.find(_framed(one), at, at + _GAP + len(one) + 2), one) for one in _sayable(words, part))
        found, one = min((place for place in places if place[0] >= 0), default=(-1, ""))
        if found < 0:
            return ""
        said += f" {one}" if found == at and said[-1] != "*" else f" … {one}"
        at = found + len(_framed(one)) - 1
    return said


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
        part = spoken(part).strip() + "*" * part.endswith("*")
    return singular(f" {part[:-1]}" if part[-1] == "*" else f" {part} ")


def _follow(words: str, at: int, parts: list[str]) -> bool:
    for part in parts:
        found = words.find(part, at, at + _GAP + len(part))
        if found < 0:
            return False
        at = found + len(part) - 1
    return True
