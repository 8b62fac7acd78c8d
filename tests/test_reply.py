"""Replies of servers as outcomes, in the words that real servers use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtemplates.delivery.outcome import Accepted, Deferred, Failed
from mailtemplates.smtp.dotstuffing import canonical, find_bare, stuff
from mailtemplates.smtp.reply import Reply

REASONS = {
    "550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in virtual mailbox table": "userunknown",
    "550 No such user here": "userunknown",
    "550-5.1.1 The email account that you tried to reach does not exist": "userunknown",
    "554 5.7.1 <x@y.test>: Relay access denied": "norelaying",
    "550 relay not permitted": "norelaying",
    "553 5.7.1 <a@b.test>: Sender address rejected: not owned by user c@d.test": "rejected",
    "554 5.2.252 SendAsDenied; a@b.test not allowed to send as c@d.test": "rejected",
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender": "rejected",
    "450 4.7.1 <x@y.test>: Recipient address rejected: Greylisted, see http://postgrey": "greylisted",
    "451 4.7.1 Greylisting in action, please come back later": "greylisted",
    "452 4.5.3 Too many recipients": "toomanyrcpt",
    "452 4.2.2 The email account that you tried to reach is over quota": "mailboxfull",
    "552 5.2.2 Mailbox full": "mailboxfull",
    "552 5.3.4 Message size exceeds fixed limit": "mesgtoobig",
    "552 Message size exceeds maximum permitted": "mesgtoobig",
    "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; bare line feeds": "notcompliantrfc",
    "550 5.7.26 This mail is unauthenticated, which poses a security risk": "authfailure",
    "530 5.7.0 Must issue a STARTTLS command first": "failedstarttls",
    "530 5.7.57 Client not authenticated to send mail": "authfailure",
    "535 5.7.8 Error: authentication failed": "authfailure",
    "550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org": "blocked",
    "450 4.7.1 <c93fcab98fcb>: Helo command rejected: Host not found": "blocked",
    "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail": "speeding",
    "421 4.3.2 too many connections": "toomanyconn",
    "550 5.7.25 no PTR record": "requireptr",
    "554 5.7.1 Message rejected as spam": "spamdetected",
    "501 5.1.3 Bad recipient address syntax": "syntaxerror",
    "550 5.4.4 Host unknown": "hostunknown",
    "556 5.1.10 Recipient address has null MX": "notaccept",
    "550 something that nobody ever said": "rejected",
    "599 what": "undefined",
}


@pytest.mark.parametrize(("line", "reason"), REASONS.items(), ids=REASONS)
def test_the_reason_of_a_reply(line: str, reason: str) -> None:
    outcome = Reply.read(int(line[:3]), line[4:].encode()).outcome()
    assert isinstance(outcome, Deferred | Failed)
    assert outcome.reason == reason
    assert isinstance(outcome, Deferred) == line.startswith("4")


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4XYZab1", "4XYZab1"),
        ("OK id=1rQx2y-0001Ab-2c", "1rQx2y-0001Ab-2c"),
        (
            "2.0.0 OK  1700000000 d9443c01a7336-1d4b6dcfa0esi12345ad.100 - gsmtp",
            "d9443c01a7336-1d4b6dcfa0esi12345ad.100",
        ),
        ("2.0.0 4B1CD2e3012345 Message accepted for delivery", "4B1CD2e3012345"),
        ("2.6.0 <x@y> [InternalId=1234, Hostname=z] Queued mail for delivery", "1234"),
        ("Ok 0100018c0a1b2c3d-4e5f6a7b-8c9d-0000", "0100018c0a1b2c3d-4e5f6a7b-8c9d-0000"),
        ("thank you", ""),
    ],
)
def test_the_name_that_the_server_gave_the_message(text: str, queue_id: str) -> None:
    outcome = Reply.read(250, text.encode()).outcome()
    assert isinstance(outcome, Accepted)
    assert outcome.queue_id == queue_id


def test_lines_are_joined_and_their_status_codes_are_said_once() -> None:
    reply = Reply.read(550, b"5.1.1 no such\n5.1.1 user \xff\x1b[31m")
    assert reply == Reply(550, "5.1.1", "no such user �\\x1b[31m")
    assert str(reply).startswith("550 5.1.1 no such user")


def test_a_status_code_of_another_class_is_text() -> None:
    assert Reply.read(450, b"5.1.1 odd") == Reply(450, "", "5.1.1 odd")


@given(st.integers(200, 599), st.binary(max_size=200))
def test_any_reply_is_an_outcome(code: int, octets: bytes) -> None:
    reply = Reply.read(code, octets)
    assert reply.outcome().text.isprintable()


@given(st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"x.\r\n"])).map(b"".join))
def test_what_is_sent_after_data_ends_once_and_reads_as_it_was(octets: bytes) -> None:
    """No content can end itself: that is how messages are smuggled."""
    if find_bare(octets) >= 0:
        with pytest.raises(ValueError, match="alone"):
            canonical(octets)
        return
    sent = stuff(canonical(octets))
    assert (b"\r\n" + sent).find(b"\r\n.\r\n") == len(sent) - 3
    assert sent.count(b"\r") == sent.count(b"\n") == sent.count(b"\r\n")
    lines = sent[:-3].split(b"\r\n")
    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines) == canonical(octets)
