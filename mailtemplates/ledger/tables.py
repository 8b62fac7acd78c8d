"""The ledger's tables of messages, recipients and contents, in transactions that the ledger opens."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from mailtemplates.errors import LedgerError
from mailtemplates.ledger.entry import COLUMNS, OPEN, WAITING, row_of
from mailtemplates.ledger.letter import Letter

QUEUED = ("queued", *[None] * 8)
"""The columns of a recipient of whom nothing is known."""

_MESSAGE = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, NULL, ?, ?)"
_RECIPIENT = "INSERT INTO recipient (message, place, address, state) VALUES (?, ?, ?, 'queued')"
_SET = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
_OUTCOME = f"UPDATE recipient SET {_SET} WHERE message = ? AND place = ?"
_CONTENT = (
    "SELECT octets, message.digest FROM message JOIN content ON content.id = message.content WHERE message.id = ?"
)

Columns = tuple[Any, ...]
"""What is known of a recipient: the columns :data:`~mailtemplates.ledger.entry.COLUMNS`."""


class Entered(NamedTuple):
    """A letter that is new in the ledger.

    :param digest: SHA-256 of its octets.
    """

    row: int
    letter: Letter
    digest: bytes


def enter(connection: sqlite3.Connection, letters: Iterable[Letter], now: float) -> list[Entered]:
    """Add messages whose keys are new, each once: nobody has them, and their octets are not kept yet."""
    entered, messages, recipients = [], [], []
    for row, letter in enumerate(letters, _next_id(connection, "message")):
        message, envelope = letter.message, letter.message.envelope
        digest = hashlib.sha256(message.octets).digest()
        entered.append(Entered(row, letter, digest))
        messages.append(
            (row, letter.key, message.message_id, envelope.sender, envelope.smtputf8, digest, message.size, now, now)
        )
        recipients += [(row, place, address) for place, address in enumerate(letter.recipients)]
    connection.executemany(_MESSAGE, messages)
    connection.executemany(_RECIPIENT, recipients)
    write_outcomes(connection, [one for new in entered if new.letter.outcomes for one in _settled(new)])
    return entered


def _settled(new: Entered) -> Iterator[tuple[int, int, Columns]]:
    """What is known of its recipients from the beginning."""
    for place, address in enumerate(new.letter.recipients):
        if address in new.letter.outcomes:
            yield new.row, place, row_of(new.letter.outcomes[address])


def keep_contents(connection: sqlite3.Connection, wanted: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Keep the octets of messages: row, SHA-256 and octets of each."""
    if wanted:
        rows = _keep(connection, [(digest, octets) for _, digest, octets in wanted])
        connection.executemany(
            "UPDATE message SET content = ? WHERE id = ?", [(rows[digest], row) for row, digest, _ in wanted]
        )


def let_wait(connection: sqlite3.Connection, rows: Iterable[int], due: float) -> None:
    """These messages may be tried from then on."""
    connection.executemany("UPDATE message SET due = ? WHERE id = ?", [(due, row) for row in rows])


def _keep(connection: sqlite3.Connection, contents: Sequence[tuple[bytes, bytes]]) -> dict[bytes, int]:
    """Keep octets by their digest, once; their rows by digest."""
    digests = [digest for digest, _ in contents]
    marks = ", ".join("?" * len(digests))
    rows = dict(connection.execute(f"SELECT digest, id FROM content WHERE digest IN ({marks})", digests))
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
    if not rows:
        return
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
    return checked(*found) if found else None


def checked(octets: bytes, digest: bytes) -> bytes:
    """The octets, which must have this SHA-256.

    :raises LedgerError: they have not.
    """
    if hashlib.sha256(octets).digest() != digest:
        raise LedgerError("the ledger is damaged: the octets of a message have changed", cure="restore it from a copy")
    return octets


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


def give_up(connection: sqlite3.Connection, row: int, columns: Columns) -> None:
    """Nobody of a message waits any more: what is known from now on of those who did."""
    known = read_recipients(connection, row).items()
    write_outcomes(connection, [(row, place, columns) for place, (_, old) in known if old[0] in WAITING])
    connection.execute("UPDATE message SET due = NULL WHERE id = ?", (row,))


def summarize(connection: sqlite3.Connection, row: int) -> None:
    """Say of a message whether somebody of it waits, and whether its octets are still wanted, by its recipients."""
    now = time.time()
    states = {columns[0] for _, columns in read_recipients(connection, row).values()}
    due = now if states.intersection(WAITING) else None
    connection.execute("UPDATE message SET due = ?, changed = ? WHERE id = ?", (due, now, row))
    if not states.intersection(OPEN):
        drop_contents(connection, [row])


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])
