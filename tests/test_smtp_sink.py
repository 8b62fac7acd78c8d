"""Faults of a server that others wrote: Postfix's ``smtp-sink``, told to refuse, to hang up or to be slow at a command."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mailrig import held_ports, wait_for
from smtplab import LONG, Brief

from mailtemplates import Envelope, Message
from mailtemplates.delivery.outcome import Outcome
from mailtemplates.transports import open_transport

_PATH = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(_PATH is None, reason="smtp-sink is not installed (Debian: postfix)")

BOB, CAROL = "bob@example.test", "carol@example.test"


@contextlib.contextmanager
def sink(options: str, folder: Path) -> Iterator[int]:
    """The port of a server with these options; what it is given goes to files in the folder."""
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    folder.chmod(0o777)  # it writes as nobody
    with held_ports(1) as (port,):
        command = [str(_PATH), *account, *shlex.split(options), "-d", "mail.", f"127.0.0.1:{port}", "20"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(port)
                yield port
            finally:
                process.terminate()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account may write to, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="smtp-sink-") as name:
        yield Path(name)


def mail(number: int, *recipients: str) -> Message:
    return Message(
        b"Subject: message %d\r\n\r\nHello\r\n.\r\n" % number,
        Envelope("alice@example.test", recipients or (BOB,)),
        f"{number}@example.test",
    )


def send(options: str, folder: Path, scheme: str = "smtp", parameters: str = LONG) -> list[Outcome]:
    """What became of two messages, one to two recipients and one to one."""
    with sink(options, folder) as port, open_transport(f"{scheme}://127.0.0.1:{port}?{parameters}") as transport:
        receipts = list(transport.send_all([mail(1, BOB, CAROL), mail(2)]))
    return [outcome for receipt in receipts for _, outcome in receipt.deliveries]


def given(folder: Path) -> int:
    """How many transactions had content."""
    return sum(b"Hello" in file.read_bytes() for file in folder.glob("mail.*"))


SOFT, HARD = 450, 500

#: Options, then: the state of each recipient, the reply's code, the phase of what is not tried or uncertain.
FAULTS: dict[str, tuple[str, str, int, str]] = {
    "greeting 4xx": ("-r CONNECT", "not_tried", SOFT, "greeting"),
    "greeting 5xx": ("-f CONNECT", "not_tried", HARD, "greeting"),
    "greeting, closed": ("-q CONNECT", "not_tried", 0, "greeting"),
    "greeting 421": ("-Q CONNECT", "not_tried", 421, "greeting"),
    "EHLO 4xx": ("-r EHLO", "not_tried", SOFT, "ehlo"),
    "EHLO and HELO 5xx": ("-f EHLO,HELO", "not_tried", HARD, "ehlo"),
    "EHLO, closed": ("-q EHLO", "not_tried", 0, "ehlo"),
    "EHLO 421": ("-Q EHLO", "not_tried", 421, "ehlo"),
    "MAIL 4xx": ("-r MAIL", "deferred", SOFT, ""),
    "MAIL 5xx": ("-f MAIL", "failed", HARD, ""),
    "MAIL, closed": ("-q MAIL", "deferred", 0, ""),
    "MAIL 421": ("-Q MAIL", "deferred", 421, ""),
    "RCPT 4xx": ("-r RCPT", "deferred", SOFT, ""),
    "RCPT 5xx": ("-f RCPT", "failed", HARD, ""),
    "RCPT, closed": ("-q RCPT", "deferred", 0, ""),
    "RCPT 421": ("-Q RCPT", "deferred", 421, ""),
    "DATA 4xx": ("-r DATA", "deferred", SOFT, ""),
    "DATA 5xx": ("-f DATA", "failed", HARD, ""),
    "DATA, closed": ("-q DATA", "deferred", 0, ""),
    "DATA 421": ("-Q DATA", "deferred", 421, ""),
    "the dot 4xx": ("-r .", "deferred", SOFT, ""),
    "the dot 5xx": ("-f .", "failed", HARD, ""),
    "the dot, closed": ("-q .", "uncertain", 0, "dot"),
    "the dot 421": ("-Q .", "deferred", 421, ""),
    "QUIT 4xx": ("-r QUIT", "accepted", 250, ""),
    "QUIT 5xx": ("-f QUIT", "accepted", 250, ""),
    "QUIT, closed": ("-q QUIT", "accepted", 250, ""),
    "QUIT 421": ("-Q QUIT", "accepted", 250, ""),
    "greylisting": ("-r RCPT -b '451 4.7.1 Greylisted, try again later'", "deferred", 451, ""),
    "no ESMTP": ("-e", "accepted", 250, ""),
    "no pipelining": ("-p", "accepted", 250, ""),
    "no 8BITMIME, no DSN": ("-8 -N", "accepted", 250, ""),
    "no fault": ("", "accepted", 250, ""),
}


@pytest.mark.parametrize(("options", "state", "code", "phase"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_its_outcome_and_nothing_is_sent_twice(
    folder: Path, options: str, state: str, code: int, phase: str
) -> None:
    outcomes = send(options, folder)
    assert [outcome.state for outcome in outcomes] == [state] * 3
    assert {outcome.code for outcome in outcomes} == {code}
    if phase:
        assert {getattr(outcome, "phase", "") for outcome in outcomes} == {phase}
    assert all(outcome.text for outcome in outcomes)
    assert given(folder) <= 2
    if state == "accepted":
        assert given(folder) == 2


@pytest.mark.parametrize(
    ("options", "state"),
    [("", "accepted"), ("-f RCPT", "failed"), ("-q .", "uncertain"), ("-r .", "deferred"), ("-Q DATA", "deferred")],
)
def test_lmtp_too(folder: Path, options: str, state: str) -> None:
    outcomes = send(f"-L {options}", folder, "lmtp")
    assert [outcome.state for outcome in outcomes] == [state] * 3


def test_a_server_that_is_slow_at_the_dot_and_one_that_is_too_slow(folder: Path, brief: Brief) -> None:
    """``-w`` makes it wait a second at DATA: in time, all is well; over it, nobody has the message."""
    assert [outcome.state for outcome in send("-w 1", folder)] == ["accepted"] * 3
    brief("mail", "rcpt", "data", "dot")  # it holds back what it says to the commands that came along
    began = time.monotonic()
    outcomes = send("-w 60", folder)
    assert time.monotonic() - began < 50
    assert {outcome.state for outcome in outcomes} <= {"deferred", "uncertain"}
    assert all("silent for 0.5 s" in outcome.text for outcome in outcomes)


def test_a_refusal_within_the_content_is_heard(folder: Path, brief: Brief) -> None:
    """``-A 0`` says 550 behind 354 and reads no more: the message was not taken."""
    big = Message(b"Subject: a\r\n\r\n" + b"x" * 70 + b"\r\n" * 4_000_000, Envelope("a@b.test", (BOB,)), "1@b.test")
    brief("content", seconds=3)
    with sink("-A 0", folder) as port, open_transport(f"smtp://127.0.0.1:{port}?{LONG}") as transport:
        outcome = transport.send(big)[BOB]
    assert outcome.state in ("failed", "deferred")


def test_many_messages_over_several_connections_are_each_taken_once(folder: Path) -> None:
    with sink("", folder) as port, open_transport(f"smtp://127.0.0.1:{port}?{LONG}&per_connection=50") as transport:
        receipts = list(transport.send_all(mail(number) for number in range(200)))
    assert all(receipt.accepted for receipt in receipts)
    texts = [file.read_bytes() for file in folder.glob("mail.*")]
    assert sorted(text.partition(b"Subject: ")[2].partition(b"\n")[0] for text in texts) == sorted(
        b"message %d" % number for number in range(200)
    )
