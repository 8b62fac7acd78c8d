"""Replies that nobody asked for: each shifts what comes after it, and no message gets another's outcome by that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smtplab import BOB, CAROL, DAVE, GONE, PIPELINED, Open, mail
from smtpserver import Answer, Link, Server
from test_smtp_loss import check_law, numbered

from mailtemplates.delivery.event import Event
from mailtemplates.delivery.outcome import Accepted, Failed
from mailtemplates.transports import open_transport

STRAYS = ("550 5.1.1 no", "250 2.0.0 ok", "451 4.3.0 later", "354 go")


def before(stray: str, answer: str) -> Callable[[Link], str]:
    """Says something late, about what went before, and then its answer."""

    def say(link: Link) -> str:
        link.sock.sendall(stray.encode() + b"\r\n")
        return answer

    return say


@PIPELINED
@pytest.mark.parametrize("lmtp", [False, True], ids=["smtp", "lmtp"])
@pytest.mark.parametrize("stray", STRAYS)
def test_a_reply_too_many_that_comes_late_is_none_to_the_next_message(
    to: Open, stray: str, features: tuple[str, ...], lmtp: bool
) -> None:
    """When the next MAIL is there it comes, before the reply to that."""
    with Server({"MAIL": ["250 ok", before(stray, "250 ok"), "250 ok"]}, features, lmtp=lmtp) as server:
        receipts = list(to(server).send_all(numbered(3) if not lmtp else [mail(number=one) for one in range(3)]))
    assert all(receipt.accepted for receipt in receipts)
    assert len(server.taken) == 3
    assert len(server.links) == 2


@PIPELINED
@pytest.mark.parametrize("stray", STRAYS)
def test_a_reply_too_many_that_comes_late_does_not_refuse_the_recipients_before_it(
    to: Open, stray: str, features: tuple[str, ...]
) -> None:
    """The last of the next message's recipients is refused, which would be taken for the answer to DATA."""
    answers: dict[str, Any] = {
        "MAIL": ["250 ok", before(stray, "250 ok"), "250 ok"],
        "RCPT": lambda link: GONE if CAROL in link.last else "250 ok",
    }
    with Server(answers, features) as server:
        receipts = list(to(server).send_all([mail(), mail(BOB, CAROL, number=2), mail(DAVE, number=3)]))
    assert isinstance(receipts[1][BOB], Accepted)
    assert receipts[0].accepted and receipts[2].accepted
    assert not isinstance(receipts[1][CAROL], Accepted)


@PIPELINED
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_what_a_used_session_refuses_is_believed_once_it_is_in_step(
    to: Open, verb: str, features: tuple[str, ...]
) -> None:
    """At RSET; or, where the first word after a message is a refusal and nothing else was asked, over another link."""
    said: list[Answer] = ["250 ok", "550 5.7.1 no", "550 5.7.1 no", "250 ok"] if verb == "MAIL" and not features else [
        "250 ok", "550 5.7.1 no", "250 ok"]  # fmt: skip
    with Server({verb: said}, features) as server:
        receipts = list(to(server).send_all([mail(number=one) for one in range(3)]))
    assert receipts[0].accepted and receipts[2].accepted
    assert isinstance(receipts[1][BOB], Failed)
    assert len(server.links) == (1 if len(said) == 3 else 2)


def test_answers_too_many_to_one_command_are_seen_before_the_next(to: Open) -> None:
    """Else each is taken for the answer to the next recipient, and the 354 for that to DATA, which is never sent."""
    answers: dict[str, Any] = {
        "RCPT": lambda link: "250 ok\r\n450 4.2.1 later\r\n354 go" if CAROL in link.last else "250 ok"
    }
    with Server(answers, ()) as server:
        receipt = to(server).send(mail(BOB, CAROL, DAVE))
    assert {outcome.state for _, outcome in receipt.deliveries} == {"deferred"}
    assert "DATA" not in server.verbs


def test_what_was_said_since_the_last_message_is_seen_before_the_next(to: Open, events: list[Event]) -> None:
    """The link is closed, and the next message has lost nothing by it: neither its turn nor its second one."""

    def later(link: Link) -> str:
        threading.Timer(0.1, lambda: link.sock.sendall(b"550 5.1.1 no\r\n")).start()
        return "250 ok"

    with Server({"DOT": [later, "250 ok"]}) as server:
        receipts = list(to(server, "rate=30/m").send_all([mail(), mail(CAROL, number=2)]))
    assert all(receipt.accepted for receipt in receipts)
    assert server.verbs.count("MAIL") == 2
    assert "retry" not in [event.kind for event in events]


@pytest.mark.parametrize(
    ("goodbye", "states"),
    [
        ("221 2.0.0 bye", ["accepted", "failed", "accepted"]),
        ("502 5.5.1 what", ["accepted", "failed", "accepted"]),
        ("421 4.3.2 enough", ["accepted", "failed", "accepted"]),
        (before("250 2.1.5 ok", "221 bye"), ["uncertain"] * 3),
        (before("550 5.1.1 no", "221 bye"), ["uncertain"] * 3),
        (before("550 5.1.1 no", "502 what"), ["uncertain"] * 3),
        ("550 5.1.1 no", ["uncertain"] * 3),
    ],
    ids=["221", "502", "421", "ok too many", "refusal too many", "refusal too many and 502", "refusal alone"],
)
def test_over_lmtp_the_reply_to_quit_shows_that_every_recipient_has_its_own(
    to: Open, goodbye: Answer, states: list[str]
) -> None:
    dots: list[Answer] = ["250 2.1.5 ok", "550 5.2.2 full", "250 2.1.5 ok", "250 2.1.5 ok"]
    with Server({"DOT": dots, "QUIT": goodbye}, lmtp=True) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL, DAVE), mail(number=2)]))
    assert [outcome.state for _, outcome in receipts[0].deliveries] == states
    assert receipts[1].accepted
    assert len(server.links) == 2


def test_over_lmtp_a_reply_too_many_that_says_the_same_takes_nothing_away(to: Open) -> None:
    with Server({"QUIT": before("250 2.1.5 ok", "221 bye")}, lmtp=True) as server:
        assert to(server).send(mail(BOB, CAROL)).accepted


def after_a_while(stray: str) -> Callable[[Link], str]:
    """Says something late between 354 and the reply to the dot: no look before the dot can see it."""

    def say(link: Link) -> str:
        time.sleep(0.05)
        link.sock.sendall(stray.encode() + b"\r\n")
        time.sleep(0.05)
        return "250 2.0.0 Ok: queued as 4XYZ"

    return say


@PIPELINED
@pytest.mark.parametrize("stray", ["550 5.1.1 no", "451 4.3.0 later"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_no_that_nobody_asked_for_is_not_the_fate_of_a_message_that_was_taken(
    to: Open, stray: str, number: int, features: tuple[str, ...]
) -> None:
    """Else who has it would be said not to, and after 451 would get it twice. The next messages are not touched."""
    with Server({"DOT": [after_a_while(stray), "250 ok"]}, features) as server:
        receipts = list(to(server).send_all(numbered(number)))
    assert {outcome.state for _, outcome in receipts[0].deliveries} == {"uncertain"}
    assert all(receipt.accepted for receipt in receipts[1:])
    check_law(numbered(number), receipts, server.taken)


@PIPELINED
def test_a_no_to_the_dot_counts_when_the_goodbye_or_the_next_message_shows_it(
    to: Open, features: tuple[str, ...]
) -> None:
    dots: list[Answer] = ["554 5.7.1 spam", "250 ok", "451 4.3.0 later"]
    with Server({"DOT": dots}, features) as server:
        receipts = list(to(server).send_all([mail(number=one) for one in range(3)]))
    assert [receipt[BOB].state for receipt in receipts] == ["failed", "accepted", "deferred"]
    assert len(server.links) == (1 if features else 2)


def test_what_cannot_be_read_after_a_no_to_the_dot_is_a_doubt(to: Open) -> None:
    with Server({"DOT": "554 5.7.1 spam\r\n" + "250-x\r\n" * 20_000 + "250 ok"}) as server:
        assert to(server).send(mail())[BOB].state == "uncertain"


ODD = st.sampled_from(["250 2.0.0 ok", "450 4.2.1 later", "550 5.1.1 no", "421 4.3.2 bye"])
TOO_MANY = ("", *(stray for stray in STRAYS if stray != "354 go"))
"""A 354 among the replies to RCPT is taken for that to DATA: no real server says it, and nothing would show it."""
SCRIPTS = st.dictionaries(
    st.sampled_from(["MAIL", "RCPT", "DATA", "RSET", "QUIT", "EHLO"]),
    st.lists(st.tuples(st.sampled_from(TOO_MANY), st.none() | ODD, st.sampled_from(TOO_MANY)), max_size=8),
    max_size=4,
)
RIGHT = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", "RSET": "250 ok", "QUIT": "221 bye", "EHLO": "250 mx"}


def strayed(verb: str, early: str, answer: str | None, late: str) -> Callable[[Link], str]:
    """An answer with something before it and something behind it."""

    def say(link: Link) -> str:
        right = "250-mx\r\n250 PIPELINING" if verb == "EHLO" and link.server.features else RIGHT[verb]
        link.sock.sendall(early.encode() + b"\r\n" if early else b"")
        return (answer or right) + (f"\r\n{late}" if late else "")

    return say


@settings(max_examples=150)
@given(script=SCRIPTS, pipelined=st.booleans(), lmtp=st.booleans())
def test_whatever_is_said_too_much_nothing_is_doubled_and_nothing_is_said_wrongly(
    script: dict[str, list[tuple[str, str | None, str]]], pipelined: bool, lmtp: bool
) -> None:
    answers: dict[str, Any] = {
        ("LHLO" if lmtp and verb == "EHLO" else verb): [*(strayed(verb, *turn) for turn in turns), None]
        for verb, turns in script.items()
    }
    with Server(answers, ("PIPELINING",) if pipelined else (), lmtp=lmtp) as server:
        scheme = "lmtp" if lmtp else "smtp"
        with open_transport(f"{scheme}://localhost:{server.port}?timeout=0.3&per_connection=3") as transport:
            receipts = list(transport.send_all(numbered(4)))
    check_law(numbered(4), receipts, server.taken)
