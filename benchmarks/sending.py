"""Sending over one connection, against smtplib and aiosmtplib: on loopback, and with 20 ms of round trip in between.

The server answers at once and throws away what it takes; it and the delaying proxy are processes of their own. The
contenders take turns, each keeps its connection, and each sends the same octets.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import multiprocessing
import smtplib
import statistics
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from mailtemplates import Envelope, Message
from mailtemplates.transports import open_transport

ROUND_TRIP = 0.020
SENDER, RECIPIENT = "alice@example.test", "bob@example.test"
_REPLIES = {
    b"EHLO": b"250-localhost\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"

Send = Callable[[list[Message]], None]


class _Sink(asyncio.Protocol):
    """A server that takes everything, pipelined or not."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""
        self._in_content = False
        transport.write(b"220 localhost ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies = []
        while (end := self._buffer.find(_END if self._in_content else b"\r\n")) >= 0:
            line = self._buffer[:end]
            self._buffer = self._buffer[end + (5 if self._in_content else 2) :]
            replies.append(b"250 ok\r\n" if self._in_content else _REPLIES.get(line[:4].upper(), b"250 ok\r\n"))
            self._in_content = not self._in_content and line[:4].upper() == b"DATA"
        if replies:
            self._transport.write(b"".join(replies))


class _Delay(asyncio.Protocol):
    """One side of a proxy: what comes in goes out at the other side half a round trip later, in order."""

    def __init__(self, other: _Delay | None, port: int) -> None:
        self._other = other
        self._port = port
        self._early: list[bytes] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._other is None:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(loop.create_connection(lambda: self._answerer(), "127.0.0.1", self._port))
        else:
            for data in self._other._early:
                transport.write(data)

    def _answerer(self) -> _Delay:
        self._other = _Delay(self, self._port)
        return self._other

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(ROUND_TRIP / 2, self._pass_on, data)

    def _pass_on(self, data: bytes) -> None:
        if self._other is None or self._other.transport is None:
            self._early.append(data)
        else:
            self._other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._other and self._other.transport:
            self._other.transport.close()


def _serve(pipe: Connection, target: int) -> None:
    """Run the server, or the proxy before the server at ``target``; tells the port."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        make = (lambda: _Delay(None, target)) if target else _Sink
        server = await loop.create_server(make, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextlib.contextmanager
def server(target: int = 0) -> Iterator[int]:
    """The port of a server, or of a proxy before one."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, target), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def make_messages(count: int) -> list[Message]:
    """Messages of some five thousand octets, quoted-printable, each with its own Message-ID."""
    body = ("Your order is on its way, gr=C3=B6=C3=9Fer than ever. " + "x" * 20 + "\r\n") * 65
    return [
        Message(
            f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: Order {number}\r\nMessage-ID: <{number}@example.test>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}".encode(),
            Envelope(SENDER, (RECIPIENT,)),
            f"{number}@example.test",
        )
        for number in range(count)
    ]


@contextlib.contextmanager
def _contenders(port: int) -> Iterator[dict[str, Send]]:
    """Each with a connection of its own."""
    import aiosmtplib

    loop = asyncio.new_event_loop()
    with contextlib.ExitStack() as stack:
        stack.callback(loop.close)
        ours = stack.enter_context(open_transport(f"smtp://127.0.0.1:{port}?pool=1&per_connection=1000000"))
        smtp = stack.enter_context(smtplib.SMTP("127.0.0.1", port, local_hostname="localhost"))
        peer = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, local_hostname="localhost", start_tls=False)
        loop.run_until_complete(peer.connect())
        stack.callback(lambda: loop.run_until_complete(peer.quit()))

        def send_ours(messages: list[Message]) -> None:
            assert all(receipt.accepted for receipt in ours.send_all(messages))

        def send_parsed(messages: list[Message]) -> None:
            for message in messages:
                smtp.send_message(_parsed(message), SENDER, [RECIPIENT])

        def send_octets(messages: list[Message]) -> None:
            for message in messages:
                smtp.sendmail(SENDER, [RECIPIENT], message.octets)

        async def send_each(messages: list[Message]) -> None:
            for message in messages:
                await peer.sendmail(SENDER, [RECIPIENT], message.octets)

        yield {
            "mailtemplates": send_ours,
            "smtplib, send_message": send_parsed,
            "smtplib, sendmail of the octets": send_octets,
            "aiosmtplib, sendmail of the octets": lambda messages: loop.run_until_complete(send_each(messages)),
        }


_known: dict[str, Any] = {}


def _parsed(message: Message) -> Any:
    """The message as an EmailMessage; parsing is left out of what is measured."""
    return _known[message.message_id]


def _table(port: int, count: int, rounds: int) -> list[str]:
    messages = make_messages(count)
    _known.update((one.message_id, email.message_from_bytes(one.octets, policy=email.policy.SMTP)) for one in messages)
    samples: dict[str, list[float]] = {}
    with _contenders(port) as contenders:
        for turn in range(rounds + 1):
            for name, send in contenders.items():
                start = time.perf_counter()
                send(messages)
                if turn:  # the first round makes the connections
                    samples.setdefault(name, []).append(time.perf_counter() - start)
    seconds = {name: statistics.median(values) / count for name, values in samples.items()}
    ours = seconds["mailtemplates"]
    lines = [
        f"Messages of {messages[0].size:,} octets; every contender keeps one connection.",
        "",
        "| | messages a second | mailtemplates is |",
        "|---|---:|---:|",
    ]
    return lines + [f"| {name} | {1 / value:,.0f} | {value / ours:.1f}× |" for name, value in seconds.items()]


def sections() -> dict[str, list[str]]:
    """The tables of the page."""
    with server() as port, server(port) as proxy:
        return {
            f"Send: {ROUND_TRIP * 1e3:.0f} ms round trip": _table(proxy, 20, 5),
            "Send: loopback": _table(port, 300, 15),
        }


if __name__ == "__main__":
    for heading, lines in sections().items():
        print(f"## {heading}\n", *lines, "", sep="\n")
