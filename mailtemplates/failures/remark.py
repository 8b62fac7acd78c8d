"""What a reader of a reply should not take wrongly."""

from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.failures.diagnosis import Diagnosis
from mailtemplates.failures.failure import Language
from mailtemplates.failures.phrase import says
from mailtemplates.failures.vocabulary import VOCABULARIES

_LATER = ("try again", "try later", "retry", "temporar*", "come back later", "later time")
_PERMANENT_CLASS = "smtpauthenticationerror"


def remarks(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    """Where a reply's words, its codes or the class of the exception speak against each other."""
    said = VOCABULARIES[language]
    reply, fate = diagnosis.reply, diagnosis.reading.fate
    if diagnosis.confidence == "guess" and diagnosis.causes[0].evidence:
        yield said.a_guess
    if reply is None:
        return
    words = diagnosis.reading.words
    if fate == "given up" and reply.digit == 4:
        yield said.reply_was_temporary
    if fate == "waits" and reply.digit == 5:
        yield said.reply_was_permanent
    if reply.digit == 5 and not fate and any(says(words, phrase) for phrase in _LATER):
        yield said.says_later
    if reply.digit == 4 and says(words, _PERMANENT_CLASS):
        yield said.raised_as_login
    if reply.code and reply.enhanced and reply.enhanced[0] != str(reply.code)[0]:
        yield said.classes_differ
    if diagnosis.lasting == "accepted" and not diagnosis.causes:
        yield said.goes_on
