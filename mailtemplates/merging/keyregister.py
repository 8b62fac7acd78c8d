"""Which row of a run had a key first, so that a key never stands for two messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from mailtemplates.closing import Closing
from mailtemplates.digest import digest_of
from mailtemplates.errors import LedgerError
from mailtemplates.ledger.key import derive_key

_TABLE = "CREATE TABLE seen (key BLOB PRIMARY KEY, number INTEGER, data BLOB) WITHOUT ROWID"
_FIRST = "SELECT number, data FROM seen WHERE key = ?"
_OCTETS = 16


class KeyRegister(Closing):
    """The keys of a run, in a temporary file of the system: a million rows need no more memory than a hundred.

    The file has digests and row numbers, and no name; it is gone when the process ends, however that is.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8000", "temp_store=FILE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute(_TABLE)
        self._connection.execute("BEGIN")

    def other(self, key: str, number: int, data: Mapping[str, Any]) -> int | None:
        """The number of the row that had this key first, when its data is other data; else None.

        :raises LedgerError: the temporary file cannot be written.
        """
        mark = bytes.fromhex(digest_of(key.encode("utf-8", "surrogatepass")))[:_OCTETS]
        content = bytes.fromhex(derive_key("", (), data))[:_OCTETS]
        try:
            first = self._first(mark, number, content)
        except sqlite3.Error as error:
            raise LedgerError(
                f"the keys of the run cannot be kept: {error}", cure="make room for temporary files (TMPDIR)"
            ) from error
        return int(first[0]) if first and first[1] != content else None

    def _first(self, mark: bytes, number: int, content: bytes) -> Sequence[Any] | None:
        """The row that is known by the mark; None when it is this one."""
        with closing(self._connection.execute(_FIRST, (mark,))) as found:
            first: Sequence[Any] | None = found.fetchone()
        if first is None:
            self._connection.execute("INSERT INTO seen VALUES (?, ?, ?)", (mark, number, content))
        return first

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
