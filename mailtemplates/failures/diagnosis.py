"""From a text to its likely causes.

What phrases and codes point to is weighed (:mod:`mailtemplates.failures.cause`); where no phrase is said, the code
names the row, or what the words are clearly more like. Temporary or permanent is read from the reply's first digit
(RFC 5321 §4.2.1), never from its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from mailtemplates.failures.cause import (
    MOST,
    NO_CAUSE,
    NO_DOUBT,
    NOT_TOLD,
    OWN_ERROR,
    UNLIKELY,
    Cause,
    causes_of,
    of_link,
)
from mailtemplates.failures.failure import Failure
from mailtemplates.failures.mention import mentioned
from mailtemplates.failures.phrase import certain, place_of, says
from mailtemplates.failures.reading import Reading, Stage, Statement, words_of
from mailtemplates.failures.table import Code, all_failures, find_code
from mailtemplates.pattern import pattern

if TYPE_CHECKING:
    from mailtemplates.failures.likeness import Likeness

Lasting = Literal["temporary", "permanent", "unknown", "accepted"]

Confidence = Literal["clear", "likely", "guess", "none"]
"""How surely the first cause is meant: words that leave no doubt; words; a code or passing words alone; nothing."""

_BY_DIGIT: dict[int, Lasting] = {1: "accepted", 2: "accepted", 3: "accepted", 4: "temporary", 5: "permanent"}
_OF_AN_API = range(400, 420)
"""Codes that an API over HTTP answers and no mail server does: what it was asked is wrong, and mostly stays so."""
_HTTP = ("400 bad request", "401 unauthorized", "forbidden", "404 not found", "405 method not allowed", "status code")
_AGAIN = " again later "
_TOLD = 18
_WORDS = 16
_NEAR = 4
_TELLING = 10
_NO_WORD = "D144"
_POLICY = "D109"
_NOT_SEEN = "D150"
_OF_MAIL = pattern(
    r" (?:e ?mails?|mail\w*|\w{0,20}mailer|smtp\w*|imap\w*|pop3|sendmail) |邮 件|郵 件|メ ー ル|메 일|почт", re.A
)
_FAILS = pattern(
    r" (?:\w{0,40}(?:error|exception|failed)|fail\w*|errors|errore|erreur|erro|fehler\w*|kein\w*|nicht|not|cannot"
    r"|can t|couldn t|unable|impossib\w*|probl[eè]m\w*|échou\w*|échec|falló|fallo|falha|não|błąd|hata|mislukt"
    r"|invalid\w*|missing|denied|fehlgeschlagen|gescheitert|fallit\w|powiodł\w*|misslykades|epäonnistui) "
    r"|失 败|失 敗|错 误|錯 誤|無 法|无 法|エ ラ ー|ま せ ん|오 류|실 패|ошибка|не удалось",
)
_LIKELY = 2.0
"""So much more a text must be like a cause that no phrase tells, as a logarithm of odds."""
_OF_SENDER = {"D38": "D74", "D80": "D75", "D84": "D73", "D91": "D75", "D109": "D75", "D110": "D75"}
"""What a refusal of the MAIL command means that speaks of recipients or of nothing."""
_OF_GREETING = "D11"
_BEGINNING = 40
"""So much of a reply is looked for in the text."""
_OF_NOW = frozenset({"toomanyconn", "speeding", "networkerror", "systemerror"})
"""Limits and troubles of the moment: a server that greets may well speak of them."""
_NOT_YET = frozenset({"recipient", "sender", "message", "send"})
"""Steps of which a server knows nothing when it greets."""


class Diagnosis(NamedTuple):
    """What a text means.

    :param reply: the reply in it that tells most; None when no server speaks.
    :param lasting: whether the same may work later with nothing changed.
    :param causes: rows, the likeliest first; none when nothing in the text is known.
    :param others: further rows that the reply's codes are used for.
    :param codes: the codes of the reply that the tables know.
    :param recipients: where a program lists recipients with replies that differ: who got one, and what it means.
    """

    reply: Statement | None
    lasting: Lasting
    causes: tuple[Cause, ...]
    others: tuple[Failure, ...]
    codes: tuple[Code, ...]
    reading: Reading
    recipients: tuple[tuple[tuple[str, ...], Diagnosis], ...] = ()

    @property
    def known(self) -> bool:
        """Whether anything in the text is."""
        return bool(self.causes or self.reply)

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
        if not _is_told(first, self.codes):
            return "guess"
        rival = any(first.weight - other.weight <= _NEAR for other in self.causes[1:])
        return "likely" if first.weight < NO_DOUBT or rival else "clear"


def diagnose(text: str) -> Diagnosis:
    """What a traceback, a server's reply, a line of a log or a bounce means. Never raises."""
    reading = Reading.of(text)
    if len(reading.recipients) < 2:
        return _diagnosed(reading)
    each = tuple((addresses, _diagnosed(reading.only(reply))) for reply, addresses in reading.recipients)
    return each[0][1]._replace(recipients=each)


def _diagnosed(reading: Reading) -> Diagnosis:
    reply = reading.statements[0] if reading.statements else None
    if reply and reply.digit in (1, 2, 3) and reading.teller == "program" and causes_of(reading, (), None):
        reply = None
    codes = tuple(_codes(reply)) if reply else ()
    if reply and reply.digit in (1, 2, 3):
        causes = _of_a_yes(reply)
    else:
        named = causes_of(reading, codes, reply) or (() if reply else _of_names(reading))
        causes = _at(reading.stage, _likened(named, codes, reading)) or _of_a_reply(reply) or _of_a_program(reading)
    logged = reading.teller == "program" and len(causes) > 1 and any(of_link(cause.failure) for cause in causes)
    if logged and reply and reply.digit >= 4:
        reply, causes = _first_error(reading, reply, codes, causes)
        codes = codes if reply else ()
    lasting = _lasting(reading, reply, causes)
    others = () if lasting == "accepted" else tuple(_others(causes, codes))
    return Diagnosis(reply, lasting, causes, others, codes, reading)


def reason_of(code: int, enhanced: str, text: str) -> str:
    """Why a server refuses, in a word, from a reply that was taken apart already."""
    reply = Statement(code, enhanced, text)
    causes = causes_of(Reading.of_reply(reply), tuple(_codes(reply)), reply)
    return causes[0].failure.reason if causes else "undefined"


def _is_told(cause: Cause, codes: tuple[Code, ...]) -> bool:
    """Whether words or a code that says much name it."""
    coded = any(code.failure == cause.failure.id and code.weight >= _TELLING for code in codes)
    return cause.weight >= _WORDS or coded


def _likened(causes: tuple[Cause, ...], codes: tuple[Code, ...], reading: Reading) -> tuple[Cause, ...]:
    """The causes; of those that weigh nearly the same the one first that the text is most like in its words."""
    if not causes or not (
        _is_told(causes[0], codes) or any(_is_phrase(one) for cause in causes for one in cause.evidence)
    ):
        return _guessed(causes, reading)
    rivals = [one for one in causes if causes[0].weight - one.weight <= _NEAR]
    if not reading.statements or not _WORDS <= causes[0].weight < NO_DOUBT or len(rivals) < 2:
        return causes
    odds = _likeness(reading).odds
    lead = {causes[0].failure.id: _NEAR}
    first = max(rivals, key=lambda one: one.weight + odds.get(one.failure.reason, 0) + lead.get(one.failure.id, 0))
    return first, *(one for one in causes if one is not first)


def _is_phrase(evidence: str) -> bool:
    """Whether it is of several words: no code, and no word that is said in passing."""
    return " " in evidence or not evidence.isascii()


def _guessed(causes: tuple[Cause, ...], reading: Reading) -> tuple[Cause, ...]:
    """Where codes or single words alone point to causes, or nothing: before them what the text is clearly more like."""
    if not _own_words(reading).strip():
        return causes
    likeness = _likeness(reading)
    sums = dict(likeness.odds)
    for cause in causes:
        if cause.failure.id not in NO_CAUSE:
            reason = cause.failure.reason
            sums[reason] = max(sums.get(reason, 0), likeness.odds.get(reason, 0) + cause.weight)
    best = max(sums, key=sums.__getitem__, default="")
    if causes and sums.get(best, 0) - sums.get(causes[0].failure.reason, 0) < _LIKELY:
        return causes
    if likeness.odds.get(best, 0) < (-_LIKELY if causes else _LIKELY) or not (causes or _speaks_of_mail(reading)):
        return causes
    failure = all_failures()[likeness.row(best, {cause.failure.id: cause.weight for cause in causes})]
    evidence = likeness.evidence(best)[:MOST]
    likened = Cause(failure, causes[0].weight if causes else UNLIKELY, evidence)
    return (likened, *(one for one in causes if one.failure != failure))[:MOST]


def _likeness(reading: Reading) -> Likeness:
    """What the words of the reply are like, or of the text where no server speaks."""
    from mailtemplates.failures.likeness import Likeness  # 1.4 ms to import; most texts say a phrase

    return Likeness.of(_own_words(reading))


def _own_words(reading: Reading) -> str:
    """The words of the reply where a server speaks."""
    return words_of(reading.statements[0].text) if reading.statements else reading.words


def _speaks_of_mail(reading: Reading) -> bool:
    return bool(reading.statements or reading.teller or _OF_MAIL.search(reading.words))


def _is_beside(phrase: str, reply: str) -> bool:
    return certain(phrase) and not says(reply, phrase)


def _first_error(
    reading: Reading, reply: Statement, codes: tuple[Code, ...], causes: tuple[Cause, ...]
) -> tuple[Statement | None, tuple[Cause, ...]]:
    """A program's log may tell of several errors: those beside the reply, and it, in the order of the text."""
    own, said = words_of(str(reply)), mentioned(reading.words)
    beside = [one for one in causes if of_link(one.failure) and _is_beside(said.get(one.failure.id, "~"), own)]
    alone = causes_of(reading.only(reply), codes, reply)
    if not beside or not alone:
        return reply, causes
    place = reading.words.find(words_of(reply.text).strip()[:_BEGINNING])
    beside.sort(key=lambda one: place_of(reading.words, one.evidence[0]))
    before = [one for one in beside if place_of(reading.words, one.evidence[0]) < place]
    named = {one.failure.id for one in beside}
    apart = (*before, *(one for one in alone if one.failure.id not in named), *beside[len(before) :])[:MOST]
    return (None if before else reply), apart


def _at(stage: Stage, causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    """The causes, the first as it is meant where the server refused. Clear words stay what they are."""
    if not stage or not causes:
        return causes
    failure, weight, evidence = causes[0]
    if stage == "sender":
        meant = None if failure.id == _POLICY and weight >= _TOLD else _OF_SENDER.get(failure.id)
    else:
        early = failure.step in _NOT_YET and weight < _TOLD and failure.reason not in _OF_NOW
        meant = _OF_GREETING if early else None
    if not meant:
        return causes
    return Cause(all_failures()[meant], weight, evidence), *(one for one in causes[1:] if one.failure.id != meant)


def _of_a_reply(reply: Statement | None) -> tuple[Cause, ...]:
    """A refusal has a cause, if not a known one."""
    return (Cause(all_failures()[_NO_WORD], 0, (str(reply),)),) if reply else ()


def _of_names(reading: Reading) -> tuple[Cause, ...]:
    """The causes that errors named in one word tell, ``MissingStartTls``."""
    causes = causes_of(reading._replace(words=reading.parted), (), None) if reading.parted != reading.words else ()
    return causes if causes and causes[0].weight >= _WORDS else ()


def _of_a_program(reading: Reading) -> tuple[Cause, ...]:
    """What is said when no word is known: a program stopped with an error, or could not send and does not tell why."""
    fails = _FAILS.search(reading.words)
    if fails and reading.teller != "program" and _OF_MAIL.search(reading.words):
        return (Cause(all_failures()[NOT_TOLD], 0, ()),)
    told = reading.teller == "program" or (fails and not reading.teller)
    return (Cause(all_failures()[OWN_ERROR], 0, ()),) if told else ()


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
    if _AGAIN in reading.words:
        return False
    if causes and causes[0].weight >= _WORDS:
        return not causes[0].failure.temporary
    return any(f" {words} " in reading.words for words in _HTTP)
