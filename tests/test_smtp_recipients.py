"""Senders and recipients that a server refuses: each recipient's own outcome."""

from __future__ import annotations

from typing import Any

import pytest
from smtplab import BOB, CAROL, DAVE, GONE, PIPELINED, Open, mail, one
from smtpserver import Answer, Server

from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, NotTried


@PIPELINED
def test_a_refused_recipient_does_not_hide(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": ["250 ok", GONE, "450 4.2.1 Greylisted, come back later"]}, features) as server:
        receipt = to(server).send(mail(BOB, CAROL, DAVE))
    assert isinstance(receipt[BOB], Accepted)
    assert receipt[CAROL] == Failed(550, "5.1.1", "userunknown", "User unknown")
    assert isinstance(receipt[DAVE], Deferred)
    assert not receipt.accepted
    assert server.taken[0].recipients == [BOB]


@PIPELINED
@pytest.mark.parametrize("data", [None, "354 go on", "554 5.5.1 no valid recipients"], ids=["503", "354", "554"])
def test_when_all_are_refused_nothing_is_sent(to: Open, features: tuple[str, ...], data: str | None) -> None:
    answers: dict[str, Answer | list[Answer]] = {"RCPT": [GONE, GONE, "250 ok"]}
    if data:
        answers["DATA"] = [data, "354 go"] if features else "354 go"
    with Server(answers, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [type(outcome) for _, outcome in receipts[0].deliveries] == [Failed, Failed]
    assert receipts[1].accepted
    assert [taken.recipients for taken in server.taken] == [[DAVE]]
    assert len(server.links) == 1


@PIPELINED
def test_recipients_over_the_server_s_number_go_in_the_next_transaction(to: Open, features: tuple[str, ...]) -> None:
    answers: list[Answer] = ["250 ok", "250 ok", "452 4.5.3 too many recipients", "250 ok", GONE]
    with Server({"RCPT": answers}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL, DAVE), mail(BOB, number=2)]))
    assert receipts[0].accepted
    assert isinstance(receipts[1][BOB], Failed)
    assert [taken.recipients for taken in server.taken] == [[BOB, CAROL], [DAVE]]


@PIPELINED
def test_a_sender_who_is_refused(to: Open, features: tuple[str, ...]) -> None:
    mails: list[Answer] = ["553 5.7.1 Sender address rejected: not owned by user", "250 ok"]
    with Server({"MAIL": mails}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [outcome.reason for _, outcome in receipts[0].deliveries if isinstance(outcome, Failed)] == ["rejected"] * 2
    assert receipts[1].accepted
    assert [taken.recipients for taken in server.taken] == [[DAVE]]


@pytest.mark.parametrize(
    ("answer", "cure"),
    [("530 5.7.0 Must issue a STARTTLS command first", "starttls"), ("530 5.7.0 Authentication required", "log in")],
)
def test_a_server_that_wants_tls_or_a_login_first_said_nothing_of_the_message(to: Open, answer: str, cure: str) -> None:
    with Server({"MAIL": answer}) as server:
        outcome = one(to(server))
    assert isinstance(outcome, NotTried)
    assert outcome.code == 530
    assert cure in outcome.cure


@pytest.mark.parametrize("stray", ["550 5.7.1 no", "250 ok", "451 4.3.0 later"])
@pytest.mark.parametrize(
    "answers", [{}, {"RCPT": ["250 ok", "250 ok", "550 5.1.1 no", "250 ok"]}], ids=["", "one refused"]
)
def test_a_reply_too_many_is_not_taken_for_that_to_another_message(stray: str, answers: Any, to: Open) -> None:
    """In a pipeline every reply after it is off by one; a session that is out of step is not believed."""
    with Server({"DOT": [f"250 ok\r\n{stray}", "250 ok"], **answers}) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL) for _ in range(4)]))
        states = [[outcome.state for _, outcome in one.deliveries] for one in receipts]
        assert len(server.taken) == 4
    assert states == [["accepted"] * 2] * 4 if not answers else states.count(["accepted"] * 2) >= 3


def test_a_refusal_too_many_is_not_that_of_another_recipient(to: Open) -> None:
    with Server({"RCPT": ["250 ok\r\n550 5.1.1 no", "250 ok"]}) as server:
        receipt = to(server).send(mail(BOB, CAROL))
        assert [outcome.state for _, outcome in receipt.deliveries] == ["deferred", "deferred"]
        assert to(server).send(mail(BOB, CAROL)).accepted
        assert len(server.taken) == 1


@pytest.mark.parametrize("answer", ["250 ok\r\n550 no", "250 ok\r\n421 bye", "450 later\r\n250 ok"])
def test_over_lmtp_a_reply_too_many_is_not_that_of_another_recipient(answer: str, to: Open) -> None:
    """It is seen in the end, and then nobody knows who has the message."""
    with Server({"DOT": [answer, "250 ok"]}, lmtp=True) as server:
        receipts = list(to(server, scheme="lmtp").send_all([mail(BOB, CAROL, DAVE), mail(BOB, CAROL)]))
    states = [[outcome.state for _, outcome in receipt.deliveries] for receipt in receipts]
    assert states == [["uncertain"] * 3, ["accepted"] * 2]


def test_a_server_that_takes_recipients_of_a_refused_sender_gets_no_empty_message(to: Open) -> None:
    with Server({"MAIL": "550 5.7.1 no"}, strict=False) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert [type(outcome) for _, outcome in receipt.deliveries] == [Failed, Failed]
    assert not server.taken


@PIPELINED
def test_a_transaction_that_is_not_reset_is_no_refusal_of_the_next_message(to: Open, features: tuple[str, ...]) -> None:
    """A server that refuses RSET is out of step: what it says to the MAIL after it is about the one before. The next
    message goes over another link."""
    with Server({"MAIL": ["250 ok"], "RCPT": [GONE, "250 ok"], "RSET": "500 what"}, features) as server:
        receipts = list(to(server).send_all([mail(BOB), mail(CAROL, number=2)]))
    assert isinstance(receipts[0][BOB], Failed)
    assert isinstance(receipts[1][CAROL], Accepted)
    assert [taken.recipients for taken in server.taken] == [[CAROL]]
    assert len(server.links) == 2


@PIPELINED
def test_greylisting_defers(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": "451 4.7.1 Greylisting in action, try again in 5 minutes"}, features) as server:
        outcome = one(to(server))
    assert outcome == Deferred(451, "4.7.1", "Greylisting in action, try again in 5 minutes", "greylisted")


@PIPELINED
def test_421_at_the_second_recipient_means_that_nobody_has_it(to: Open, features: tuple[str, ...]) -> None:
    with Server({"RCPT": ["250 ok", "421 4.3.2 shutting down"]}, features) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert [outcome.code for _, outcome in receipt.deliveries if isinstance(outcome, Deferred)] == [421, 421]
    assert not server.taken


@PIPELINED
def test_data_that_is_refused(to: Open, features: tuple[str, ...]) -> None:
    with Server({"DATA": ["451 4.3.0 no", "354 go"], "RCPT": [GONE, "250 ok"]}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert isinstance(receipts[0][BOB], Failed)
    assert isinstance(receipts[0][CAROL], Deferred)
    assert receipts[1].accepted
