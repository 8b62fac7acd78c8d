"""Links that break: before the final dot nobody has the message, after it nobody knows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smtplab import BOB, CAROL, DAVE, PIPELINED, Brief, Open, mail, one
from smtpserver import Answer, CloseError, Link, Server, Taken, close, silence

from mailtemplates import Envelope, Message
from mailtemplates.delivery.event import Event
from mailtemplates.delivery.outcome import Accepted, Deferred, Failed, Receipt, Uncertain
from mailtemplates.errors import AddressError
from mailtemplates.transports import open_transport


@PIPELINED
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", [close, silence])
def test_a_loss_before_the_final_dot_defers(
    to: Open,
    brief: Brief,
    features: tuple[str, ...],
    verb: Literal["MAIL", "RCPT", "DATA"],
    fault: Callable[[Link], str],
) -> None:
    if fault is silence:
        brief(verb.lower())
    with Server({verb: fault}, features) as server:
        outcome = one(to(server))
    assert isinstance(outcome, Deferred)
    assert (outcome.code, outcome.reason) == (0, "networkerror")
    assert not server.taken
    assert len(server.links) == 1


@PIPELINED
@pytest.mark.parametrize(
    "fault",
    [close, silence, b"\xff\xff\r\n", b"250-x\r\n" * 20000, "354 what"],
    ids=["close", "silence", "octets", "endless", "354"],
)
def test_a_loss_after_the_final_dot_is_uncertain_and_never_sent_again(
    to: Open, brief: Brief, features: tuple[str, ...], fault: Answer
) -> None:
    if fault is silence:
        brief("dot")
    with Server({"DOT": [fault, "250 ok"]}, features) as server:
        receipts = list(to(server).send_all([mail(BOB, CAROL), mail(DAVE, number=2)]))
    assert [
        outcome for _, outcome in receipts[0].deliveries if isinstance(outcome, Uncertain) and outcome.phase == "dot"
    ]
    assert [type(outcome) for _, outcome in receipts[0].deliveries] == [Uncertain] * 2
    assert receipts[0].uncertain
    sent = [taken.recipients for taken in server.taken]
    assert sent.count([BOB, CAROL]) <= 1
    # the message after it was only announced, so it goes over a new connection
    assert isinstance(receipts[1][DAVE], Accepted)
    assert sent.count([DAVE]) == 1


def test_a_link_that_breaks_within_the_content_defers_with_what_the_server_said(to: Open) -> None:
    def refuse(link: Link) -> str:
        link.sock.sendall(b"552 5.3.4 too big for me\r\n")
        time.sleep(0.2)
        link.sock.shutdown(socket.SHUT_RD)
        time.sleep(0.5)
        return close(link)

    with Server({"CONTENT": refuse}) as server:
        outcome = one(to(server), mail(octets=b"a: b\r\n\r\n" + b"x" * 9_000_000 + b"\r\n"))
    assert isinstance(outcome, Failed | Deferred)
    assert not server.taken


def test_a_server_that_refuses_within_the_content_and_reads_no_more_is_heard(to: Open, brief: Brief) -> None:
    over = threading.Event()

    def refuse(link: Link) -> str:
        link.sock.sendall(b"552 5.3.4 too big for me\r\n")
        over.wait(60)
        return close(link)

    brief("content", seconds=1)
    with Server({"CONTENT": refuse}, ("PIPELINING",)) as server:
        outcome = one(to(server), mail(octets=b"a: b\r\n\r\n" + b"x" * 30_000_000 + b"\r\n"))
        over.set()
    assert outcome == Failed(552, "5.3.4", "mesgtoobig", "too big for me")
    assert not server.taken


def test_a_kept_connection_that_died_is_not_an_outcome(to: Open) -> None:
    """The server closed an idle connection: the next message goes over a new one, whenever we learn of it."""
    with Server({"MAIL": ["250 ok", close, "250 ok", "421 4.4.2 idle too long", "250 ok"]}) as server:
        transport = to(server)
        for number in range(3):
            assert isinstance(one(transport, mail(number=number)), Accepted)
    assert len(server.links) == 3
    assert len(server.taken) == 3


def test_a_kept_connection_is_looked_at_before_it_is_used(
    to: Open, brief: Brief, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was closed, or that a firewall forgot, costs neither a message's second try nor its minutes."""

    def say_and_close(link: Link) -> str:
        link.sock.sendall(b"250 2.0.0 ok\r\n")
        raise CloseError

    with Server({"DOT": [say_and_close, "250 ok"], "NOOP": ["250 ok", silence]}) as server:
        transport = to(server)
        one(transport)
        time.sleep(0.1)
        monkeypatch.setattr("mailtemplates.smtp.connectionpool._ASK_AFTER", 0.0)
        brief("quit")  # NOOP has its time
        for number in range(3):
            assert isinstance(one(transport, mail(number=number)), Accepted)
    assert "retry" not in [event.kind for event in events]
    assert server.verbs.count("MAIL") == 4
    assert len(server.links) == 3


def test_a_connection_is_given_up_after_its_messages(to: Open) -> None:
    with Server() as server:
        transport = to(server, "per_connection=2")
        assert all(receipt.accepted for receipt in transport.send_all(mail(number=number) for number in range(5)))
    assert len(server.links) == 3
    assert server.verbs.count("QUIT") >= 2


@pytest.mark.parametrize("fault", ["502 what", "451 no", close, silence], ids=["502", "451", "close", "silence"])
def test_an_odd_goodbye_is_no_error(to: Open, brief: Brief, fault: Answer) -> None:
    brief("quit")
    with Server({"QUIT": fault}) as server:
        transport = to(server)
        outcome = one(transport)
        transport.close()
    assert isinstance(outcome, Accepted)


def test_421_after_the_dot_defers_and_the_next_goes_over_a_new_connection(to: Open) -> None:
    with Server({"DOT": ["421 4.3.2 shutting down", "250 ok"]}) as server:
        receipts = list(to(server).send_all([mail(), mail(CAROL, number=2)]))
    assert isinstance(receipts[0][BOB], Deferred)
    assert receipts[1].accepted
    assert len(server.links) == 2


def test_a_reader_who_stops_early_leaves_no_message_half_way(to: Open) -> None:
    """A session with replies on their way must not be given to the next message, which would take them for its own."""
    with Server(delay=0.02) as server:
        transport = to(server)
        for _ in transport.send_all(mail(number=number) for number in range(5)):
            break
        assert isinstance(one(transport, mail(CAROL, octets=b"a: for Carol\r\n")), Accepted)
    assert [taken.recipients for taken in server.taken] == [[BOB], [CAROL]]
    assert server.taken[1].octets == b"a: for Carol\r\n"


ODD: list[Answer] = ["250 2.0.0 ok", "354 go", "450 4.2.1 later", "421 4.3.2 bye", "550 5.1.1 no", "452 4.5.3 too many",
       close, b"what\r\n"]  # fmt: skip


SCRIPTS = st.dictionaries(
    st.sampled_from(["MAIL", "RCPT", "DATA", "DOT", "RSET", "QUIT", "EHLO", "GREETING"]),
    st.lists(st.one_of(st.none(), st.sampled_from(ODD)), min_size=1, max_size=5),
    max_size=4,
)


def server_of(script: dict[str, list[Answer | None]], pipelined: bool, lmtp: bool = False) -> Server:
    """A server that behaves so for a while, and then as it should."""
    answers: dict[str, Any] = {verb: [*turns, None] for verb, turns in script.items()}
    return Server(answers, ("PIPELINING",) if pipelined else (), lmtp=lmtp)


def check_law(messages: list[Message], receipts: list[Receipt], taken: list[Taken]) -> None:
    """The law of the house: accepted means there, deferred and failed mean not there, and the rest is uncertain."""
    assert [receipt.message_id for receipt in receipts] == [message.message_id for message in messages]
    for message, receipt in zip(messages, receipts, strict=True):
        for address, outcome in receipt.deliveries:
            there = sum(address in one.recipients and one.octets == message.octets for one in taken)
            assert there <= 1, "doubled"
            if isinstance(outcome, Accepted):
                assert there == 1, "accepted and not there"
            elif not isinstance(outcome, Uncertain):
                assert there == 0, f"{outcome} and there"
    assert not any(one.octets == b"" for one in taken)


def numbered(count: int) -> list[Message]:
    return [mail(BOB, CAROL, DAVE, number=number, octets=b"Subject: %d\r\n" % number) for number in range(count)]


@settings(max_examples=150)
@given(script=SCRIPTS, pipelined=st.booleans(), lmtp=st.booleans())
def test_whatever_a_server_does_nothing_is_doubled_and_nothing_is_said_wrongly(
    script: dict[str, list[Answer | None]], pipelined: bool, lmtp: bool
) -> None:
    with server_of(script, pipelined, lmtp) as server:
        scheme = "lmtp" if lmtp else "smtp"
        with open_transport(f"{scheme}://localhost:{server.port}?timeout=0.3&per_connection=3") as transport:
            receipts = list(transport.send_all(numbered(4)))
    check_law(numbered(4), receipts, server.taken)


@settings(max_examples=75)
@given(script=SCRIPTS, other=SCRIPTS, pipelined=st.booleans())
def test_whatever_two_servers_do_failover_doubles_nothing(
    script: dict[str, list[Answer | None]], other: dict[str, list[Answer | None]], pipelined: bool
) -> None:
    with server_of(script, pipelined) as one, server_of(other, pipelined) as two:
        urls = " ".join(f"smtp://localhost:{server.port}?timeout=0.3&per_connection=3" for server in (one, two))
        with open_transport(f"failover({urls})") as transport:
            receipts = list(transport.send_all(numbered(4)))
    check_law(numbered(4), receipts, [*one.taken, *two.taken])


def test_what_is_wrong_with_the_next_message_does_not_hide_what_became_of_this_one(to: Open) -> None:
    """A message that was accepted never raises."""
    with Server() as server:
        receipts = to(server).send_all([mail(), Message(b"a: b\r\n", Envelope("a@example.test", ()), "2")])
        assert next(receipts).accepted
        with pytest.raises(AddressError):
            next(receipts)
        receipts.close()  # type: ignore[attr-defined]
    assert len(server.taken) == 1
