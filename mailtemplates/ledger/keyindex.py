"""The index of keys: which row a key has.

Keys come in no order, so in a large tree each of them is on another page, and every message would cost the reading and
writing of one. The last rows are therefore not in the tree: each process remembers their keys. When there are many
they go in together, sorted, some to a page; so a message costs the same in a ledger of any size.
"""

from __future__ import annotations

import sqlite3
from binascii import crc32
from collections.abc import Sequence

_MANY = 16_384
"""Keys that are remembered, at most; and read when a ledger is opened."""

_FIND = "SELECT key, id FROM message WHERE id IN (SELECT message FROM key WHERE hash IN (%s))"
_ADD = "INSERT INTO key SELECT hash_of(key), id FROM message WHERE id > ? ORDER BY 1"
_UPTO = "UPDATE indexed SET upto = (SELECT coalesce(max(id), 0) FROM message)"


class KeyIndex:
    """What a process knows of the keys of a ledger. Used by one thread at a time."""

    def __init__(self) -> None:
        self._recent: dict[str, int] = {}
        self._upto = 0
        self._last = 0

    def find(self, connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, int]:
        """The rows of these keys, of those that are in the ledger. In a transaction it is asked before rows are added,
        since what it remembers must stay."""
        self._remember(connection)
        found = {key: self._recent[key] for key in keys if key in self._recent}
        if self._upto and len(found) < len(keys):
            hashes = [hash_of(key) for key in keys]
            wanted = set(keys)
            rows = connection.execute(_FIND % ", ".join("?" * len(hashes)), hashes)
            found.update((key, row) for key, row in rows if key in wanted)
        return found

    def tidy(self, connection: sqlite3.Connection) -> None:
        """Bring the last keys into the tree when there are many; in a transaction, after :meth:`find`."""
        if len(self._recent) >= _MANY:
            index_keys(connection, self._upto)

    def _remember(self, connection: sqlite3.Connection) -> None:
        (upto,) = connection.execute("SELECT upto FROM indexed").fetchone()
        if upto != self._upto:
            self._recent.clear()
            self._upto = self._last = upto
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM message").fetchone()
        if last > self._last:
            self._recent.update(connection.execute("SELECT key, id FROM message WHERE id > ?", (self._last,)))
            self._last = last


def index_keys(connection: sqlite3.Connection, upto: int = 0) -> None:
    """Bring the keys of all rows after this one into the tree."""
    connection.create_function("hash_of", 1, hash_of, deterministic=True)
    connection.execute(_ADD, (upto,))
    connection.execute(_UPTO)


def hash_of(key: str) -> int:
    """What stands for a key in the tree: 32 bits. Two keys may have the same."""
    return crc32(key.encode("utf-8", "surrogatepass")) - 2**31
