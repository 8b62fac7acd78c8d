"""The begin of a session: nobody listens, nobody answers, or who answers is no mail server."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from smtplab import Brief, Open, one
from smtpserver import Answer, Link, Server, close, silence

from mailtemplates.delivery.outcome import Accepted, NotTried
from mailtemplates.smtp.endpoint import LIMITS, Endpoint
from mailtemplates.transports import open_transport

GREETINGS: dict[str, tuple[Answer, int, bool, str]] = {
    "421": ("421 4.3.2 too many connections", 421, True, "too many"),
    "554": ("554 5.7.1 you are on a list", 554, False, "on a list"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", 0, False, "HTTP"),
    "closed": (close, 0, True, "closed the link"),
    "silent": (silence, 0, True, "silent"),
    "a line without end": (b"220-" + b"x" * 70000, 0, False, "without end"),
    "a reply without end": (b"220-x\r\n" * 20000, 0, False, "without end"),
    "octets": (b"\xff\xfe\x00\r\n", 0, False, "does not speak SMTP"),
    "no number": (b"abc hello\r\n", 0, False, "does not speak SMTP"),
}


@pytest.mark.parametrize(("answer", "code", "temporary", "words"), GREETINGS.values(), ids=GREETINGS)
def test_a_greeting_that_is_none(
    to: Open, brief: Brief, answer: Answer, code: int, temporary: bool, words: str
) -> None:
    if answer is silence:
        brief("greeting")
    with Server({"GREETING": answer}) as server:
        outcome = one(to(server))
    assert isinstance(outcome, NotTried)
    assert (outcome.code, outcome.temporary, outcome.phase) == (code, temporary, "greeting")
    assert words in outcome.text


def test_a_greeting_that_is_late_but_in_time(to: Open) -> None:
    def late(link: Link) -> str:
        time.sleep(0.3)
        return "220 here I am"

    with Server({"GREETING": late}) as server:
        assert isinstance(one(to(server)), Accepted)


def test_octets_that_drip_do_not_stretch_the_time(to: Open, brief: Brief) -> None:
    """The server drips until it is left, so that only time can end this."""

    def drip(link: Link) -> str:
        while True:
            link.sock.sendall(b"2")
            time.sleep(0.1)

    brief("greeting")
    with Server({"GREETING": drip}) as server:
        outcome = one(to(server))
    assert isinstance(outcome, NotTried)
    assert "was silent for 0.5 s" in outcome.text, "else it read to the end, and saw that this is no SMTP"


def test_the_time_in_the_url_is_the_most_for_every_phase(to: Open) -> None:
    with Server({"GREETING": silence}) as server:
        outcome = one(to(server, "timeout=2"))
    assert isinstance(outcome, NotTried)
    assert "was silent for 2 s at the greeting" in outcome.text


def test_nobody_listens(to: Open) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outcome = one(open_transport(f"smtp://127.0.0.1:{free.getsockname()[1]}"))
    assert isinstance(outcome, NotTried)
    assert outcome.temporary
    assert "refused" in outcome.text


def test_a_host_that_is_not_there() -> None:
    outcome = one(open_transport("smtp://no-such-host.invalid"))
    assert isinstance(outcome, NotTried)
    assert outcome.phase == "connect"
    assert "no-such-host.invalid" in outcome.text


def test_a_resolver_that_says_nothing_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver knows no time limit."""
    asked = threading.Event()
    over = threading.Event()

    def ask(host: str, *rest: Any, **more: Any) -> list[Any]:
        asked.set()
        over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    try:
        outcome = one(open_transport("smtp://mx.example.test?timeout=0.2"))
    finally:
        over.set()
    assert asked.is_set()
    assert isinstance(outcome, NotTried)
    assert (outcome.phase, outcome.temporary) == ("connect", True)
    assert "no answer in time" in outcome.text


def test_each_phase_has_the_time_of_rfc_5321_and_the_cap_holds_for_all() -> None:
    """A final dot that is cut short makes doubles: RFC 5321 §4.5.3.2.6 gives it ten minutes."""
    assert {phase: LIMITS[phase] for phase in ("greeting", "mail", "rcpt", "data", "content", "dot")} == {
        "greeting": 300, "mail": 300, "rcpt": 300, "data": 120, "content": 180, "dot": 600,
    }  # fmt: skip
    assert Endpoint(cap=20).limit("dot") == 20
    assert Endpoint(cap=1000).limit("dot") == 600
