"""The index of keys: a key is known wherever it is, in memory or in the tree, and whoever brought it there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtemplates import Envelope, Ledger, Letter, Message
from mailtemplates.errors import LedgerError
from mailtemplates.ledger import keyindex
from mailtemplates.ledger.keyindex import KeyIndex, hash_of

BOB = "bob@example.test"


def letters(*numbers: int) -> list[Letter]:
    envelope = Envelope("alice@example.test", (BOB,))
    return [Letter(f"key-{n}", Message(b"Subject: %d\r\n\r\n" % n, envelope, f"{n}@example.test")) for n in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys go into the tree early."""
    monkeypatch.setattr(keyindex, "_MANY", 10)


def in_the_tree(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (number,) = connection.execute("SELECT count(*) FROM key").fetchone()
    connection.close()
    return int(number)


def test_every_key_is_new_once_whoever_comes_with_it(path: Path, few: None) -> None:
    """Two processes that take turns, each with keys of its own and of the other."""
    with Ledger(path) as one, Ledger(path) as two:
        for first in range(0, 100, 5):
            assert one.queue(letters(*range(first, first + 5))) == 5
            assert two.queue(letters(*range(max(0, first - 20), first + 5))) == 0
            assert two.queue(letters(*range(1000 + first, 1003 + first))) == 3
            assert one.queue(letters(*range(1000 + first, 1003 + first), first)) == 0
        assert in_the_tree(path) > 100
        for ledger in (one, two):
            assert all(ledger.entry(f"key-{number}") for number in range(100))
            assert ledger.entry("key-500") is None
    with Ledger(path) as three:
        assert three.queue(letters(*range(100))) == 0
        assert three.counts() == {"queued": 160}


def test_a_key_twice_in_one_call_is_the_first(path: Path) -> None:
    first, second = letters(1, 2)
    with Ledger(path) as ledger:
        assert ledger.queue([first, Letter("key-1", second.message)]) == 1
        assert ledger.octets("key-1") == first.message.octets


def test_keys_of_a_transaction_that_failed_are_not_known(
    path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their rows are given to others."""
    from mailtemplates.ledger import tables

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with Ledger(path) as ledger:
        ledger.queue(letters(*range(12)))
        monkeypatch.setattr(tables, "let_wait", full)
        with pytest.raises(LedgerError, match="full"):
            ledger.queue(letters(20, 21))
        monkeypatch.undo()
        assert ledger.entry("key-20") is None
        assert ledger.queue(letters(30, 20)) == 2
        entry = ledger.entry("key-20")
        assert entry and entry.message_id == "20@example.test"


def test_keys_with_the_same_hash_are_told_apart(path: Path, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyindex, "hash_of", lambda key: 7)
    with Ledger(path) as ledger:
        for number in range(40):
            assert ledger.queue(letters(number)) == 1
        assert in_the_tree(path) >= 30
        assert [ledger.entry(f"key-{n}").message_id for n in range(40)] == [f"{n}@example.test" for n in range(40)]  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["order-1", "é", "\U0001f4e7" * 60], ids=["ascii", "latin", "astral"])
def test_a_hash_fits_into_four_octets(key: str) -> None:
    assert -(2**31) <= hash_of(key) < 2**31


def test_what_is_remembered_is_bounded(path: Path, few: None) -> None:
    with Ledger(path) as ledger:
        for first in range(0, 200, 4):
            ledger.queue(letters(*range(first, first + 4)))
        index = KeyIndex()
        with ledger._file.looking() as connection:
            assert len(index.find(connection, [f"key-{n}" for n in range(0, 200, 7)])) == 29
        assert len(index._recent) <= 14


VERSION_1 = """
CREATE TABLE holder (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL
);
CREATE TABLE message (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, sender TEXT NOT NULL,
    smtputf8 INTEGER NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL, content INTEGER,
    attempts INTEGER NOT NULL, due REAL, queued REAL NOT NULL, changed REAL NOT NULL
);
CREATE INDEX waiting ON message (due) WHERE due IS NOT NULL;
CREATE TABLE recipient (
    message INTEGER NOT NULL, place INTEGER NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL,
    code INTEGER, enhanced TEXT, text TEXT, reason TEXT, queue_id TEXT, phase TEXT, cure TEXT, temporary INTEGER,
    PRIMARY KEY (message, place)
) WITHOUT ROWID;
CREATE TABLE content (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, uses INTEGER NOT NULL, octets BLOB NOT NULL
);
CREATE TABLE claim (
    message INTEGER PRIMARY KEY, holder INTEGER NOT NULL, attempt INTEGER NOT NULL, until REAL NOT NULL, note TEXT
);
INSERT INTO holder VALUES (1, 'elsewhere', 1, '');
PRAGMA application_id=1836347500;
PRAGMA user_version=1;
"""


@pytest.fixture
def old(path: Path) -> Iterator[Path]:
    """A ledger of version 1: ten messages were accepted, ten wait, one was claimed and one at the final dot, by a
    process of another machine whose time is over."""
    import hashlib

    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    for row, letter in enumerate(letters(*range(22)), 1):
        octets = letter.message.octets
        digest = hashlib.sha256(octets).digest()
        waits = row > 10
        content = 100 + row if waits else None
        values = (row, letter.key, letter.message.message_id, "alice@example.test", 0, digest, len(octets), content)
        connection.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 1, 1)", (*values, waits or None))
        state = "queued" if waits else "accepted"
        connection.execute(
            "INSERT INTO recipient (message, place, address, state, text, queue_id, code, enhanced)"
            " VALUES (?, 0, ?, ?, '', '', 0, '')",
            (row, BOB, state),
        )
        if waits:
            connection.execute("INSERT INTO content VALUES (?, ?, 1, ?)", (content, digest, octets))
    connection.execute("INSERT INTO claim VALUES (21, 1, 1, 5.0, NULL)")
    connection.execute("INSERT INTO claim VALUES (22, 1, 1, 5.0, NULL)")
    connection.commit()
    connection.close()
    note = b"(22, 1, 1, 5.25, None, [[0]])\n"
    Path(f"{path}-notes-1").write_bytes(b"0".ljust(1024, b"\0") + note)
    yield path


def test_a_ledger_of_version_1_is_brought_up_to_date(old: Path) -> None:
    with Ledger(old) as ledger:
        assert in_the_tree(old) == 22
        assert ledger.counts() == {"accepted": 10, "claimed": 1, "dot": 1, "queued": 10}
        assert ledger.recover() == 2
        assert ledger.counts() == {"accepted": 10, "queued": 11, "uncertain": 1}
        assert ledger.queue(letters(*range(22))) == 0
        claims = ledger.claim_waiting(50)
        assert [claim.message.octets for claim in claims] == [one.message.octets for one in letters(*range(10, 21))]
        ledger.release(claims)
    with Ledger(old) as again:
        assert again.counts() == {"accepted": 10, "queued": 11, "uncertain": 1}
        assert again.queue(letters(21, 22)) == 1


def test_a_ledger_of_a_newer_version_is_refused(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(LedgerError, match="newer version"):
        Ledger(path)
