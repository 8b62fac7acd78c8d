"""The rows that a text points to, weighed.

The words decide: each row that the text speaks of gets the weight of its longest phrase there, and reply codes add what
they are worth. A code that servers use for anything adds little, so the words win.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.failures.failure import Failure, Step
from mailtemplates.failures.mention import mentioned
from mailtemplates.failures.phrase import certain, place_of, says, weight_of
from mailtemplates.failures.reading import Reading, Statement, words_of
from mailtemplates.failures.table import Code, all_failures

MOST = 4
"""So many causes are named."""
UNLIKELY = 6
"""The weight of words that say little where they stand."""
NO_DOUBT = 40
"""The weight from which words leave no doubt."""
NOT_TOLD = "D189"
"""The row of mail that was not sent, without a word of why."""
OWN_ERROR = "D191"
"""The row of a program that stops with an error of its own."""
NO_CAUSE = (NOT_TOLD, OWN_ERROR, "D110")
"""Rows that name no cause: beside a reply with a known code their passing words say nothing."""
_OWN = 4
_AROUND = 20
_SHARE = 0.5
_OF_PROGRAM = {"D138": "D180"}
"""What is meant when a program, not a mail server, says that it reaches no server."""
_OF_SERVERS: frozenset[Step] = frozenset({"sender", "recipient", "message", "identity"})
"""Steps of which only a server speaks."""
_OF_FORM = frozenset({"syntaxerror", "notcompliantrfc"})
"""What programs check of addresses and messages too, before a server does."""
_BEFORE_REPLIES: frozenset[Step] = frozenset({"dns", "tcp", "tls", "cert"})
_OFTEN_OF_SERVERS: frozenset[Step] = frozenset({"send", "arrive"})


class Cause(NamedTuple):
    """A row that the text points to, how strongly, and the words and codes that say so."""

    failure: Failure
    weight: int
    evidence: tuple[str, ...]


def causes_of(reading: Reading, codes: tuple[Code, ...], reply: Statement | None) -> tuple[Cause, ...]:
    """The rows that phrases and codes point to, the heaviest first; those far lighter than it are left out."""
    said = mentioned(reading.words)
    if not reply and reading.teller != "mail server":
        said = _of_program(said)
    if codes and reply and reply.code >= 400:
        said = {row: phrase for row, phrase in said.items() if row not in NO_CAUSE or phrase[0] != "~"}
    weights = {failure: _weight(failure, phrase, reading, reply) for failure, phrase in said.items()}
    for failure in _in_the_reply(said, reading, reply):
        weights[failure] += _OWN
    evidence = {failure: [phrase.lstrip("!~")] for failure, phrase in said.items()}
    for code in codes:
        weights[code.failure] = weights.get(code.failure, 0) + code.weight
        evidence.setdefault(code.failure, []).append(code.code)
        for failure in code.also:
            if failure in said:
                weights[failure] += code.weight // 2
                evidence[failure].append(code.code)
    rows = all_failures()
    if weights.get(NOT_TOLD, NO_DOUBT) < NO_DOUBT and any(_tells(rows[row], weights[row]) for row in weights):
        del weights[NOT_TOLD]
    ranked = sorted((row for row in rows if row in weights), key=lambda row: -weights[row])
    if not reply and reading.teller == "program":
        ranked = _by_place(ranked, said, reading.words)
    least = _SHARE * weights[ranked[0]] if ranked else 0
    near = [row for row in ranked if weights[row] >= least or certain(said.get(row, "~"))][:MOST]
    return tuple(Cause(rows[failure], weights[failure], tuple(evidence[failure])) for failure in near)


def of_link(row: Failure) -> bool:
    """Whether it is of the link to the server, before any reply."""
    return row.step in _BEFORE_REPLIES and row.fault != "recipient"


def _in_the_reply(said: dict[str, str], reading: Reading, reply: Statement | None) -> Iterator[str]:
    """The rows that the server's own words name, where others tell of it around them: a log, a bounce, a program."""
    if reply and reply.code >= 420 and reply.text:
        own = words_of(reply.text)
        if len(own) + _AROUND < len(reading.words):
            yield from (failure for failure, phrase in said.items() if phrase[0] not in "!~" and says(own, phrase))


def _by_place(ranked: list[str], said: dict[str, str], words: str) -> list[str]:
    """Errors of the link that leave no doubt, in the order of the text, when one of them ranks first."""
    rows = all_failures()
    sure = [row for row in ranked if certain(said[row]) and of_link(rows[row])]
    if len(sure) < 2 or ranked[0] not in sure:
        return ranked
    return [*sorted(sure, key=lambda row: place_of(words, said[row])), *(row for row in ranked if row not in sure)]


def _tells(row: Failure, weight: int) -> bool:
    """Whether a row says more than that the mail was not sent."""
    return row.id != NOT_TOLD and (weight > UNLIKELY or row.step not in _OF_SERVERS)


def _of_program(said: dict[str, str]) -> dict[str, str]:
    """What the words mean that a mail server uses of the next one, where a program says them of its server."""
    for theirs, ours in _OF_PROGRAM.items():
        if theirs in said and not certain(said[theirs]):
            phrase = said.pop(theirs)
            said.setdefault(ours, f"~{phrase.lstrip('~')}")
    return said


def _weight(failure: str, phrase: str, reading: Reading, reply: Statement | None) -> int:
    """Some words say little: of a broken connection in a reply, there was one; of recipients where no server speaks."""
    row = all_failures()[failure]
    if reply is not None and reply.digit >= 4:
        unlikely = reply.code >= 400 and row.step in ("dns", "tcp") and row.fault != "recipient"
    else:
        by_server = row.step in _OF_SERVERS and row.reason not in _OF_FORM
        by_server = by_server or (row.step in _OFTEN_OF_SERVERS and not certain(phrase))
        unlikely = reading.teller == "program" and by_server
    return min(weight_of(phrase), UNLIKELY) if unlikely else weight_of(phrase)
