"""From a text to its likely causes.

The words decide: each row that the text speaks of gets the weight of its longest phrase there, and reply codes add what
they are worth. A code that servers use for anything adds little, so the words win; where they say nothing, it names the
row. Temporary or permanent is read from the reply's first digit (RFC 5321 §4.2.1), never from its words.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from mailtemplates.failures.failure import Failure
from mailtemplates.failures.phrase import says, weight_of
from mailtemplates.failures.reading import Reading, Stage, Statement, words_of
from mailtemplates.failures.table import Code, all_failures, find_code

Lasting = Literal["temporary", "permanent", "unknown", "accepted"]

Confidence = Literal["clear", "likely", "guess", "none"]
"""How surely the first cause is meant: words that leave no doubt; words; a code or passing words alone; nothing."""

_BY_DIGIT: dict[int, Lasting] = {1: "accepted", 2: "accepted", 3: "accepted", 4: "temporary", 5: "permanent"}
_OF_AN_API = range(400, 420)
"""Codes that an API over HTTP answers and no mail server does: what it was asked is wrong, and mostly stays so."""
_HTTP = ("400 bad request", "401 unauthorized", "403 forbidden", "404 not found", "405 method not allowed")
_MOST = 4
_UNLIKELY = 6
_TOLD = 18
_WORDS = 16
_NO_DOUBT = 40
_NEAR = 4
_TELLING = 10
_NO_WORD = "D144"
_POLICY = "D109"
_NOT_SEEN = "D150"
_SHARE = 0.5
_OF_SENDER = {"D38": "D74", "D80": "D75", "D84": "D73", "D91": "D75", "D109": "D75", "D110": "D75"}
"""What a refusal of the MAIL command means that speaks of recipients or of nothing."""
_OF_GREETING = "D11"
_RATES = frozenset({"toomanyconn", "speeding", "networkerror"})
_NOT_YET = frozenset({"recipient", "sender", "message", "send"})
"""Steps of which a server knows nothing when it greets."""


class Cause(NamedTuple):
    """A row that the text points to, how strongly, and the words and codes that say so."""

    failure: Failure
    weight: int
    evidence: tuple[str, ...]


class Diagnosis(NamedTuple):
    """What a text means.

    :param reply: the reply in it that tells most; None when no server speaks.
    :param lasting: whether the same may work later with nothing changed.
    :param causes: rows, the likeliest first; none when nothing in the text is known.
    :param others: further rows that the reply's codes are used for.
    :param codes: the codes of the reply that the tables know.
    """

    reply: Statement | None
    lasting: Lasting
    causes: tuple[Cause, ...]
    others: tuple[Failure, ...]
    codes: tuple[Code, ...]
    reading: Reading

    @property
    def reason(self) -> str:
        """The family, a word; ``undefined`` when nothing is known."""
        return self.causes[0].failure.reason if self.causes else "undefined"

    @property
    def confidence(self) -> Confidence:
        """How surely the first cause is meant. One of several that weigh nearly the same is not clear."""
        if not self.causes or self.causes[0].failure.id == _NO_WORD:
            return "none"
        first = self.causes[0]
        coded = any(code.failure == first.failure.id and code.weight >= _TELLING for code in self.codes)
        if first.weight < _WORDS and not coded:
            return "guess"
        rival = any(first.weight - other.weight <= _NEAR for other in self.causes[1:])
        return "likely" if first.weight < _NO_DOUBT or rival else "clear"


def diagnose(text: str) -> Diagnosis:
    """What a traceback, a server's reply, a line of a log or a bounce means. Never raises."""
    reading = Reading.of(text)
    reply = reading.statements[0] if reading.statements else None
    codes = tuple(_codes(reply)) if reply else ()
    if reply and reply.digit in (1, 2, 3):
        causes = _of_a_yes(reply)
    else:
        causes = _at(reading.stage, _causes(reading.words, codes, reply)) or _of_a_reply(reply)
    lasting = _lasting(reading, reply, causes)
    others = () if lasting == "accepted" else tuple(_others(causes, codes))
    return Diagnosis(reply, lasting, causes, others, codes, reading)


def reason_of(code: int, enhanced: str, text: str) -> str:
    """Why a server refuses, in a word, from a reply that was taken apart already."""
    reply = Statement(code, enhanced, text)
    causes = _causes(words_of(text), tuple(_codes(reply)), reply)
    return causes[0].failure.reason if causes else "undefined"


def _at(stage: Stage, causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    """The causes, the first as it is meant where the server refused. Clear words stay what they are."""
    if not stage or not causes:
        return causes
    failure, weight, evidence = causes[0]
    if stage == "sender":
        meant = None if failure.id == _POLICY and weight >= _TOLD else _OF_SENDER.get(failure.id)
    else:
        early = failure.step in _NOT_YET and weight < _TOLD and failure.reason not in _RATES
        meant = _OF_GREETING if early else None
    if not meant:
        return causes
    return Cause(all_failures()[meant], weight, evidence), *(one for one in causes[1:] if one.failure.id != meant)


def _of_a_reply(reply: Statement | None) -> tuple[Cause, ...]:
    """A refusal has a cause, if not a known one."""
    return (Cause(all_failures()[_NO_WORD], 0, (str(reply),)),) if reply else ()


def _of_a_yes(reply: Statement) -> tuple[Cause, ...]:
    """A message that the server took may still not be seen."""
    took = reply.code in (0, 250, 251, 252)
    return (Cause(all_failures()[_NOT_SEEN], 0, (str(reply.code or reply.enhanced),)),) if took else ()


def _codes(reply: Statement) -> Iterator[Code]:
    for word in (reply.enhanced, str(reply.code or "")):
        known = find_code(word) if word else None
        if known:
            yield known


def _others(causes: tuple[Cause, ...], codes: tuple[Code, ...]) -> Iterator[Failure]:
    """What the codes are used for too, unless the words have told."""
    if causes and causes[0].weight >= _TOLD:
        return
    named = {cause.failure.id for cause in causes}
    for other in dict.fromkeys(other for code in codes for other in (code.failure, *code.also)):
        if other not in named:
            yield all_failures()[other]


def _causes(words: str, codes: tuple[Code, ...], reply: Statement | None) -> tuple[Cause, ...]:
    said = _said(words)
    answered = reply is not None and reply.code >= 400
    weights = {failure: _weight(failure, phrase, answered) for failure, phrase in said.items()}
    evidence = {failure: [phrase.lstrip("!~")] for failure, phrase in said.items()}
    for code in codes:
        weights[code.failure] = weights.get(code.failure, 0) + code.weight
        evidence.setdefault(code.failure, []).append(code.code)
        for failure in code.also:
            if failure in said:
                weights[failure] += code.weight // 2
                evidence[failure].append(code.code)
    rows = all_failures()
    ranked = sorted((row for row in rows if row in weights), key=lambda row: -weights[row])
    near = [failure for failure in ranked if weights[failure] >= _SHARE * weights[ranked[0]]][:_MOST]
    return tuple(Cause(rows[failure], weights[failure], tuple(evidence[failure])) for failure in near)


def _weight(failure: str, phrase: str, answered: bool) -> int:
    """Words of a broken connection say little in a reply: there was a connection, and a server spoke."""
    row = all_failures()[failure]
    unlikely = answered and row.step in ("dns", "tcp") and row.fault != "recipient"
    return min(weight_of(phrase), _UNLIKELY) if unlikely else weight_of(phrase)


def _said(words: str) -> dict[str, str]:
    """The rows that a text speaks of, each with the phrase that weighs most."""
    found: dict[str, str] = {}
    by_word, others = _index()
    candidates = [pair for word in set(words.split()) for pair in by_word.get(word, ())]
    for phrase, failure in (*candidates, *others):
        if says(words, phrase) and (failure not in found or _rank(phrase) > _rank(found[failure])):
            found[failure] = phrase
    return found


def _rank(phrase: str) -> tuple[int, str]:
    return weight_of(phrase), phrase


@cache
def _index() -> tuple[dict[str, list[tuple[str, str]]], list[tuple[str, str]]]:
    """The phrases of all rows by their first word; and those that begin with a part of a word or an ideograph."""
    by_word: dict[str, list[tuple[str, str]]] = {}
    others: list[tuple[str, str]] = []
    for row in all_failures().values():
        for phrase in row.phrases:
            first = phrase.lstrip("!~").partition(" ")[0]
            place = others if first[-1] == "*" or not first.isascii() else by_word.setdefault(first, [])
            place.append((phrase, row.id))
    return by_word, others


def _lasting(reading: Reading, reply: Statement | None, causes: tuple[Cause, ...]) -> Lasting:
    """What the mail server did with the message, else the reply's first digit, else what the row says."""
    if reading.fate:
        return "permanent" if reading.fate == "given up" else "temporary"
    if reply and reply.code in _OF_AN_API and not reply.enhanced and _asked_wrongly(reading, causes):
        return "permanent"
    if reply:
        return _BY_DIGIT.get(reply.digit, "unknown")
    if not causes:
        return "unknown"
    return "temporary" if causes[0].failure.temporary else "permanent"


def _asked_wrongly(reading: Reading, causes: tuple[Cause, ...]) -> bool:
    if causes and causes[0].weight >= _WORDS:
        return not causes[0].failure.temporary
    return any(f" {words} " in reading.words for words in _HTTP)
