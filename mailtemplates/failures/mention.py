"""Which rows of the table a text speaks of, in time in proportion to the text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from mailtemplates.failures.phrase import choices, meant, singular, weight_of
from mailtemplates.failures.table import all_failures


def mentioned(words: str) -> dict[str, str]:
    """The rows that a text speaks of, each with the phrase that weighs most."""
    found: dict[str, str] = {}
    by_word, parts, ideographs = _index()
    candidates = [pair for word in set(words.split()) for pair in by_word.get(word, ())]
    for phrase, failure in (*candidates, *parts, *(() if words.isascii() else ideographs)):
        said = meant(words, phrase)
        if said and (failure not in found or _rank(said) > _rank(found[failure])):
            found[failure] = said
    return found


def _rank(phrase: str) -> tuple[int, str]:
    return weight_of(phrase), phrase


@cache
def _index() -> tuple[dict[str, list[tuple[str, str]]], list[tuple[str, str]], list[tuple[str, str]]]:
    """The phrases of all rows by their first word; those that begin with a part of one; those with an ideograph."""
    by_word: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    parts: list[tuple[str, str]] = []
    ideographs: list[tuple[str, str]] = []
    for first, pairs in _by_beginning():
        if not first.isascii():
            ideographs += pairs
        elif first[-1] == "*":
            parts += pairs
        else:
            by_word[singular(first)] += pairs
    return by_word, parts, ideographs


def _by_beginning() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Phrases with their rows by the first word, or each of the words that a choice may begin with."""
    written: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in all_failures().values():
        failure = row.id
        for phrase in row.phrases:
            written[phrase.partition(" ")[0]].append((phrase, failure))
    for word, pairs in written.items():
        bare = word.lstrip("!~")
        if bare[0] != "(":
            yield bare, pairs
            continue
        for pair in pairs:
            yield from ((first, [pair]) for first in _begins(pair[0].lstrip("!~")))


def _begins(bare: str) -> set[str]:
    """The first words of a phrase that begins with a choice."""
    choice, _, after = bare[1:].partition(")")
    told = choice.split("|")
    if after[:1] == " " and all(told):
        return {one.partition(" ")[0] for one in told}
    return {one.partition(" ")[0] for one in choices(bare.partition(" … ")[0])}
