"""The crash test: processes that send are killed at random moments; nothing is lost, nothing doubled, all doubt listed.

The server is a process of its own on loopback that writes down what it takes. SIGKILL leaves a process no last word.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtemplates.ledger.ledger import Ledger
from mailtemplates.outbox.backoff import Backoff
from mailtemplates.outbox.outbox import Outbox
from mailtemplates.transports import open_transport

CRASHING = Path(__file__).with_name("crashing.py")
COUNT = 1200
KILLS = 24
MORE = 40
"""The most messages that a process may send before it is killed: more than it does in the time that it is given."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


class Place:
    """A server that records, and a ledger."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.record = folder / "record"
        self._most = folder / "record.most"
        self.path = folder / "outbox.db"

    def send(self) -> subprocess.Popen[str]:
        """A process that sends all 1,200 messages, those that the ledger does not know better."""
        command = [sys.executable, str(CRASHING), "send", str(self.path), str(self.port), str(COUNT)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def allow(self, more: int | None) -> None:
        """Let the server take so many more messages; None for all that come."""
        if more is None:
            self._most.unlink()
        else:
            self._most.write_text(str(self.taken().total() + more))

    def taken(self) -> Counter[str]:
        """How often the server took each key."""
        found = re.findall(r"<(\d+)@", self.record.read_text()) if self.record.exists() else []
        return Counter(f"key-{number}" for number in found)


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    share = getattr(request, "param", 0.0)
    command = [sys.executable, str(CRASHING), "serve", str(tmp_path / "record"), "7", str(share)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield Place(tmp_path, int(server.stdout.readline()))
        server.kill()


def kill_at_random(place: Place, processes: int, chance: random.Random) -> int:
    """Let processes send, and kill each at a random moment, as often as asked; how many were at work when killed."""
    killed = 0
    for _ in range(KILLS // processes):
        place.allow(MORE * processes)
        running = [place.send() for _ in range(processes)]
        early = chance.random() < 0.15  # somewhere in its start, or while it opens the ledger
        if not early:
            for process in running:
                assert process.stdout
                assert process.stdout.readline() == "ready\n", process.communicate()[1]
        for process in running:
            time.sleep(chance.uniform(0, 0.2 if early else 0.15 / processes))
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
        for process in running:
            process.communicate()
    place.allow(None)
    return killed


def check_every_key(place: Place) -> dict[str, str]:
    """The state of every key, none of which the server has twice, or has not where it is called accepted."""
    taken = place.taken()
    with Ledger(place.path) as ledger:
        ledger.recover()
        found = {entry.key: entry.state for entry in ledger.entries()}
    assert max(taken.values()) == 1, "a message was doubled"
    assert {key for key, state in found.items() if state == "accepted"} <= set(taken), "a message was lost"
    doubted = {key for key in taken if found[key] != "accepted"}
    assert doubted <= {key for key, state in found.items() if state == "uncertain"}, "a doubt is not listed"
    return dict(found)


@pytest.mark.parametrize(
    ("place", "processes"),
    [
        pytest.param(0.0, 1, id="one process"),
        pytest.param(0.0, 2, id="two processes on one ledger"),
        pytest.param(0.1, 2, id="two processes and a server that puts off"),
    ],
    indirect=["place"],
)
def test_nothing_is_lost_or_doubled_and_all_doubt_is_listed(place: Place, processes: int) -> None:
    killed = kill_at_random(place, processes, random.Random(processes))
    assert killed >= 20
    assert place.taken().total() < COUNT, "the processes were done before they were killed often enough"
    check_every_key(place)

    finished = [place.send() for _ in range(processes)]
    for process in finished:
        assert process.communicate()[1] == ""
        assert process.returncode == 0
    states = Counter(check_every_key(place).values())
    assert set(states) <= {"accepted", "uncertain"}
    assert states.total() == COUNT
    assert 1 <= states["uncertain"] <= killed

    resolve_the_doubt(place)
    assert place.taken() == Counter(f"key-{number}" for number in range(COUNT))


def resolve_the_doubt(place: Place) -> None:
    """A person looks into the server's log for each recipient that is listed by name."""
    taken = place.taken()
    with Ledger(place.path) as ledger, open_transport(f"smtp://127.0.0.1:{place.port}") as transport:
        for entry in list(ledger.entries("uncertain")):
            assert [one.address for one in entry.recipients] == [f"reader{entry.key[4:]}@example.test"]
            assert ledger.resolve(entry.key, "sent" if entry.key in taken else "resend") == 1
        outbox = Outbox(transport, ledger, backoff=Backoff(first=0.05, least=0.01), patience=60)
        assert all(dispatch.receipt.accepted for dispatch in outbox.resume())
        assert ledger.counts() == {"accepted": COUNT}


def test_what_was_queued_is_sent_by_whoever_resumes(place: Place) -> None:
    """A process that only queues is killed; another one, which has none of the messages, sends them."""
    from crashing import letters

    from mailtemplates.ledger.letter import Letter

    with Ledger(place.path) as ledger:
        ledger.queue(Letter(*letter) for letter in letters(200))
    with Ledger(place.path) as ledger, open_transport(f"smtp://127.0.0.1:{place.port}") as transport:
        assert sum(1 for _ in Outbox(transport, ledger).resume()) == 200
    assert place.taken().total() == 200
