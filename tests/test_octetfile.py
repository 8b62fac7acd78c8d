"""The octets of what is being sent: they outlive their process, and come into the tables when somebody still waits."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtemplates import Envelope, Ledger, Letter, Message
from mailtemplates.delivery.outcome import Accepted, Deferred, Outcome, Uncertain
from mailtemplates.errors import LedgerError
from mailtemplates.ledger import octetfile
from mailtemplates.ledger.letter import Settled

BOB = "bob@example.test"


def octets(number: int) -> bytes:
    return b"Subject: %d\r\n\r\n%s" % (number, b"hello\r\n" * 20)


def letters(*numbers: int) -> list[Letter]:
    envelope = Envelope("alice@example.test", (BOB,))
    return [Letter(f"key-{n}", Message(octets(n), envelope, f"{n}@example.test")) for n in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def in_the_tables(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (number,) = connection.execute("SELECT count(*) FROM content").fetchone()
    connection.close()
    return int(number)


def kept(folder: Path) -> list[Path]:
    return list(folder.glob("*-octets-*"))


def test_what_is_accepted_never_comes_into_the_tables(path: Path) -> None:
    with Ledger(path) as ledger:
        claims, _ = ledger.claim(letters(1, 2))
        assert ledger.octets("key-1") == octets(1)
        assert all(ledger.mark(claim, [BOB], {}) for claim in claims)
        ledger.settle([Settled(claim, {BOB: Accepted("ok")}) for claim in claims])
        ledger.release()
        assert in_the_tables(path) == 0
        assert ledger.octets("key-1") is None
    assert kept(path.parent) == []


@pytest.mark.parametrize("outcome", [Deferred(450, "", "later"), Uncertain("dot", "closed")], ids=lambda one: one.state)
def test_what_still_waits_comes_into_the_tables(path: Path, outcome: Outcome) -> None:
    with Ledger(path) as ledger:
        claims, _ = ledger.claim(letters(1, 2))
        ledger.mark(claims[0], [BOB], {})
        ledger.settle([Settled(claims[0], {BOB: outcome}, 0.0)])
        ledger.release([claims[1]])
        assert in_the_tables(path) == 2
        assert (ledger.octets("key-1"), ledger.octets("key-2")) == (octets(1), octets(2))
        if outcome.state == "uncertain":
            ledger.resolve("key-1", "resend")
        assert {claim.message.octets for claim in ledger.claim_waiting(9)} == {octets(1), octets(2)}


def test_what_is_given_back_when_the_ledger_was_closed_is_not_lost(path: Path) -> None:
    """A run that ends after its ledger was closed."""
    ledger = Ledger(path)
    claims, _ = ledger.claim(letters(1))
    ledger.close()
    ledger.release(claims)
    assert [claim.message.octets for claim in ledger.claim_waiting(9)] == [octets(1)]
    ledger.close()


def test_octets_that_many_messages_share_are_kept_once(path: Path) -> None:
    envelope = Envelope("alice@example.test", (BOB,))
    with Ledger(path) as ledger:
        claims, _ = ledger.claim(Letter(f"key-{n}", Message(octets(0), envelope, f"{n}@a.test")) for n in range(50))
        (file,) = kept(path.parent)
        assert file.stat().st_size == len(octets(0))
        ledger.release(claims)
        assert in_the_tables(path) == 1


def test_the_file_is_begun_anew_and_what_is_still_held_is_not_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(octetfile, "_FULL", 1000)
    with Ledger(path) as ledger, Ledger(path) as other:
        slow, _ = ledger.claim(letters(1000, 1001))
        for number in range(100):
            (claim,), _ = ledger.claim(letters(number))
            assert other.octets(claim.key) == octets(number)
            assert other.octets("key-1000") == octets(1000)
            assert ledger.mark(claim, [BOB], {})
            ledger.settle([Settled(claim, {BOB: Accepted("ok")})])
        (file,) = kept(path.parent)
        assert file.stat().st_size < 2500
        assert ledger.mark(slow[0], [BOB], {})
        ledger.settle([Settled(slow[0], {BOB: Accepted("ok")})])
        ledger.release([slow[1]])
        assert in_the_tables(path) == 1
        assert [claim.message.octets for claim in other.claim_waiting(9)] == [octets(1001)]


def test_a_long_message_does_not_make_the_file_long_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(octetfile, "_FULL", 1000)
    long = Message(b"x" * 100_000, Envelope("alice@example.test", (BOB,)), "x@example.test")
    with Ledger(path) as ledger:
        claims, _ = ledger.claim([Letter("long", long)])
        ledger.release(claims)
        ledger.claim(letters(1))
        (file,) = kept(path.parent)
        assert file.stat().st_size <= 1000


def spoil_nothing(file: Path) -> None: ...


def spoil_an_octet(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"hello", b"Hello"))


@pytest.mark.parametrize(
    ("spoil", "state"),
    [(spoil_nothing, "queued"), (Path.unlink, "failed"), (spoil_an_octet, "failed")],
    ids=["all is there", "the file is gone", "octets have changed"],
)
def test_what_an_ended_process_had_is_sent_by_another_one(
    path: Path, spoil: Callable[[Path], None], state: str
) -> None:
    """As it was approved, or not at all: then it is told."""
    program = (
        f"import os, sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from test_octetfile import *\nledger = Ledger({str(path)!r})\n"
        "claims, _ = ledger.claim(letters(1, 2, 3))\n"
        "ledger.mark(claims[0], [BOB], {})\nledger.mark(claims[1], [BOB], {})\n"
        "ledger.settle([Settled(claims[1], {BOB: Deferred(450, '', 'later')}, 0.0)])\nos._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 9
    spoil(*kept(path.parent))
    with Ledger(path) as ledger:
        assert ledger.recover() == 3
        deferred = "deferred" if state == "queued" else state
        entries = {entry.key: entry for entry in ledger.entries()}
        assert [entry.state for entry in entries.values()] == ["uncertain", deferred, state]
        assert kept(path.parent) == []
        claims = ledger.claim_waiting(9)
        if state == "queued":
            assert [claim.message.octets for claim in claims] == [octets(2), octets(3)]
            assert ledger.octets("key-1") == octets(1)
        else:
            outcome = entries["key-3"].recipients[0].outcome
            assert claims == []
            assert outcome and "octets are gone" in outcome.text


@pytest.mark.parametrize(
    "stop",
    ["leases.forget = lambda *_: os._exit(9)", "pathlib.Path.unlink = lambda *_, **__: os._exit(9)"],
    ids=["when the files are gone", "before that"],
)
@pytest.mark.parametrize("work", ["ledger.close()", "ledger.recover()"], ids=["of its own", "of another"])
def test_who_is_stopped_while_he_tidies_leaves_no_files_for_ever(path: Path, stop: str, work: str) -> None:
    """They hold messages."""
    begin = (
        f"import os, pathlib, sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"from test_octetfile import *\nfrom mailtemplates.ledger import leasetable as leases\n"
        f"ledger = Ledger({str(path)!r})\n"
    )
    works = [
        "ledger.claim(letters(1, 2))\nos._exit(9)\n",
        f"ledger.release(ledger.claim(letters(3))[0])\n{stop}\n{work}\n",
    ]
    for one in works:
        assert subprocess.run([sys.executable, "-c", begin + one]).returncode == 9
    with Ledger(path) as ledger:
        ledger.recover()
        assert ledger.counts() == {"queued": 3}
        assert [file.name for file in path.parent.iterdir() if "-notes-" in file.name or "-octets-" in file.name] == []


def test_a_process_that_is_taken_for_ended_while_it_claims_begins_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for another one that took its messages, and its files with them."""
    with Ledger(path, lease=0.0) as slow, Ledger(path) as quick:
        slow.claim(letters(1))
        lease = slow._lease

        def late() -> object:
            monkeypatch.undo()
            found = lease()
            assert quick.recover() == 1
            return found

        monkeypatch.setattr(slow, "_lease", late)
        (claim,), _ = slow.claim(letters(2))
        assert quick.octets("key-2") == octets(2)
        assert slow.mark(claim, [BOB], {})
        assert quick.recover() == 1
        assert {entry.key: entry.state for entry in quick.entries()} == {"key-1": "queued", "key-2": "uncertain"}
        assert quick.octets("key-2") == octets(2)


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be taken away on Windows")
def test_octets_that_were_changed_under_a_process_are_not_given_out(path: Path) -> None:
    with Ledger(path) as ledger, Ledger(path) as other:
        ledger.claim(letters(1))
        spoil_an_octet(*kept(path.parent))
        with pytest.raises(LedgerError, match="octets of a message have changed"):
            other.octets("key-1")
