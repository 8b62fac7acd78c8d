"""The failure table: every row is reached by its examples, every code by itself, and any text at all has an answer."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.cli.shell import main
from mailtemplates.failures.answer import answer_lines, answer_object, failure_lines
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import LANGUAGES, Failure
from mailtemplates.failures.page import markdown_pages
from mailtemplates.failures.phrase import choices, meant, says, singular, spoken
from mailtemplates.failures.provider import provider_of
from mailtemplates.failures.remark import remarks
from mailtemplates.failures.table import all_codes, all_failures, find_code, find_failure
from mailtemplates.text.wrapping import display_width

ROWS = all_failures().values()
EXAMPLES = [(row.id, example) for row in ROWS for example in row.examples]
REGISTERED = [
    f"{subject}.{detail}"
    for subject, details in enumerate((1, 11, 5, 6, 8, 7, 11, 31))
    for detail in range(details)
]  # fmt: skip
"""The enumerated codes of IANA's registry of SMTP Enhanced Status Codes, but for X.3.6."""


@pytest.mark.parametrize(("row", "example"), EXAMPLES, ids=[f"{row} {example[:60]}" for row, example in EXAMPLES])
def test_an_example_names_its_row(row: str, example: str) -> None:
    diagnosis = diagnose(example)
    assert diagnosis.causes[0].failure.id == row
    assert diagnosis.lasting != "unknown"


def test_ids_and_names_are_each_one_row() -> None:
    assert Counter(row.name for row in ROWS).most_common(1)[0][1] == 1
    for row in ROWS:
        assert find_failure(row.id.lower()) is find_failure(row.name) is row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_everything_in_both_languages(row: Failure) -> None:
    """A failure without a next step helps nobody."""
    for language in LANGUAGES:
        assert all(row.words(language))
        assert all(display_width(line) <= 80 for line in failure_lines(row, language))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in row.zh.cure)
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in row.en.cure.replace("授权码", ""))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_phrases_are_words_and_not_too_short(row: Failure) -> None:
    """A phrase with other characters would never be found, one of two letters anywhere."""
    for phrase in (one for pattern in row.phrases for one in choices(pattern)):
        parts = [part.removesuffix("*") for part in phrase.lstrip("!~").split(" … ")]
        assert len(parts[0]) > 1
        assert len(phrase.encode()) > 2, phrase
        if phrase.isascii():
            assert [spoken(part).strip() for part in parts] == list(map(singular, parts)), phrase


@pytest.mark.parametrize("code", [*REGISTERED, "3.6"])
def test_a_registered_enhanced_code_is_explained(code: str) -> None:
    known = find_code(f"5.{code}")
    assert known
    assert known.code == code
    for digit, lasting in (("X", "unknown"), ("4", "temporary"), ("5", "permanent")):
        diagnosis = diagnose(f"{digit}.{code}")
        assert diagnosis.lasting == lasting
        assert diagnosis.causes[0].failure.id == known.failure
        assert list(answer_lines(diagnosis, "en"))


@pytest.mark.parametrize("code", [code for code in all_codes() if code.isdecimal()])
def test_a_reply_code_is_explained_alone_and_with_words(code: str) -> None:
    diagnosis = diagnose(code)
    digit = int(code[0])
    assert diagnosis.lasting == {2: "accepted", 3: "accepted", 4: "temporary", 5: "permanent"}[digit]
    assert answer_object(diagnosis, "en")["next_step"]
    assert diagnose(f"{code} quite unheard of").lasting == diagnosis.lasting


@given(st.integers(420, 599), st.text(max_size=200))
def test_temporary_or_permanent_is_the_first_digit(code: int, words: str) -> None:
    """RFC 5321 §4.2.1: whatever the words say."""
    diagnosis = diagnose(f"{code} {words.replace('Action', '').replace('status', '')}")
    if diagnosis.reply and diagnosis.reply.code == code:
        assert diagnosis.lasting == ("temporary" if code < 500 else "permanent")


@pytest.mark.parametrize(
    ("text", "lasting"),
    [
        ("HTTP Error 403: Forbidden", "permanent"),
        ("401 Unauthorized", "permanent"),
        ("406 You tried to send to a recipient that has been marked as inactive.", "permanent"),
        ("403 rate limit exceeded", "temporary"),
        ("429 Too Many Requests", "temporary"),
        ("403", "temporary"),
        ("400 4.4.7 Message delayed", "temporary"),
    ],
)
def test_an_api_that_was_asked_wrongly_is_not_asked_again(text: str, lasting: str) -> None:
    """4xx of HTTP is the client's fault; no mail server answers 400 to 419 without an enhanced code."""
    assert diagnose(text).lasting == lasting


def test_what_the_mail_server_did_goes_before_the_reply() -> None:
    """A bounce that quotes 450 was given up all the same; a log that defers a 554 tries again."""
    bounced = diagnose("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 450 4.2.0 mailbox busy")
    assert (bounced.lasting, bounced.reply and bounced.reply.code) == ("permanent", 450)
    assert "anew" in " ".join(remarks(bounced, "en"))
    deferred = diagnose("status=deferred (host mx.b.test[192.0.2.1] refused to talk to me: 554 go away)")
    assert deferred.lasting == "temporary"
    returned = diagnose(
        "I wasn't able to connect. (#4.4.1)\nI'm not going to try again; it has been in the queue too long."
    )
    assert returned.lasting == "permanent"


def test_a_bounce_without_a_code_is_final() -> None:
    """Exchange tells the reason in words alone; the words of a row that is mostly temporary do not change it."""
    bounce = (
        "mx.b.test rejected your message to the following email addresses:\n\nThe user is receiving mail too quickly."
    )
    assert diagnose(bounce).lasting == "permanent"
    assert diagnose("The user is receiving mail too quickly.").lasting == "temporary"


def test_the_digit_of_a_bare_reply_goes_before_its_words() -> None:
    """A judge of replies has the code alone: 451 is temporary, whatever its writer says that he will do (RFC 5321)."""
    reply = "451 Sorry, I wasn't able to establish an SMTP connection. I'm not going to try again; this is final."
    assert diagnose(reply).lasting == "temporary"
    assert diagnose(f"Hi. This is the qmail-send program.\n{reply}").lasting == "permanent"


@pytest.mark.parametrize(
    ("reply", "row"),
    [
        (
            "450-4.2.1 The user you are trying to contact is receiving\n450-4.2.1 mail at a rate\n450 4.2.1 too high",
            "D94",
        ),
        ("450-4.2.1 The user is receiving 450-4.2.1 mail at a rate 450 4.2.1 that prevents more", "D94"),
        ("550-No such\n550 user here", "D80"),
        ("failed,5.1.1 (bad destination mailbox address),smtp;553 Relaying disallowed", "D19"),
        ("Bounced: DCID 3 MID 4 - 5.1.0 - Unknown address error ('550', ['<b@b.test>... Relaying denied']) []", "D19"),
        (
            "Compte : « x », Réponse du serveur : « 552 mailbox full », Port : 25, Numéro d’erreur : 0x800CCC79",
            "D81",
        ),
    ],
)
def test_a_reply_of_several_lines_is_one_sentence(reply: str, row: str) -> None:
    """Each line begins with the code; PowerMTA, AsyncOS and Outlook say something of their own about the server's words."""
    assert diagnose(reply).causes[0].failure.id == row


@pytest.mark.parametrize(
    ("reply", "row"),
    [
        ("550 5.7.1 [BFD] Sender prohibited by SPF", "D121"),
        ("550 5.7.0 Local Policy Violation - DMARC Reject", "D122"),
        ("553 Local user only,163 smtp5,HdxpCgA3f", "D18"),
        ("554 Message rejected: Stream is more than 10485760 bytes long.", "D100"),
        ("554 DSN is not RFC 3464 compliant.", "D103"),
        ("554 Error writing message to safe storage; message could not be stored to disk", "D132"),
        ("status=deferred (client TLS configuration problem)", "D52"),
        ("450 You can only send 50 msgs per 1h", "D130"),
        ("milter-reject: END-OF-MESSAGE from mx.b.test[192.0.2.1]: 4.7.1 Try again later; from=<a@b.test>", "D85"),
        ("550 a@b.test... Retransmissão Negada", "D19"),
        ("550 нет такого пользователя", "D80"),
        ("552 Caixa postal cheia", "D81"),
        ("552 Mensaje demasiado grande", "D100"),
        ("550 5.7.1 [X2] Your mail from 192.0.2.7 was rejected", "D125"),
        ("521 2001:db8::7 refused, see http://b.test/why", "D125"),
        ("554 5.7.1 192.0.2.7 does not resolve", "D124"),
        ("550 5.7.1Relay not permitted for user.", "D19"),
        ("552 MS-Office file with macros found", "D105"),
        ("451 #4.4.3 Temporary error occurred during SPF verification.", "D121"),
        ("421 4.7.0 mx.b.test Error: too many errors", "D130"),
        ("550 5.7.1 You've exceeded your quota of 300 messages", "D130"),
        ("553 5.1.3 Address contains illegal characters in user name", "D84"),
        ("450 4.2.1 Mail comes at a rate that is limited", "D130"),
        ("550 5.7.1 The receiver denied your mail", "D91"),
        ("550 R1: HELO should be a FQDN or address literal", "D48"),
        ('554 your "Received:" header counts exceed the limit', "D137"),
        (
            (
                "Google tried to deliver your message, but it was rejected by the server.\nThe error that the other server"
                " returned was:\n550 Account discontinued, cancelled by user"
            ),
            "D82",
        ),
        (
            (
                "SMTP error from remote mail server after initial connection: 451 Spam email: retry timeout exceeded++ all"
                " hosts for b.test have been failing for a long time (and retry time not reached)"
            ),
            "D107",
        ),
    ],
)
def test_the_words_go_before_the_code(reply: str, row: str) -> None:
    """Of a general code, 550, 552 or 554, the cause is what the words say, in the languages that servers speak."""
    assert diagnose(reply).causes[0].failure.id == row


def test_a_reply_says_what_it_should_not_be_taken_for() -> None:
    assert any("4xx" in one for one in remarks(diagnose("SMTPAuthenticationError: (454, b'4.7.0 not now')"), "en"))
    assert any("anew" in one for one in remarks(diagnose("550 try again later"), "en"))
    assert any("two classes" in one for one in remarks(diagnose("421 5.7.32 From is not aligned"), "en"))


@pytest.mark.parametrize(
    ("phrase", "text", "said"),
    [
        ("(no|any) such (user|mailbox)", "No such mailbox here", "no such mailbox"),
        ("!(no|any) such (user|mailbox)", "is there any such user?", "!any such user"),
        ("(inbox|mailbox) … (full|over quota)", "the inbox of Bob is, alas, over quota", "inbox … over quota"),
        ("(inbox|mailbox) … (full|over quota)", "the mailbox and the inbox are full", "inbox … full"),
        ("~(accept*|takes) … (inside|member*)", "it only accepted mail of our members", "~accept* … member*"),
        ("(inbox|mailbox) … (full|over quota)", "inbox full", "inbox full"),
        ("(inbox|mailbox) … (full|over quota)", "full is the mailbox", ""),
        ("(inbox|mailbox) … (full|over quota)", f"the mailbox {'x ' * 40} is full", ""),
        ("user unknown", "User unknown", "user unknown"),
        ("user unknown", "user known", ""),
    ],
)
def test_a_phrase_with_choices_is_met_as_the_text_says_it(phrase: str, text: str, said: str) -> None:
    """The evidence that is shown are the words of the text, not all that might have been said."""
    assert meant(spoken(text), phrase) == said


WORDS = [text.strip("!~*") for row in ROWS for phrase in row.phrases for text in choices(phrase)]


@given(
    st.lists(
        st.one_of(st.text(), st.sampled_from(WORDS), st.sampled_from(["550 5.1.1", "(421, b'", "\n", "Traceback", "…"]))
    )
)
def test_any_text_has_an_answer(parts: list[str]) -> None:
    diagnosis = diagnose(" ".join(parts))
    for language in LANGUAGES:
        assert list(answer_lines(diagnosis, language))
        json.dumps(answer_object(diagnosis, language))


@pytest.mark.parametrize("before", ["", "Received: a\n", "Traceback\n"])
@pytest.mark.parametrize(
    "piece",
    [" \n", "\n", "> \n", "220 ", "220 x\n", "550 ", "<<< 550\n", "550-5.1.1 x\n", "5.7.1 ", "code: ", "said: ", "(", "; ",
     ">>> MAIL ", "after   ", "refused to ", "X: a\n", "a: \n \n", "From a\n", "=\n", "Subject:", "a@b", "[1.2.3.4]",
     "334 AAAAAAAAAAAAAAAAAAAA", r"\xe4", 'File "a", line 1, in a\n', "    at a\n", "Diagnostic-Code: smtp"],
)  # fmt: skip
def test_time_is_linear(before: str, piece: str) -> None:
    text = before + piece * (200_000 // len(piece))
    start = time.process_time()
    diagnose(text)
    assert time.process_time() - start < 60, (
        "far over what it takes, and far under what it would if time grew faster than the text"
    )


BOUNCE = """Return-Path: <>
Received: from mx.b.test (mx.b.test [192.0.2.7]) by mail.a.test with ESMTP; Mon, 1 Jun 2026 10:00:00 +0000
Authentication-Results: mail.a.test; spf=fail smtp.helo=mx.b.test; dkim=none
From: Mail Delivery System <mailer-daemon@b.test>
Message-ID: <1@b.test>
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: bob@b.test

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@b.test
    SMTP error from remote mail server after {}

------ This is a copy of the message, including all the headers. ------

Return-path: <ann@a.test>
Subject: Your mailbox is over quota, said 552 5.2.2
"""


@pytest.mark.parametrize(
    ("refusal", "row"),
    [
        ("RCPT TO:<bob@b.test>:\n    550 5.1.1 User unknown", "D80"),
        ("initial connection:\n    550 Access denied", "D11"),
        ("EHLO mail.a.test:\n    550 Rejected", "D11"),
        ("MAIL FROM:<ann@a.test> SIZE=1024:\n    550 5.1.7 No such domain a.test", "D74"),
        ("MAIL FROM:<ann@a.test>:\n    550 does not exist", "D75"),
        ("end of data:\n    550 5.7.1 reverse =\nDNS lookup failed", "D124"),
    ],
)
def test_a_whole_bounce_is_read(refusal: str, row: str) -> None:
    """Neither its head nor the message that it gives back tells the cause; the command that was answered does."""
    found = diagnose(BOUNCE.format(refusal))
    assert found.causes[0].failure.id == row
    assert found.lasting == "permanent"


def test_what_is_not_known_is_said_with_a_next_step() -> None:
    lines = " ".join(answer_lines(diagnose("the cat sat on the mat"), "en"))
    assert "Not known" in lines
    assert "mailtpl doctor" in lines


def test_words_are_compared_whatever_their_case_and_punctuation() -> None:
    assert spoken("<b@c>: User-Unknown!") == " b c user unknown "
    assert says(spoken("USER…unknown"), "user unknown")
    assert not says(spoken("relayed"), "relay")
    assert says(spoken("relayed"), "!relay*")
    assert says(spoken("mailbox is nearly always full"), "mailbox … full")
    assert says(spoken("Illegal characters"), "illegal character")
    assert says(spoken("illegal address"), "illegal addresses")
    assert says(spoken("请使用授权码登录"), "授权码")


PAGES = dict(markdown_pages())


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    """``mailtpl failures --pages docs`` writes it anew."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_links_to_what_it_has(name: str) -> None:
    headings = {line.removeprefix("### ").lower().replace(" ", "-") for line in PAGES[name].splitlines()}
    links = set(re.findall(r"\(#(d\d+-[a-z0-9-]+)\)", PAGES[name]))
    assert links
    assert links <= headings


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.gmail.com", "Gmail"),
        ("smtp.exmail.qq.com", "Tencent Exmail"),
        ("SMTP.QQ.com", "QQ Mail"),
        ("mx.notqq.com", ""),
    ],
)
def test_a_provider_is_known_by_its_server(host: str, name: str) -> None:
    found = provider_of(host)
    assert (found.name("en") if found else "") == name


def test_the_commands_answer(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    assert main(["explain", "5.7.8"]) == 0
    assert b"D17 login-refused" in capfdbinary.readouterr().out
    assert main(["explain", "--language", "zh", "D62"]) == 0
    assert "授权码" in capfdbinary.readouterr().out.decode()
    assert main(["explain", "--output-format", "json", "450", "4.7.1", "try", "later"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert (told["temporary"], told["reply"]["enhanced"]) == (True, "4.7.1")
    assert told["next_step"]
    assert main(["explain", "relay-denid"]) == 2
    assert b"did you mean 'relay-denied'" in capfdbinary.readouterr().err
    assert main(["failures"]) == 0
    assert b"  D04  " in capfdbinary.readouterr().out
    assert main(["failures", "--pages", str(tmp_path)]) == 0
    assert (tmp_path / "zh" / "why-not-arrived.md").exists()


def test_a_star_stands_for_words_in_other_letters() -> None:
    assert meant(spoken("550 Абонентами не найден"), "абонент* … не найден")
    assert not meant(spoken("550 Абонентами не найден"), "абонент … не найден")
