"""The two programs of the crash test: ``serve RECORD SEED SHARE`` takes mail and records it, ``send LEDGER PORT COUNT``
sends. The server puts off this share of what comes, at RCPT or after the final dot.

The server writes down a message when it has it whole, and answers somewhat later, as servers do that sync their queue:
who is killed meanwhile cannot know that it was taken. It takes no more messages than the file ``RECORD.most`` says, when
there is one, so that who sends is not done before it was killed often enough, however slow the one who kills is.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import sys
from pathlib import Path

from mailtemplates import Envelope, Message
from mailtemplates.ledger.ledger import Ledger
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.transports import open_transport

_PAUSE = 0.004


def letters(count: int) -> list[tuple[str, Message]]:
    return [
        (
            f"key-{number}",
            Message(
                b"Message-ID: <%d@example.test>\r\nSubject: hello\r\n\r\n%s" % (number, b"some words\r\n" * 40),
                Envelope("alice@example.test", (f"reader{number}@example.test",)),
                f"{number}@example.test",
            ),
        )
        for number in range(count)
    ]


def send(ledger: str, port: str, count: str) -> None:
    given = letters(int(count))
    with Ledger(ledger) as opened, open_transport(f"smtp://127.0.0.1:{port}") as transport:
        print("ready", flush=True)
        for _ in Outbox(transport, opened, backoff=Backoff(first=0.05, least=0.01), patience=60).send(given):
            pass


def serve(record: str, seed: str, share: str) -> None:
    asyncio.run(_serve(Record(Path(record)), random.Random(seed), float(share)))


class Record:
    """What was taken, a line each."""

    def __init__(self, path: Path) -> None:
        self._octets = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._most = path.with_name(f"{path.name}.most")
        self._count = 0

    async def write(self, line: bytes) -> None:
        while self._count >= self._room():
            await asyncio.sleep(0.01)
        self._count += 1
        os.write(self._octets, line)

    def _room(self) -> float:
        try:
            return int(self._most.read_text())
        except (OSError, ValueError):  # there is no such file, or no number in it yet
            return math.inf if not self._most.exists() else 0


async def _serve(record: Record, chance: random.Random, share: float) -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _session(reader, writer, record, chance, share)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _session(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: Record, chance: random.Random, share: float
) -> None:
    greylisted = False
    writer.write(b"220 mx.example.test ESMTP\r\n")
    while line := (await reader.readline()).upper():
        if line.startswith(b"EHLO"):
            writer.write(b"250-mx.example.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif line.startswith(b"RCPT"):
            greylisted = chance.random() < share
            writer.write(b"451 4.7.1 Greylisted\r\n" if greylisted else b"250 2.1.5 Ok\r\n")
        elif line.startswith(b"DATA") and greylisted:
            writer.write(b"554 5.5.1 no valid recipients\r\n")
        elif line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            content = await reader.readuntil(b"\r\n.\r\n")
            if chance.random() < share / 2:
                writer.write(b"452 4.3.1 Queue full\r\n")
                continue
            await record.write(content.split(b"\r\n", 1)[0] + b"\n")
            await asyncio.sleep(chance.uniform(0, _PAUSE))
            writer.write(b"250 2.0.0 Ok: queued as 4XYZ\r\n")
        else:
            writer.write(b"250 2.0.0 Ok\r\n")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        send(*sys.argv[2:])
