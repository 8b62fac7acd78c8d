"""LMTP (RFC 2033): a reply for each recipient after the final dot."""

from __future__ import annotations

from pathlib import Path

from smtplab import BOB, CAROL, DAVE, GONE, Open, mail, one
from smtpserver import Answer, Server, close

from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, Uncertain
from mailtemplates.transports import open_transport


def test_lmtp_answers_for_each_recipient(to: Open) -> None:
    dots: list[Answer] = ["250 2.1.5 delivered", "452 4.2.2 mailbox full", "250 2.1.5 delivered"]
    with Server({"RCPT": ["250 ok", "250 ok", GONE, "250 ok"], "DOT": dots}, lmtp=True) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL, DAVE), mail(number=2)]))
    assert isinstance(receipts[0][BOB], Accepted)
    assert receipts[0][CAROL] == Deferred(452, "4.2.2", "mailbox full", "mailboxfull")
    assert isinstance(receipts[0][DAVE], Failed)
    assert receipts[1].accepted
    assert server.verbs[0] == "LHLO"


def test_lmtp_that_breaks_between_the_answers_keeps_those_that_came(to: Open) -> None:
    with Server({"DOT": ["250 2.1.5 delivered", close]}, lmtp=True) as server:
        receipt = to(server).send(mail(BOB, CAROL))
    assert isinstance(receipt[BOB], Accepted)
    assert isinstance(receipt[CAROL], Uncertain)


def test_lmtp_over_a_socket_of_this_machine(tmp_path: Path) -> None:
    url = f"lmtp+unix:{tmp_path}/lmtp?timeout=60"
    with Server(lmtp=True, unix=tmp_path / "lmtp") as server, open_transport(url) as transport:
        assert isinstance(one(transport), Accepted)
    assert server.commands[0] == "LHLO localhost"
