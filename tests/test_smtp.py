"""Sending over SMTP where all is well: what goes over the wire, and envelopes that nobody means."""

from __future__ import annotations

import pytest
from smtplab import BOB, CAROL, LOGIN_FEATURES, PASSWORD, Open, mail, one
from smtpserver import Certificates, Link, Server, decoded

from mailtemplates import Envelope, Message
from mailtemplates.delivery.outcome import Accepted, Failed
from mailtemplates.errors import AddressError


def test_a_message_is_accepted_with_the_name_that_the_server_gave_it(to: Open) -> None:
    with Server() as server:
        assert one(to(server)) == Accepted("Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0")
    assert server.taken[0].octets == b"Subject: hi\r\n\r\nHello\r\n"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_is_verified_and_the_login_goes_through_it(to: Open, certificates: Certificates, tls: str) -> None:
    with Server(tls=tls, context=certificates.right, features=LOGIN_FEATURES) as server:
        outcome = one(to(server, f"pin={'0' * 64},{certificates.pin.upper()}", user="alice", password=PASSWORD))
        assert isinstance(outcome, Accepted)
        auth = next(command for command in server.commands if command.startswith("AUTH"))
        assert decoded(auth).decode() == f"\0alice\0{PASSWORD}"
        assert server.secured_at is not None
        assert server.commands.index(auth) >= server.secured_at
        greetings = [number for number, verb in enumerate(server.verbs) if verb == "EHLO"]
        assert max(greetings) < server.verbs.index("AUTH")


def test_dots_are_doubled_and_the_last_line_is_ended(to: Open) -> None:
    with Server() as server:
        one(to(server), mail(octets=b".a\r\n\r\n..b\r\n.\r\nc"))
    assert server.taken[0].octets == b"..a\r\n\r\n...b\r\n..\r\nc\r\n"


def test_a_message_of_lf_lines_goes_out_with_crlf(to: Open) -> None:
    with Server() as server:
        one(to(server), mail(octets=b"Subject: a\n\nb\n.\nc\n"))
    assert server.taken[0].octets == b"Subject: a\r\n\r\nb\r\n..\r\nc\r\n"


@pytest.mark.parametrize(
    "octets", [b"a\r\n\r\nb\n.\nMAIL\r\n", b"a\r\n\r\nb\r.\r\n", b"a\n\nb\rc\n", b"a\r\n\r\nb\n.\r\n"]
)
def test_a_bare_cr_or_lf_is_refused_before_anything_is_opened(to: Open, octets: bytes) -> None:
    """It is how a second message is smuggled into one (CVE-2023-51764)."""
    with Server() as server:
        outcome = one(to(server), mail(octets=octets))
    assert isinstance(outcome, Failed)
    assert outcome.reason == "notcompliantrfc"
    assert not server.commands


def test_messages_share_a_connection_and_each_costs_one_round_trip(to: Open) -> None:
    """The group of the next message is with the server before it answers the dot of this one (RFC 2920)."""
    ahead: list[bool] = []

    def dot(link: Link) -> str:
        link.sock.settimeout(60)
        if len(ahead) < 4:
            while b"DATA\r\n" not in link.buffer:
                link.fill()
        ahead.append(b"MAIL" in link.buffer)
        return "250 2.0.0 ok"

    with Server(answers={"DOT": dot}) as server:
        receipts = list(to(server).send_all(mail(BOB, CAROL, number=number) for number in range(5)))
    assert ahead == [True] * 4 + [False]
    assert [receipt.message_id for receipt in receipts] == [f"{number}@example.test" for number in range(5)]
    assert all(receipt.accepted for receipt in receipts)
    assert len(server.links) == 1


def test_without_pipelining_each_command_waits_for_its_reply(to: Open) -> None:
    def alone(link: Link) -> str:
        link.sock.setblocking(False)
        try:
            assert not link.buffer and not link.sock.recv(10)
        except BlockingIOError:
            pass
        finally:
            link.sock.setblocking(True)
        return "250 2.0.0 ok"

    with Server(answers={"MAIL": alone, "RCPT": alone, "DOT": alone}, features=("SIZE",)) as server:
        receipts = list(to(server).send_all(mail(BOB, CAROL, number=number) for number in range(3)))
    assert all(receipt.accepted for receipt in receipts)
    assert len(server.taken) == 3


def test_a_thousand_recipients_do_not_stop_both_sides(to: Open) -> None:
    names = tuple(f"user{number}@example.test" for number in range(1000))
    with Server(answers={"RCPT": "250 2.1.5 " + "x" * 400}) as server:
        receipt = to(server).send(mail(*names))
    assert receipt.accepted
    assert tuple(delivery.address for delivery in receipt.deliveries) == names


def test_a_server_without_ehlo_is_greeted_with_helo(to: Open) -> None:
    with Server(answers={"EHLO": "502 what"}) as server:
        assert isinstance(one(to(server)), Accepted)
    assert "HELO" in server.verbs


def test_our_name_is_our_address_or_what_the_url_says(to: Open) -> None:
    with Server() as server:
        one(to(server))
        one(to(server, "ehlo=app.example.test"))
    assert [command for command in server.commands if command.startswith("EHLO")] == [
        "EHLO [127.0.0.1]",
        "EHLO app.example.test",
    ]


def test_size_dsn_8bitmime_and_smtputf8_are_asked_for(to: Open) -> None:
    with Server() as server:
        one(
            to(server, "notify=failure,delay&ret=hdrs"),
            mail("jörg@example.test", octets="a\r\n\r\nö\r\n".encode(), smtputf8=True),
        )
    assert server.commands[1] == (
        "MAIL FROM:<alice@example.test> SIZE=9 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=1@example.test"
    )
    assert server.commands[2] == "RCPT TO:<jörg@example.test> NOTIFY=FAILURE,DELAY"


def test_a_header_in_utf_8_is_asked_for_with_smtputf8(to: Open) -> None:
    """RFC 6531 §3.4: not only an address needs it. Older octets in a header are 8-bit content and no more."""
    with Server() as server:
        transport = to(server)
        one(transport, mail(octets="Subject: Grüße\r\n\r\nHello\r\n".encode()))
        one(transport, mail(octets=b"Subject: Gr\xfc\xdfe\r\n\r\nHello\r\n"))
        one(transport, mail(octets="Subject: hi\r\n\r\nGrüße\r\n".encode()))
    asked = [command.partition("> ")[2] for command in server.commands if command.startswith("MAIL")]
    assert asked == ["SIZE=27 BODY=8BITMIME SMTPUTF8", "SIZE=25 BODY=8BITMIME", "SIZE=24 BODY=8BITMIME"]
    with Server(features=("8BITMIME",)) as server:
        outcome = one(to(server), mail(octets="Subject: Grüße\r\n\r\nHello\r\n".encode()))
    assert isinstance(outcome, Failed)
    assert "header" in outcome.text
    assert not server.taken


def test_an_envelope_id_is_xtext_and_never_cut_within_a_character(to: Open) -> None:
    """RFC 3461 §4 and §4.4: at most a hundred octets, `+` and `=` as hexadecimal."""
    long = "a+b=" + "x" * 92 + "+@example.test"
    with Server() as server:
        to(server, "notify=failure").send(Message(b"a: b\r\n", Envelope("alice@example.test", (BOB,)), long))
    envid = server.commands[1].rpartition("ENVID=")[2]
    assert envid == "a+2Bb+3D" + "x" * 92


def test_the_null_sender_is_asked_for_by_name(to: Open) -> None:
    with Server() as server:
        one(to(server), Message(b"a: b\r\n", Envelope("<>", (BOB,)), "1"))
    assert server.commands[1].startswith("MAIL FROM:<> ")


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope("alice@example.test", ()),
        Envelope("", (BOB,)),
        Envelope("alice@example.test", ("<bob@example.test>",)),
        Envelope("alice@example.test", ("bob@example.test, eve@example.test",)),
        Envelope("alice@example.test", ("bob@example.test>\r\nRCPT TO:<eve@example.test",)),
        Envelope("alice@example.test", ("joe@x, <evil@y>",)),
        Envelope("alice@example.test", ("Bob <bob@example.test>",)),
        Envelope("alice@example.test", ("jörg@example.test",)),
        Envelope("alice@example.test", ("<>",)),
        Envelope("alice@example.test> SIZE=1", (BOB,)),
        Envelope("alice@example.test", "bob@example.test"),  # type: ignore[arg-type]
    ],
    ids=lambda envelope: repr(envelope)[:50],
)
def test_an_envelope_that_nobody_means_is_refused_before_anything_is_opened(to: Open, envelope: Envelope) -> None:
    with Server() as server, pytest.raises(AddressError):
        to(server).send(Message(b"a: b\r\n", envelope, "1"))
    assert not server.links
