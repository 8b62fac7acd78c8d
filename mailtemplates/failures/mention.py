"""Which rows of the table a text speaks of, in time in proportion to the text."""

from __future__ import annotations

from collections import defaultdict
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
    for row in all_failures().values():
        failure = row.id
        for phrase in row.phrases:
            bare = phrase[1:] if phrase[0] in "!~" else phrase
            word = bare.partition(" ")[0]
            if word[-1] not in "s*" and word[0] != "(" and word.isascii():
                by_word[word].append((phrase, failure))
                continue
            for first in _begins(bare) if word[0] == "(" else (word,):
                if not first.isascii():
                    ideographs.append((phrase, failure))
                elif first[-1] == "*":
                    parts.append((phrase, failure))
                else:
                    by_word[singular(first)].append((phrase, failure))
    return by_word, parts, ideographs


def _begins(bare: str) -> set[str]:
    """The first words of a phrase that begins with a choice."""
    choice, _, after = bare[1:].partition(")")
    told = choice.split("|")
    if after[:1] == " " and all(told):
        return {one.partition(" ")[0] for one in told}
    return {one.partition(" ")[0] for one in choices(bare.partition(" … ")[0])}
