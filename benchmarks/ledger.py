"""What the ledger costs: beside a bare send over the same connection, and as a ledger grows to a million messages.

The servers are that of :mod:`benchmarks.sending`, and the tests' own Postfix where it is installed. The contenders
take turns with messages that differ; ``send_message`` of ``smtplib`` is one of them, so that the reader sees what the
ledger costs of a send as most people know it. What it costs is the median of the differences within a round, since a
machine that is busy is so for all of a round.
"""

from __future__ import annotations

import contextlib
import os
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

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
_BARE, _KEPT, _SMTPLIB = "a bare send", "with the ledger", "smtplib, send_message"
_parsed: dict[str, EmailMessage] = {}


class _Time(NamedTuple):
    """Microseconds for a message: by the clock, and of the processor in this process."""

    wall: float
    busy: float


class _Taken(Transport):
    """Takes everything, after the mark, and answers a message when it has the next, as a server does: what is left is
    the ledger's own time."""

    def __init__(self) -> None:
        super().__init__("taken:")

    def send_all(self, messages: Iterable[Message], mark: Mark | None = None) -> Iterator[Receipt]:
        under_way = None
        for message in messages:
            if under_way:
                yield receipt(under_way, [Accepted("250 2.0.0 Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0")])
            assert mark is None or mark(message, message.envelope.recipients, {})
            under_way = message
        if under_way:
            yield receipt(under_way, [Accepted("250 2.0.0 Ok: queued as 4XYZ", "4XYZ", 250, "2.0.0")])


def _numbered(messages: list[Message], first: int) -> Iterator[Message]:
    """Messages that no ledger has seen."""
    for number, message in enumerate(messages, first):
        mark = b"X-Number: %d\r\n" % number
        yield replace(message, octets=mark + message.octets, message_id=f"{number}@example.test")


@contextlib.contextmanager
def _contenders(port: int, folder: str) -> Iterator[dict[str, Callable[[list[Message]], None]]]:
    url = f"smtp://127.0.0.1:{port}?pool=1&per_connection=1000000"
    with contextlib.ExitStack() as stack:
        transport = stack.enter_context(open_transport(url))
        outbox = Outbox(transport, stack.enter_context(Ledger(Path(folder) / "outbox.db")))
        smtp = stack.enter_context(smtplib.SMTP("127.0.0.1", port, local_hostname="localhost"))

        def bare(messages: list[Message]) -> None:
            assert all(one.accepted for one in transport.send_all(messages))

        def kept(messages: list[Message]) -> None:
            letters = (Letter(message.message_id, message) for message in messages)
            assert all(dispatch.receipt.accepted for dispatch in outbox.send(letters))

        def parsed(messages: list[Message]) -> None:
            for message in messages:
                smtp.send_message(_parsed[message.message_id], _ENVELOPE.sender, _ENVELOPE.recipients)

        yield {_BARE: bare, _KEPT: kept, _SMTPLIB: parsed}


def beside_a_send(count: int = 200, rounds: int = 15) -> list[str]:
    """Time of a message on loopback, without and with the ledger, to one that answers at once and to real ones."""
    with sending.server() as port:
        lines = ["A server on loopback that answers at once:", "", *_table(port, count, rounds), ""]
    with _aiosmtpd() as port:
        lines += ["aiosmtpd on loopback, which has no PIPELINING:", "", *_table(port, count, rounds), ""]
    if why := mailrig.why_no_rig():
        return [*lines, f"No real mail server: {why}."]
    with mailrig.run_mail_rig() as rig:
        return [*lines, "Postfix on loopback:", "", *_table(rig.relay, count // 2, rounds)]


@contextlib.contextmanager
def _aiosmtpd() -> Iterator[int]:
    """The port of an aiosmtpd in a process of its own, which throws away what it takes."""
    with mailrig.held_ports(1) as (port,):
        command = [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                mailrig.wait_for(port)
                yield port
            finally:
                process.kill()


def _table(port: int, count: int, rounds: int) -> list[str]:
    samples: dict[str, list[_Time]] = {}
    number = 0
    with tempfile.TemporaryDirectory() as folder, _contenders(port, folder) as contenders:
        for turn in range(rounds + 1):
            for name, send in contenders.items():
                messages = [replace(one, envelope=_ENVELOPE) for one in _numbered(sending.make_messages(count), number)]
                number += count
                _parsed.clear()
                if name == _SMTPLIB:  # parsing is left out of what is measured
                    _parsed.update((one.message_id, one.as_email()) for one in messages)
                start, busy = time.perf_counter(), time.process_time()
                send(messages)
                took = _Time((time.perf_counter() - start) / count * 1e6, (time.process_time() - busy) / count * 1e6)
                if turn:  # the first round makes the connections
                    samples.setdefault(name, []).append(took)
    extra = [
        _Time(*(b - a for a, b in zip(*both, strict=True))) for both in zip(samples[_BARE], samples[_KEPT], strict=True)
    ]
    rows = {**{name: _median(times) for name, times in samples.items()}, "what the ledger costs": _median(extra)}
    return [
        f"Messages of {messages[0].size:,} octets over one connection each.",
        "",
        "| | µs a message | of a bare send | of smtplib | processor time here, µs |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {wall:,.0f} | {wall / rows[_BARE].wall:.0%} | {wall / rows[_SMTPLIB].wall:.0%} | {busy:,.0f} |"
            for name, (wall, busy) in rows.items()
        ),
    ]


def _median(times: list[_Time]) -> _Time:
    return _Time(statistics.median(one.wall for one in times), statistics.median(one.busy for one in times))


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
