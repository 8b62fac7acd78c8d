"""What a reply or an error is taken for whose words no phrase of the table has."""

from __future__ import annotations

import json

import pytest

from mailtemplates.failures.answer import answer_lines, answer_object
from mailtemplates.failures.diagnosis import diagnose, reason_of
from mailtemplates.failures.likeness import Likeness
from mailtemplates.failures.phrase import spoken

SENTENCES = [
    ("the certificate that your side presents is none that anyone trusts", "securityerror"),
    ("mailbox of that person has used up all its storage quota", "mailboxfull"),
    ("an infected attachment, a virus or a trojan", "virusdetected"),
    ("greylisting in force", "greylisted"),
    ("its megabytes and size are beyond the maximum size of a message", "mesgtoobig"),
    ("证书", "securityerror"),
]


@pytest.mark.parametrize(("text", "reason"), SENTENCES, ids=[reason for _, reason in SENTENCES])
def test_words_alone_tell_what_a_text_is_like(text: str, reason: str) -> None:
    likeness = Likeness.of(spoken(text))
    assert max(likeness.odds, key=likeness.odds.__getitem__) == reason
    assert set(likeness.evidence(reason)) <= {*spoken(text).split(), text}


def test_words_are_compared_by_how_they_begin() -> None:
    """A text may say *blacklisting* where the table says *blacklisted*."""
    told = Likeness.of(" blacklisting ").odds
    assert told["blocked"] > 2
    assert told == Likeness.of(" blacklisted ").odds


@pytest.mark.parametrize("text", ["", " ", "the of a to", "12 34", "qwzxv plmokn", "\u4e00"])
def test_a_text_without_a_word_of_the_table_is_like_nothing(text: str) -> None:
    assert Likeness.of(spoken(text))[:2] == ({}, {})


def test_a_code_that_says_little_gives_way_to_the_words() -> None:
    """550 stands for a mailbox that does not exist, or for anything: here the words name another matter."""
    reply = "550 the certificate that your side presents is not one that is believed"
    found = diagnose(reply)
    assert answer_object(found, "en")["family"] == "tls"
    assert found.confidence == "guess"
    assert found.causes[0].evidence[0] == "certificate"
    assert "guess" in " ".join(answer_lines(found, "en"))
    assert answer_object(found, "en")["next_step"]


def test_words_that_are_like_no_cause_change_nothing() -> None:
    """The likest of causes that are all unlikely says less than the one word that a phrase is of."""
    text = (
        "A message that you sent was rejected by the local scanning code that checks incoming messages on this system."
        " The following error was given: I don't like the sender"
    )
    assert diagnose(text).causes[0].evidence == ("rejected",)


def test_a_program_s_error_without_a_reply_is_a_guess_and_said_to_be_one() -> None:
    found = diagnose("MailError: the certificate that the other side presents was odd, and so was its issuer")
    assert answer_object(found, "en")["family"] == "tls"
    assert found.confidence == "guess"
    assert json.dumps(answer_object(found, "en")["remarks"]).count("guess") == 1


@pytest.mark.parametrize(
    "text", ["the cat sat on the mat", "my cat has a certificate", "a folder and a password for my neighbour's dog"]
)
def test_a_text_that_does_not_speak_of_mail_is_not_known(text: str) -> None:
    assert not diagnose(text).known


def test_of_two_phrases_that_weigh_the_same_the_one_goes_first_that_the_other_words_are_like() -> None:
    """``attachments`` and ``infected`` are phrases of two rows; that it is a trojan speaks for one."""
    assert diagnose("554 the attachment harbours an infected trojan").causes[0].failure.reason == "virusdetected"


def test_what_a_program_acts_upon_is_no_guess() -> None:
    """The sender retries and gives up by the reason of a reply: words that it is only like do not count there."""
    assert reason_of(550, "", "the certificate that your side presents is not one that is believed") == "rejected"
