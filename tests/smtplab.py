"""What the tests of SMTP share: messages, transports to scripted servers, and a look for passwords."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from smtpserver import Certificates, Server

from mailtemplates import Envelope, Message
from mailtemplates.delivery.event import Event
from mailtemplates.delivery.outcome import Outcome, Phase
from mailtemplates.delivery.transport import Transport
from mailtemplates.smtp.endpoint import LIMITS
from mailtemplates.transports import open_transport

PASSWORD = "pässwörd-s3cret"
BOB, CAROL, DAVE = "bob@example.test", "carol@example.test", "dave@example.test"
GONE = "550 5.1.1 User unknown"
LONG = "timeout=60"
"""For servers that answer: a machine that is busy may take its time."""
PIPELINED = pytest.mark.parametrize("features", [("PIPELINING",), ()], ids=["pipelined", "one by one"])
LOGIN_FEATURES = ("PIPELINING", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES")


def mail(*recipients: str, octets: bytes = b"Subject: hi\r\n\r\nHello\r\n", number: int = 1, **more: Any) -> Message:
    return Message(octets, Envelope("alice@example.test", recipients or (BOB,), **more), f"{number}@example.test")


Open = Callable[..., Transport]
Brief = Callable[..., None]


def shortening(patch: pytest.MonkeyPatch) -> Brief:
    """What the fixture ``brief`` gives."""

    def shorten(*phases: Phase, seconds: float = 0.5) -> None:
        for phase in phases:
            patch.setitem(LIMITS, phase, seconds)

    return shorten


@contextmanager
def opening(certificates: Certificates, events: list[Event]) -> Iterator[Open]:
    """A way to open transports: ``to(server, "timeout=1", password=…)``; nothing said over them has the password.

    :param events: takes what the transports tell.
    """
    opened = []

    def open_to(server: Server, options: str = "", *, user: str = "", scheme: str = "", **access: Any) -> Transport:
        schemes = {"": "lmtp" if server.lmtp else "smtp", "starttls": "smtp+starttls", "implicit": "smtps"}
        scheme = scheme or schemes[server.tls]
        trust = f"&cafile={certificates.cafile}" if scheme in ("smtp+starttls", "smtps") else ""
        url = f"{scheme}://{user and user + '@'}localhost:{server.port}?{LONG}&{options}{trust}".replace("&&", "&")
        if "timeout" in options:
            url = url.replace(f"{LONG}&", "", 1)
        opened.append(open_transport(url, watch=events.append, **access))
        return opened[-1]

    yield open_to
    for transport in opened:
        transport.close()
    secrets = (PASSWORD, b64encode(PASSWORD.encode()).decode(), b64encode(f"\0alice\0{PASSWORD}".encode()).decode())
    shown = f"{events}{opened}"
    assert not any(secret in shown for secret in secrets)


def one(transport: Transport, message: Message | None = None) -> Outcome:
    """The outcome for a message to one recipient; no text of it holds the password."""
    receipt = transport.send(message or mail())
    assert len(receipt.deliveries) == 1
    assert PASSWORD not in repr(receipt)
    assert b64encode(PASSWORD.encode()).decode() not in repr(receipt)
    return receipt.deliveries[0].outcome


def no_password_left(server: Server) -> None:
    heard = b"".join(server.octets)
    assert PASSWORD.encode() not in heard
    assert b64encode(f"\0alice\0{PASSWORD}".encode()) not in heard
    assert "AUTH" not in server.verbs
