"""What a text is like in its words, where no phrase of the table is in it.

A word speaks for a reason by how much more often the phrases of its rows have it than those of all others: naive Bayes,
its complement taken into account (Rennie, Shih, Teevan, Karger: Tackling the poor assumptions of naive Bayes text
classifiers, ICML 2003). All is counted in the table's own phrases; nothing is trained or kept. Words are compared by
how they begin, *reject* in *rejection*; those that any sentence has are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from math import log
from typing import NamedTuple, Self

from mailtemplates.failures.table import all_failures

_STEM = 6
_SHORT = 4
"""Words of fewer letters are compared whole."""
_MOST = 60
"""So many words of a text are looked up."""
_UNSEEN = 0.1
_VOCABULARY = 4000
"""Words that the phrases might have, and how much each counts that they have not."""
_NAME_NO_CAUSE = frozenset({"D110", "D189", "D191"})
_OF_ANY_SENTENCE = frozenset({
    "a", "about", "an", "and", "any", "are", "as", "at", "au", "auf", "aux", "be", "been", "but", "by", "can", "cannot",
    "ce", "com", "could", "da", "das", "de", "del", "della", "dem", "den", "der", "des", "di", "did", "die", "do",
    "does", "doesn", "du", "e", "ein", "eine", "el", "em", "et", "ever", "for", "from", "has", "have", "http", "https",
    "i", "if", "il", "in", "into", "is", "isn", "ist", "it", "its", "kein", "keine", "konnte", "konnten", "la", "las",
    "le", "les", "los", "may", "mit", "more", "n", "nicht", "no", "nobody", "non", "nous", "não", "o", "of", "on",
    "one", "or", "org", "os", "our", "out", "para", "pas", "per", "por", "que", "s", "said", "se", "so", "some",
    "something", "such", "sur", "t", "than", "that", "the", "then", "there", "these", "they", "this", "to", "um", "uma",
    "un", "und", "une", "up", "von", "votre", "was", "wasn", "we", "were", "what", "when", "which", "will", "wir",
    "with", "won", "would", "www", "y", "you", "your", "zu",
})  # fmt: skip


class Likeness(NamedTuple):
    """What a text is like.

    :param odds: for each reason how much likelier it is than all others, as a logarithm; empty when no word is known.
    :param told: what each beginning of a word adds to these.
    :param words: the word of each beginning.
    """

    odds: dict[str, float]
    told: dict[str, dict[str, float]]
    words: dict[str, str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Of a text, as :func:`~mailtemplates.failures.phrase.spoken`."""
        words = _beginnings(text)
        reasons = _by_reason() if words else {}
        told = {begin: odds for begin in words if (odds := _odds(begin, reasons))}
        return cls({one: sum(odds[one] for odds in told.values()) for one in reasons} if told else {}, told, words)

    def evidence(self, reason: str) -> tuple[str, ...]:
        """The words that speak for a reason, the most telling first."""
        return tuple(self.words[begin] for begin in self._telling(reason))

    def row(self, reason: str, weights: Mapping[str, int]) -> str:
        """The likest row of a reason, where codes or passing words point to some already."""
        rows = _grouped({row.id: row.phrases for row in all_failures().values() if row.reason == reason})
        sums = {row: float(weights.get(row, 0)) for row in rows}
        for begin in self._telling(reason):
            for row, odds in _odds(begin, rows).items():
                sums[row] += odds
        return max(sums, key=sums.__getitem__)

    def _telling(self, reason: str) -> list[str]:
        telling = [begin for begin, odds in self.told.items() if odds[reason] > 0]
        return sorted(telling, key=lambda begin: -self.told[begin][reason])


def _beginnings(text: str) -> dict[str, str]:
    """How the first words begin, and pairs of ideographs, as they are looked for, each with the word."""
    each = text.split()
    found: dict[str, str] = {}
    for word, after in zip(each, [*each[1:], ""], strict=False):
        if len(found) == _MOST:
            break
        if len(word) == 1 and not word.isascii():
            if len(after) == 1 and not after.isascii():
                found.setdefault(word + after, word + after)
        elif word not in _OF_ANY_SENTENCE and not word.isdecimal():
            found.setdefault(f" {word[:_STEM]}" if len(word) >= _SHORT else f" {word} ", word)
    return found


@cache
def _by_reason() -> dict[str, tuple[str, int]]:
    phrases: defaultdict[str, list[str]] = defaultdict(list)
    for row in all_failures().values():
        if row.id not in _NAME_NO_CAUSE:
            phrases[row.reason] += row.phrases
    return _grouped(phrases)


def _grouped(phrases: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, int]]:
    """For each group of phrases their words, and how many these are."""
    joined = {group: f" {' '.join(each)} " for group, each in phrases.items()}
    for mark in "!~()|*":
        joined = {group: text.replace(mark, " ") for group, text in joined.items()}
    return {group: (text, text.count(" ")) for group, text in joined.items()}


def _odds(begin: str, groups: Mapping[str, tuple[str, int]]) -> dict[str, float]:
    """For each group, how much likelier a word is in its phrases than in others; nothing when none has it."""
    counts = {group: text.count(begin) for group, (text, _) in groups.items()}
    total, whole = sum(counts.values()), sum(size for _, size in groups.values())
    if not total:
        return {}
    return {
        group: log((counts[group] + _UNSEEN) / (size + _UNSEEN * _VOCABULARY))
        - log((total - counts[group] + _UNSEEN) / (whole - size + _UNSEEN * _VOCABULARY))
        for group, (_, size) in groups.items()
    }
