"""Replies in every shape that a server may give them, at every command: one true outcome for everybody, and no exception."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from smtplab import BOB, PIPELINED, Open, mail, one
from smtpserver import CloseError, Link, Server, SilenceError
from test_smtp_loss import check_law, numbered

from mailtemplates.delivery.outcome import Deferred, NotTried
from mailtemplates.transports import open_transport

RIGHT = {"GREETING": "220 mx", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go", "DOT": "250 2.0.0 ok"}
VERBS = (*RIGHT, "EHLO", "RSET", "QUIT")


def right(verb: str, link: Link) -> str:
    """What a server says; several lines to EHLO."""
    offers = "".join(f"250-{one}\r\n" for one in ("mx", *link.server.features))
    return RIGHT.get(verb, f"{offers}250 SIZE" if verb == "EHLO" else "250 ok" if verb == "RSET" else "221 bye")


def octet_by_octet(link: Link, said: bytes) -> None:
    for octet in said:
        link.sock.sendall(bytes((octet,)))


def in_pieces(link: Link, said: bytes) -> None:
    for start in range(0, len(said), 7):
        link.sock.sendall(said[start : start + 7])
        time.sleep(0.002)


def on_many_lines(link: Link, said: bytes) -> None:
    link.sock.sendall(b"".join(said[:3] + b"-line %d\r\n" % number for number in range(60)) + said)


def on_a_long_line(link: Link, said: bytes) -> None:
    """Longer than smtplib takes, which raises an error of its own for it."""
    link.sock.sendall(said[:-2] + b" " + b"x" * 20_000 + b"\r\n")


def with_eight_bits(link: Link, said: bytes) -> None:
    link.sock.sendall(said[:-2] + b" \x80\xff\xc3\xe4\xd3\x1b\x07\r\n")


def with_line_feeds(link: Link, said: bytes) -> None:
    link.sock.sendall(said.replace(b"\r\n", b"\n"))


def with_a_nul(link: Link, said: bytes) -> None:
    link.sock.sendall(said[:-2] + b"\0\r\n")


def contradicted(link: Link, said: bytes) -> None:
    """By the enhanced status code: the code counts."""
    link.sock.sendall(said[:4] + (b"5.1.1 " if said[:1] == b"2" else b"2.0.0 ") + said[4:])


def without_words(link: Link, said: bytes) -> None:
    if b"\n" not in said[:-1]:
        said = said[:3] + b"\r\n"
    link.sock.sendall(said)


HARMLESS = (
    octet_by_octet, in_pieces, on_many_lines, on_a_long_line, with_eight_bits, with_line_feeds, with_a_nul, contradicted,
    without_words,
)  # fmt: skip


def endless(link: Link, said: bytes) -> None:
    link.sock.sendall((said[:3] + b"-" + b"y" * 70 + b"\r\n") * 14_000)


def never_whole(link: Link, said: bytes) -> None:
    link.sock.sendall(said[:3] + b"-and more\r\n")
    raise SilenceError


def cut(link: Link, said: bytes) -> None:
    link.sock.sendall(said[: len(said) // 2])
    raise CloseError


def reset(link: Link, said: bytes) -> None:
    link.sock.sendall(said[:4])
    link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise CloseError


def half_closed(link: Link, said: bytes) -> None:
    link.sock.shutdown(socket.SHUT_WR)
    raise SilenceError


def half_closed_after_it(link: Link, said: bytes) -> None:
    link.sock.sendall(said)
    link.sock.shutdown(socket.SHUT_WR)
    raise SilenceError


def closed_after_it(link: Link, said: bytes) -> None:
    link.sock.sendall(said)
    raise CloseError


def after_a_blank_line(link: Link, said: bytes) -> None:
    link.sock.sendall(b"\r\n" + said)


def with_a_sign(link: Link, said: bytes) -> None:
    link.sock.sendall(b"+" + said)


def with_two_digits(link: Link, said: bytes) -> None:
    link.sock.sendall(said[:2] + said[3:])


def of_another_kind(code: str) -> Callable[[Link, bytes], str]:
    """The server stands by it."""

    def say(link: Link, said: bytes) -> str:
        link.sock.sendall(f"{code} what\r\n".encode())
        return f"{code} what"

    say.__name__ = f"code_{code}"
    return say


def in_words(link: Link, said: bytes) -> None:
    link.sock.sendall(b"OK fine\r\n")


def twice(link: Link, said: bytes) -> None:
    link.sock.sendall(said + said)


HARMFUL = (
    endless, never_whole, cut, reset, half_closed, half_closed_after_it, closed_after_it, after_a_blank_line, with_a_sign,
    with_two_digits, *map(of_another_kind, ("150", "354", "421", "451", "554", "650", "999")), in_words, twice,
)  # fmt: skip
Form = Callable[[Link, bytes], str | None]


def said(verb: str, form: Form) -> Callable[[Link], Any]:
    """The right answer in that form, which the server believes to have said, unless the form says another."""

    def say(link: Link) -> str:
        answer = right(verb, link)
        sock = link.sock
        other = form(link, answer.encode() + b"\r\n")
        link.sock = _Mute(sock)  # type: ignore[assignment]  # all of a socket that a link uses
        return other or answer

    return say


class _Mute:
    """Lets one reply of the server go nowhere, since it was given already."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._muted = True

    def sendall(self, octets: bytes) -> None:
        if self._muted:
            self._muted = False
        else:
            self._sock.sendall(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def by_name(form: Form) -> str:
    return form.__name__


@PIPELINED
@pytest.mark.parametrize("form", HARMLESS, ids=by_name)
def test_a_reply_counts_whatever_its_form(to: Open, form: Form, features: tuple[str, ...]) -> None:
    answers: dict[str, Any] = {
        verb: said(verb, form) for verb in VERBS if form not in (with_eight_bits, with_a_nul) or verb != "EHLO"
    }
    with Server(answers, features) as server:
        receipts = list(to(server).send_all(numbered(3)))
    assert all(receipt.accepted for receipt in receipts), receipts
    assert len(server.taken) == 3


@pytest.mark.parametrize("lmtp", [False, True], ids=["smtp", "lmtp"])
@pytest.mark.parametrize("pipelined", [True, False], ids=["pipelined", "one by one"])
@pytest.mark.parametrize("form", HARMFUL, ids=by_name)
def test_a_reply_that_is_none_ends_in_one_true_outcome(form: Form, pipelined: bool, lmtp: bool) -> None:
    """At each command, of the first message and of the second."""
    for verb in VERBS:
        for turn in (0, 1) if verb in ("MAIL", "RCPT", "DATA", "DOT") else (0,):
            key = "LHLO" if lmtp and verb == "EHLO" else verb
            answers: dict[str, Any] = {key: [*[None] * turn, said(verb, form), None]}
            with Server(answers, ("PIPELINING",) if pipelined else (), lmtp=lmtp) as server:
                url = f"{'lmtp' if lmtp else 'smtp'}://localhost:{server.port}?timeout=0.2"
                with open_transport(url) as transport:
                    receipts = list(transport.send_all(numbered(3)))
            check_law(numbered(3), receipts, server.taken)


def test_a_line_of_any_length_before_its_end_is_a_finding(to: Open) -> None:
    """smtplib's own error for a line over 8,192 octets never comes out, wherever the line stands."""
    with Server({"GREETING": b"220 " + b"x" * 70_000 + b"\r\n"}) as server:
        outcome = one(to(server))
    assert isinstance(outcome, NotTried)
    assert "without end" in outcome.text


def test_a_server_that_offers_pipelining_and_forgets_what_waits_loses_nothing(to: Open) -> None:
    """It reads one command and throws the others away: nobody has the message."""

    def forget(link: Link) -> str:
        link.buffer = b""
        return "250 ok"

    with Server({"MAIL": forget}) as server:
        outcome = to(server, "timeout=0.3").send(mail())[BOB]
    assert isinstance(outcome, Deferred)
    assert not server.taken
