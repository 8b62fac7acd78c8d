"""The ledger's file: an SQLite database with a write-ahead log, readable by its owner only.

Every change is one transaction. With ``synchronous=NORMAL`` a transaction outlives the process whenever it is
killed; one that also outlives a loss of power costs a wait for the disk (``synchronous=FULL``).
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

from mailtemplates.errors import LedgerError
from mailtemplates.ledger.keyindex import index_keys

_APPLICATION = 0x6D74706C  # "mtpl"
_VERSION = 2
_PATIENCE = 60.0
_CHECKPOINT = 4000
"""Pages in the log before they are moved into the database: 16 MB."""

_MESSAGE = """
CREATE TABLE message (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, message_id TEXT NOT NULL, sender TEXT NOT NULL,
    smtputf8 INTEGER NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL, content INTEGER,
    attempts INTEGER NOT NULL, due REAL, queued REAL NOT NULL, changed REAL NOT NULL
);
"""
_REST = """
CREATE INDEX waiting ON message (due) WHERE due IS NOT NULL;
CREATE TABLE key (hash INTEGER, message INTEGER, PRIMARY KEY (hash, message)) WITHOUT ROWID;
CREATE TABLE indexed (upto INTEGER NOT NULL);
INSERT INTO indexed VALUES (0);
"""
_SCHEMA = f"""
CREATE TABLE holder (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, pid INTEGER NOT NULL, born TEXT NOT NULL
);
CREATE TABLE recipient (
    message INTEGER NOT NULL, place INTEGER NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL,
    code INTEGER, enhanced TEXT, text TEXT, reason TEXT, queue_id TEXT, phase TEXT, cure TEXT, temporary INTEGER,
    PRIMARY KEY (message, place)
) WITHOUT ROWID;
CREATE TABLE content (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, uses INTEGER NOT NULL, octets BLOB NOT NULL
);
CREATE TABLE claim (
    message INTEGER PRIMARY KEY, holder INTEGER NOT NULL, attempt INTEGER NOT NULL, until REAL NOT NULL, note TEXT,
    place INTEGER
);
{_MESSAGE}{_REST}"""

_FROM_1 = f"""
ALTER TABLE claim ADD COLUMN place INTEGER;
ALTER TABLE message RENAME TO message_1;
{_MESSAGE}
INSERT INTO message SELECT * FROM message_1;
DROP TABLE message_1;
{_REST}"""
"""Version 1 had a tree of all keys, and all octets in its tables."""


class LedgerFile:
    """One database. Safe between threads; a process that was forked opens it anew.

    :param power_safe: every change waits for the disk, so that it outlives a loss of power too.
    :raises LedgerError: it cannot be opened, or is no ledger.
    """

    def __init__(self, path: Path, *, power_safe: bool = False) -> None:
        self.path = path
        self._synchronous = "FULL" if power_safe else "NORMAL"
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        with self.looking():
            pass

    def held(self) -> threading.RLock:
        """The lock that threads share. A child process has one of its own, since the parent's may be held for ever."""
        if self._process != os.getpid():
            self._lock = threading.RLock()
            self._inherited, self._connection = self._connection, None  # not to be used here, nor to be closed
            self._process = os.getpid()
        return self._lock

    def writing(self) -> Transaction:
        """One transaction: all of it, or nothing when something is raised.

        :raises LedgerError: it could not be written.
        """
        return Transaction(self)

    @contextmanager
    def looking(self) -> Iterator[sqlite3.Connection]:
        """For a short look, with the lock held."""
        with self.held(), self.told():
            yield self.connection()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own that sees one state of the ledger, however long it reads."""
        with self.told(), closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection

    def close(self) -> None:
        """Let go of the file; it is opened again when it is used again."""
        with self.held():
            connection, self._connection = self._connection, None
            if connection:
                connection.close()

    def connection(self) -> sqlite3.Connection:
        """The connection that threads share, opened when it is not."""
        until = time.monotonic() + _PATIENCE
        while self._connection is None:
            try:
                self._connection = self._prepared()
            except sqlite3.OperationalError as error:  # SQLite does not wait by itself for who makes or mends the log
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(random.uniform(0.001, 0.05))
        return self._connection

    def _prepared(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = self._connect()
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT}")
            connection.execute("PRAGMA cache_size=-16000")
            self._found(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)

    def _found(self, connection: sqlite3.Connection) -> None:
        """Make the tables, or see that they are ours and bring them up to date."""
        if _identity(connection) != (_APPLICATION, _VERSION):
            connection.execute("BEGIN IMMEDIATE")  # another process may be making them
            application, version = _identity(connection)
            if application != _APPLICATION and _one(connection, "SELECT count(*) FROM sqlite_master"):
                raise LedgerError(f"{self.path} is another program's database", cure="name another file")
            if application == _APPLICATION and version > _VERSION:
                raise LedgerError(f"the ledger {self.path} was made by a newer version", cure="update mailtemplates")
            if application != _APPLICATION:
                self._run(connection, _SCHEMA)
            elif version == 1:
                self._run(connection, _FROM_1)
                index_keys(connection)
            connection.execute(f"PRAGMA user_version={_VERSION}")
            connection.execute(f"PRAGMA application_id={_APPLICATION}")
            connection.execute("COMMIT")

    def _run(self, connection: sqlite3.Connection, statements: str) -> None:
        for statement in statements.split(";"):
            connection.execute(statement)

    @contextmanager
    def told(self) -> Iterator[None]:
        """What SQLite or the system raises inside is told as a :class:`LedgerError`."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self.error(error) from error

    def error(self, error: sqlite3.Error | OSError) -> LedgerError:
        """What SQLite or the system raised, as an error for people."""
        if isinstance(error, sqlite3.Error):
            return LedgerError(f"the ledger {self.path}: {error}", cure=_cure(error))
        what = error.strerror or str(error)
        return LedgerError(
            f"the ledger {self.path} cannot be used: {what}", cure="see that it has room, or name another"
        )


class Transaction:
    """A transaction of a ledger's file, with its lock held. A class, since one goes before every final dot."""

    __slots__ = ("_connection", "_file")

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def __enter__(self) -> sqlite3.Connection:
        lock = self._file.held()
        lock.acquire()
        try:
            self._connection = self._file.connection()
            self._connection.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            lock.release()
            if isinstance(error, sqlite3.Error | OSError):
                raise self._file.error(error) from error
            raise
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            raise self._file.error(fault) from fault
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._file.held().release()
        if isinstance(error, sqlite3.Error | OSError):
            raise self._file.error(error) from error


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    return _one(connection, "PRAGMA application_id"), _one(connection, "PRAGMA user_version")


def _one(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])


def _cure(error: sqlite3.Error) -> str:
    said = str(error)
    if "not a database" in said or "malformed" in said:
        return "name a file that is a ledger, or a new one"
    if "locked" in said:
        return "another process holds it for too long; end that one"
    return "check that its folder exists, is yours, and has room"
