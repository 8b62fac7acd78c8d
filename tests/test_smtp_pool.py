"""Connections that threads and processes share, and the rate of messages."""

from __future__ import annotations

import os
import threading

import pytest
from clock import Clock
from smtplab import BOB, CAROL, DAVE, Open, mail, one
from smtpserver import Link, Server

from mailtemplates.delivery.outcome import Accepted, NotTried, Outcome
from mailtemplates.smtp import throttle
from mailtemplates.smtp.transport import SmtpTransport


def test_threads_share_the_connections_of_the_pool(to: Open) -> None:
    with Server() as server:
        transport = to(server, "pool=3")
        outcomes: list[Outcome] = []
        threads = [threading.Thread(target=lambda: outcomes.append(one(transport))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 20
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(server.links) <= 3
    assert len(server.taken) == 20


def test_when_all_connections_are_in_use_the_others_wait_and_then_give_up(
    to: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server answers the first message when the others have given up."""
    begun, over = threading.Event(), threading.Event()

    def dot(link: Link) -> str:
        begun.set()
        over.wait(60)
        return "250 2.0.0 ok"

    with Server({"DOT": dot}) as server:
        transport = to(server, "pool=1")
        assert isinstance(transport, SmtpTransport)
        monkeypatch.setattr(transport._pool, "_cap", 0.2)
        outcomes: list[Outcome] = []
        first = threading.Thread(target=lambda: outcomes.append(one(transport)))
        first.start()
        assert begun.wait(60)
        others = [one(transport) for _ in range(3)]
        over.set()
        first.join()
        outcomes.append(one(transport))
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 2
    assert [type(outcome) for outcome in others] == [NotTried] * 3
    assert all("in use" in outcome.text for outcome in others)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_process_makes_its_own_connections(to: Open) -> None:
    """As under gunicorn --preload: two processes that speak in one session would mix their messages."""
    with Server() as server:
        transport = to(server)
        one(transport)
        child = os.fork()
        if not child:
            os._exit(0 if transport.send(mail(CAROL)).accepted else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert isinstance(one(transport, mail(DAVE)), Accepted)
    assert len(server.links) == 2
    assert [taken.recipients for taken in server.taken] == [[BOB], [CAROL], [DAVE]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_is_forked_within_a_session_leaves_it_to_its_parent(to: Open) -> None:
    """As with multiprocessing amid a run: the child says nothing in the parent's session, not even QUIT."""
    with Server() as server:
        transport = to(server, "pool=1")
        receipts = transport.send_all(mail(number=number) for number in range(4))
        assert next(receipts).accepted
        child = os.fork()
        if not child:
            receipts.close()  # type: ignore[attr-defined]
            os._exit(0 if transport.send(mail(CAROL)).accepted else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert all(receipt.accepted for receipt in receipts)
    assert len(server.links) == 2
    assert sorted(taken.recipients[0] for taken in server.taken) == [BOB] * 4 + [CAROL]


def test_the_rate_is_kept(to: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A burst of one second's worth, and then one message in a tenth of a second."""
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    with Server() as server:
        assert all(receipt.accepted for receipt in to(server, "rate=10/s").send_all(mail() for _ in range(15)))
    assert clock.now == pytest.approx(1000.5)
