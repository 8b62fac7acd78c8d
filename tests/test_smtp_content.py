"""What a server would refuse a message for, before and after its content."""

from __future__ import annotations

from smtplab import BOB, CAROL, Open, mail, one
from smtpserver import Certificates, Server

from mailtemplates.delivery.outcome import Accepted, Failed


def test_a_message_over_the_server_s_size_is_not_sent(to: Open) -> None:
    with Server(features=("PIPELINING", "SIZE 1000")) as server:
        receipts = list(to(server).send_all([mail(octets=b"a: b\r\n\r\n" + b"x" * 1000), mail(number=2)]))
    outcome = receipts[0][BOB]
    assert isinstance(outcome, Failed)
    assert (outcome.enhanced, outcome.reason) == ("5.3.4", "mesgtoobig")
    assert receipts[1].accepted
    assert server.verbs.count("MAIL") == 1


def test_letters_outside_ascii_need_a_server_that_takes_them(to: Open) -> None:
    with Server(features=("PIPELINING",)) as server:
        utf8 = one(to(server), mail("jörg@example.test", smtputf8=True))
        header = one(to(server), mail(octets="Subject: ö\r\n\r\nhi\r\n".encode(), smtputf8=True))
        eight = one(to(server), mail(octets="a: b\r\n\r\nö\r\n".encode()))
    assert isinstance(utf8, Failed)
    assert utf8.reason == "smtputf8"
    assert utf8.text.startswith("an address has letters outside ASCII")
    assert isinstance(header, Failed)
    assert header.text.startswith("the header has UTF-8")
    assert isinstance(eight, Failed)
    assert eight.reason == "contenterror"


def test_an_address_outside_ascii_keeps_nobody_else_from_the_message(to: Open) -> None:
    with Server(features=("PIPELINING",)) as server:
        receipt = to(server).send(mail("jörg@example.test", BOB, smtputf8=True))
    assert [outcome.state for _, outcome in receipt.deliveries] == ["failed", "accepted"]
    assert [taken.recipients for taken in server.taken] == [[BOB]]
    assert not any("SMTPUTF8" in command for command in server.commands)


def test_requiretls_needs_a_server_that_keeps_it(to: Open, certificates: Certificates) -> None:
    with Server(tls="starttls", context=certificates.right) as server:
        outcome = one(to(server, "requiretls=1"))
    assert isinstance(outcome, Failed)
    with Server(tls="starttls", context=certificates.right, features=("REQUIRETLS",)) as server:
        assert isinstance(one(to(server, "requiretls=1")), Accepted)
    assert any(command.endswith(" REQUIRETLS") for command in server.commands)


def test_content_that_is_refused(to: Open) -> None:
    with Server({"DOT": ["554 5.7.1 This is spam", "250 2.0.0 ok"]}) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(number=2)]))
    assert receipts[0][CAROL] == Failed(554, "5.7.1", "spamdetected", "This is spam")
    assert receipts[1].accepted
