"""What the ledger costs: beside a bare send over the same connection, and as a ledger grows to a million messages.

The servers are that of :mod:`benchmarks.sending`, and the tests' own Postfix where it is installed. The contenders
take turns with messages that differ.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import sending
from mailtemplates import Envelope, Ledger, Letter, Message, Outbox, Transport, open_transport
from mailtemplates.delivery.outcome import Accepted, Receipt
from mailtemplates.delivery.transport import Mark, receipt
from mailtemplates.ledger.key import token_of

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import mailrig

MILLION = 1_000_000
_STEP = 100_000
_ENVELOPE = Envelope("alice@example.test", ("bob@example.test",))


class _Taken(Transport):
    """Takes everything at once, after the mark: what is left is the ledger's own time."""

    def __init__(self) -> None:
        super().__init__("taken:")

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        for message in messages:
            assert mark is None or mark(message, message.envelope.recipients, {})
            yield receipt(message, [Accepted("250 2.0.0 Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0")])


def _numbered(messages: list[Message], first: int) -> Iterator[Message]:
    """Messages that no ledger has seen."""
    for number, message in enumerate(messages, first):
        mark = b"X-Number: %d\r\n" % number
        yield replace(message, octets=mark + message.octets, message_id=f"{number}@example.test")


@contextlib.contextmanager
def _contenders(port: int, folder: str) -> Iterator[dict[str, Callable[[list[Message]], None]]]:
    url = f"smtp://127.0.0.1:{port}?pool=1&per_connection=1000000"
    with open_transport(url) as transport, Ledger(Path(folder) / "outbox.db") as ledger:
        outbox = Outbox(transport, ledger)

        def bare(messages: list[Message]) -> None:
            assert all(one.accepted for one in transport.send_all(messages))

        def kept(messages: list[Message]) -> None:
            letters = (Letter(message.message_id, message) for message in messages)
            assert all(dispatch.receipt.accepted for dispatch in outbox.send(letters))

        yield {"a bare send": bare, "with the ledger": kept}


def beside_a_send(count: int = 300, rounds: int = 15) -> list[str]:
    """Time of a message on loopback, without and with the ledger: to a server that answers at once, and a real one."""
    with sending.server() as port:
        lines = [
            "A server on loopback that answers at once:",
            "",
            *_table(port, count, rounds),
            "",
        ]
    if why := mailrig.why_no_rig():
        return [*lines, f"No real mail server: {why}."]
    with mailrig.run_mail_rig() as rig:
        return [*lines, "Postfix on loopback:", "", *_table(rig.relay, 100, rounds)]


def _table(port: int, count: int, rounds: int) -> list[str]:
    samples: dict[str, list[tuple[float, float]]] = {}
    number = 0
    with tempfile.TemporaryDirectory() as folder, _contenders(port, folder) as contenders:
        for turn in range(rounds + 1):
            for name, send in contenders.items():
                messages = [replace(one, envelope=_ENVELOPE) for one in _numbered(sending.make_messages(count), number)]
                number += count
                start, busy = time.perf_counter(), time.process_time()
                send(messages)
                if turn:
                    took = time.perf_counter() - start, time.process_time() - busy
                    samples.setdefault(name, []).append(took)
    wall = {name: statistics.median(one for one, _ in values) / count for name, values in samples.items()}
    busy_ = {name: statistics.median(one for _, one in values) / count for name, values in samples.items()}
    base = wall["a bare send"]
    lines = [
        f"Messages of {messages[0].size:,} octets over one connection.",
        "",
        "| | µs a message | of them processor time here | of a bare send |",
        "|---|---:|---:|---:|",
    ]
    return lines + [
        f"| {name} | {wall[name] * 1e6:,.0f} | {busy_[name] * 1e6:,.0f} | {wall[name] / base:.2f}× |" for name in wall
    ]


def million(total: int = MILLION) -> list[str]:
    """The ledger alone, as it fills with keys in no order: time of a message and memory of the process."""
    lines = ["| messages in the ledger | µs a message | resident memory, MB | ledger, MB |", "|---:|---:|---:|---:|"]
    body = sending.make_messages(1)
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "outbox.db") as ledger:
        outbox = Outbox(_Taken(), ledger)
        for first in range(0, total, _STEP):
            numbers = range(first, first + _STEP)
            messages = (message for number in numbers for message in _numbered(body, number))
            start = time.process_time()
            for _ in outbox.send(Letter(token_of(message.message_id), message) for message in messages):
                pass
            seconds = (time.process_time() - start) / _STEP
            size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
            lines.append(f"| {first + _STEP:,} | {seconds * 1e6:,.0f} | {_resident():.1f} | {size:,.0f} |")
        counted = ledger.counts()
    return [*lines, "", f"In it then: {counted['accepted']:,} recipients, all accepted. Processor time."]


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def sections() -> dict[str, list[str]]:
    """The tables of the page."""
    return {"The ledger beside a send": beside_a_send(), "A million messages in the ledger": million()}


if __name__ == "__main__":
    for heading, lines in sections().items():
        print(f"## {heading}\n", *lines, "", sep="\n")
