"""The ledger's tables of messages, recipients and contents, in transactions that the ledger opens."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mailtemplates.errors import LedgerError
from mailtemplates.ledger.entry import COLUMNS, OPEN, WAITING, row_of
from mailtemplates.ledger.letter import Letter

QUEUED = ("queued", *[None] * 8)
"""The columns of a recipient of whom nothing is known."""

_MESSAGE = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)"
_RECIPIENT = "INSERT INTO recipient (message, place, address, state) VALUES (?, ?, ?, 'queued')"
_SET = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
_OUTCOME = f"UPDATE recipient SET {_SET} WHERE message = ? AND place = ?"
_CONTENT = (
    "SELECT octets, message.digest FROM message JOIN content ON content.id = message.content WHERE message.id = ?"
)

Columns = tuple[Any, ...]
"""What is known of a recipient: the columns :data:`~mailtemplates.ledger.entry.COLUMNS`."""


def enter(connection: sqlite3.Connection, letters: Sequence[Letter], now: float) -> dict[str, int]:
    """Keep messages whose keys are new; their rows by key."""
    known = _known(connection, "SELECT key FROM message WHERE key IN", [letter.key for letter in letters])
    new = {letter.key: letter for letter in letters if letter.key not in known}
    if not new:
        return {}
    first = _next_id(connection, "message")
    rows = {key: first + number for number, key in enumerate(new)}
    digests = {key: hashlib.sha256(letter.message.octets).digest() for key, letter in new.items()}
    wanted = [(digests[key], letter.message.octets) for key, letter in new.items() if letter.waiting]
    contents = _keep(connection, wanted)
    messages = [
        _message_row(rows[key], letter, digests[key], contents.get(digests[key]) if letter.waiting else None, now)
        for key, letter in new.items()
    ]
    connection.executemany(_MESSAGE, messages)
    recipients = [
        (rows[key], place, address) for key, letter in new.items() for place, address in enumerate(letter.recipients)
    ]
    connection.executemany(_RECIPIENT, recipients)
    write_outcomes(connection, [one for key, letter in new.items() for one in _settled(rows[key], letter)])
    return rows


def _message_row(row: int, letter: Letter, digest: bytes, content: int | None, now: float) -> Columns:
    message, sender = letter.message, letter.message.envelope.sender
    due = None if content is None else now
    smtputf8 = message.envelope.smtputf8
    return row, letter.key, message.message_id, sender, smtputf8, digest, message.size, content, due, now, now


def _settled(row: int, letter: Letter) -> Iterator[tuple[int, int, Columns]]:
    """What is known of its recipients from the beginning."""
    for place, address in enumerate(letter.recipients if letter.outcomes else ()):
        if address in letter.outcomes:
            yield row, place, row_of(letter.outcomes[address])


def _keep(connection: sqlite3.Connection, contents: Sequence[tuple[bytes, bytes]]) -> dict[bytes, int]:
    """Keep octets by their digest, once; their rows by digest."""
    digests = [digest for digest, _ in contents]
    rows = dict(_select(connection, "SELECT digest, id FROM content WHERE digest IN", digests))
    connection.executemany(
        "UPDATE content SET uses = uses + 1 WHERE digest = ?", [(one,) for one in digests if one in rows]
    )
    number = _next_id(connection, "content")
    added: dict[bytes, list[Any]] = {}
    for digest, octets in contents:
        if digest in added:
            added[digest][2] += 1
        elif digest not in rows:
            added[digest] = [number + len(added), digest, 1, octets]
    connection.executemany("INSERT INTO content VALUES (?, ?, ?, ?)", list(added.values()))
    return {**rows, **{digest: row[0] for digest, row in added.items()}}


def drop_contents(connection: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Nobody waits for the octets of these messages any more; for the same octets of others they are kept."""
    numbers = [(row,) for row in rows]
    content = "(SELECT content FROM message WHERE id = ?)"
    alone = connection.executemany(f"DELETE FROM content WHERE id = {content} AND uses = 1", numbers)
    if alone.rowcount < len(rows):
        connection.executemany(f"UPDATE content SET uses = uses - 1 WHERE id = {content}", numbers)
        connection.executemany(f"DELETE FROM content WHERE id = {content} AND uses = 0", numbers)
    connection.executemany("UPDATE message SET content = NULL WHERE id = ?", numbers)


def read_content(connection: sqlite3.Connection, row: int) -> bytes | None:
    """The octets of a message, when they are kept.

    :raises LedgerError: they are not those that were queued.
    """
    found = connection.execute(_CONTENT, (row,)).fetchone()
    if not found:
        return None
    octets, digest = found
    if hashlib.sha256(octets).digest() != digest:
        raise LedgerError("the ledger is damaged: the octets of a message have changed", cure="restore it from a copy")
    return bytes(octets)


def find_row(connection: sqlite3.Connection, key: str) -> int | None:
    """The row of a key."""
    found = connection.execute("SELECT id FROM message WHERE key = ?", (key,)).fetchone()
    return found[0] if found else None


def read_recipients(connection: sqlite3.Connection, row: int) -> dict[int, tuple[str, Columns]]:
    """By place: the address, and what is known."""
    found = connection.execute(
        f"SELECT place, address, {COLUMNS} FROM recipient WHERE message = ? ORDER BY place", (row,)
    )
    return {place: (address, tuple(columns)) for place, address, *columns in found}


def write_outcomes(connection: sqlite3.Connection, outcomes: Iterable[tuple[int, int, Columns]]) -> None:
    """Write what is known of recipients: row, place and columns of each."""
    connection.executemany(_OUTCOME, [(*columns, row, place) for row, place, columns in outcomes])


def end_doubt(connection: sqlite3.Connection, row: int, outcomes: Iterable[tuple[int, Columns]]) -> int:
    """Write what is known of recipients who are uncertain: place and columns of each; how many of them were."""
    ended = sum(
        connection.execute(f"{_OUTCOME} AND state = 'uncertain'", (*columns, row, place)).rowcount
        for place, columns in outcomes
    )
    if ended:
        summarize(connection, row)
    return ended


def summarize(connection: sqlite3.Connection, row: int) -> None:
    """Say of a message whether somebody of it waits, and whether its octets are still wanted, by its recipients."""
    now = time.time()
    states = {columns[0] for _, columns in read_recipients(connection, row).values()}
    due = now if states.intersection(WAITING) else None
    connection.execute("UPDATE message SET due = ?, changed = ? WHERE id = ?", (due, now, row))
    if not states.intersection(OPEN):
        drop_contents(connection, [row])


def _known(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> set[Any]:
    return {value for (value,) in _select(connection, statement, values)}


def _select(connection: sqlite3.Connection, statement: str, values: Sequence[Any]) -> Iterator[Any]:
    marks = ", ".join("?" * len(values))
    return connection.execute(f"{statement} ({marks})", values)


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])
