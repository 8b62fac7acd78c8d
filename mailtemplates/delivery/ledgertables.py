"""The ledger's tables: what is read and written in a transaction that :mod:`mailtemplates.delivery.ledger` opens."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from mailtemplates.delivery.holder import Holder
from mailtemplates.delivery.ledgerentry import COLUMNS, OPEN, WAITING, Entry, Recipient, gravest, outcome_of, row_of
from mailtemplates.delivery.letter import Claim, Letter, Settled
from mailtemplates.delivery.outcome import Outcome
from mailtemplates.errors import LedgerError
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message

QUEUED = ("queued", *[None] * 8)
"""The columns of a recipient of whom nothing is known."""

ENTRY = "id, key, message_id, sender, state, digest, size, attempts, due, queued, changed"
"""The columns of ``message`` that :func:`read_entry` takes."""

_MESSAGE = (
    "INSERT INTO message"
    " (key, message_id, sender, smtputf8, digest, size, state, attempts, holder, due, queued, changed)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_RECIPIENT = f"INSERT INTO recipient (message, place, address, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SET = ", ".join(f"{name} = ?" for name in COLUMNS.split(", "))
_OUTCOME = f"UPDATE recipient SET {_SET} WHERE message = ? AND place = ?"
_SETTLED = (
    "UPDATE message SET state = ?, due = ?, changed = ? WHERE id = ? AND holder = ? AND state IN ('claimed', 'dot')"
)
_CLAIMED = (
    "UPDATE message SET state = 'claimed', holder = ?, attempts = attempts + 1, due = ?, changed = ? WHERE id = ?"
)
_CONTENT = (
    "SELECT octets, message.digest FROM message JOIN content ON content.id = message.content WHERE message.id = ?"
)
_IN_DOUBT = "the process that sent it ended between the final dot and the reply"


class Lease(NamedTuple):
    """Who takes a message, now, and until when."""

    holder: int
    now: float
    until: float


def insert(connection: sqlite3.Connection, letter: Letter, now: float, lease: Lease | None = None) -> int | None:
    """Keep a new message, queued or claimed; its row, or None when the key is there already."""
    message = letter.message
    digest = hashlib.sha256(message.octets).digest()
    recipients = list(dict.fromkeys(message.envelope.recipients))
    settled = {address: row_of(letter.outcomes[address]) for address in recipients if address in letter.outcomes}
    waits = len(settled) < len(recipients)
    lease = lease if waits else None
    state = ("claimed" if lease else "queued") if waits else gravest({row[0] for row in settled.values()})
    due = (lease.until if lease else now) if waits else None
    cursor = connection.execute(
        _MESSAGE,
        (
            letter.key, message.message_id, message.envelope.sender, message.envelope.smtputf8, digest, message.size,
            state, int(lease is not None), lease.holder if lease else None, due, now, now,
        ),
    )  # fmt: skip
    row = cursor.lastrowid
    if not cursor.rowcount or row is None:
        return None
    if waits:
        _keep_content(connection, row, digest, message.octets)
    rows = [(row, place, address, *settled.get(address, QUEUED)) for place, address in enumerate(recipients)]
    connection.executemany(_RECIPIENT, rows)
    return row


def first_claim(row: int, letter: Letter) -> Claim | None:
    """The claim of a message that was just inserted; None when everything of it is settled."""
    message = letter.message
    places = {address: place for place, address in enumerate(dict.fromkeys(message.envelope.recipients))}
    known = {address: outcome for address, outcome in letter.outcomes.items() if address in places}
    if known:
        waiting = tuple(address for address in places if address not in known)
        if not waiting:
            return None
        message = replace(message, envelope=replace(message.envelope, recipients=waiting))
    return Claim(row, letter.key, message, 1, known, places)


def take(connection: sqlite3.Connection, key: str, lease: Lease) -> Claim | None:
    """The claim of a key that is in the ledger, when somebody of it waits and nobody has it."""
    found = connection.execute(
        "SELECT id, message_id, sender, smtputf8, attempts FROM message"
        " WHERE key = ? AND state NOT IN ('claimed', 'dot')",
        (key,),
    ).fetchone()
    if not found:
        return None
    row, message_id, sender, smtputf8, attempts = found
    states = _recipients(connection, row)
    waiting = tuple(address for address, columns in states.values() if columns[0] in WAITING)
    octets = read_content(connection, row) if waiting else None
    if octets is None:
        return None
    connection.execute(_CLAIMED, (lease.holder, lease.until, lease.now, row))
    outcomes = {address: outcome_of(columns) for address, columns in states.values() if columns[0] not in WAITING}
    return Claim(
        row,
        key,
        Message(octets, Envelope(sender, waiting, bool(smtputf8)), message_id),
        attempts + 1,
        {address: outcome for address, outcome in outcomes.items() if outcome},
        {address: place for place, (address, _) in states.items()},
    )


def mark_dot(
    connection: sqlite3.Connection, claim: Claim, holder: int, taken: Sequence[str], known: Mapping[str, Outcome]
) -> bool:
    """Write down that a claim is about to go out to those; False when it is not this holder's any more."""
    changed = connection.execute(
        "UPDATE message SET state = 'dot' WHERE id = ? AND holder = ? AND state IN ('claimed', 'dot')",
        (claim.row, holder),
    )
    if not changed.rowcount:
        return False
    connection.executemany(
        "UPDATE recipient SET state = 'dot' WHERE message = ? AND place = ?",
        [(claim.row, claim.places[address]) for address in taken],
    )
    connection.executemany(_OUTCOME, _outcome_rows(claim, known))
    return True


def settle(connection: sqlite3.Connection, settled: Settled, holder: int) -> None:
    """Write down what became of a claim."""
    claim, now = settled.claim, time.time()
    states = {outcome.state for outcome in (*settled.outcomes.values(), *claim.known.values())}
    due = settled.due if states.intersection(WAITING) else None
    changed = connection.execute(_SETTLED, (gravest(states), due, now, claim.row, holder))
    if not changed.rowcount:
        _settle_late(connection, settled)
        return
    connection.executemany(_OUTCOME, _outcome_rows(claim, settled.outcomes))
    if not states.intersection(OPEN):
        _drop_content(connection, claim.row)


def _settle_late(connection: sqlite3.Connection, settled: Settled) -> None:
    """Somebody took the message from us since we were slow. What we know for sure is still worth more than a doubt."""
    changed = [
        connection.execute(f"{_OUTCOME} AND state = 'uncertain'", row).rowcount
        for row in _outcome_rows(settled.claim, settled.outcomes)
    ]
    if any(changed):
        summarize(connection, settled.claim.row)


def lapsed(connection: sqlite3.Connection, now: float) -> tuple[list[int], list[int]]:
    """The messages whose holders have ended, or whose time is over; and the holders that have ended."""
    holders = connection.execute("SELECT id, place, pid, born FROM holder")
    gone = [row for row, *rest in holders if Holder(*rest).gone]
    held = connection.execute("SELECT id, holder, due FROM message WHERE state IN ('claimed', 'dot')")
    return [row for row, holder, due in held if holder in gone or due is None or due <= now], gone


def give_back(connection: sqlite3.Connection, row: int) -> None:
    """Take a message from its holder: what was at the final dot is uncertain, what was not waits again."""
    connection.execute(
        "UPDATE recipient SET state = 'uncertain', code = 0, enhanced = '', phase = 'dot', text = ?"
        " WHERE message = ? AND state = 'dot'",
        (_IN_DOUBT, row),
    )
    summarize(connection, row)


def resolve(connection: sqlite3.Connection, row: int, columns: Sequence[Any], addresses: set[str] | None) -> int:
    """Give uncertain recipients these columns; how many there were."""
    places = [
        place
        for place, (address, known) in _recipients(connection, row).items()
        if known[0] == "uncertain" and (addresses is None or address in addresses)
    ]
    connection.executemany(_OUTCOME, [(*columns, row, place) for place in places])
    if places:
        summarize(connection, row)
    return len(places)


def summarize(connection: sqlite3.Connection, row: int) -> None:
    """Give a message that nobody holds the state that its recipients have."""
    now = time.time()
    states = {columns[0] for _, columns in _recipients(connection, row).values()}
    connection.execute(
        "UPDATE message SET state = ?, holder = NULL, due = ?, changed = ? WHERE id = ?",
        (gravest(states), now if states.intersection(WAITING) else None, now, row),
    )
    if not states.intersection(OPEN):
        _drop_content(connection, row)


def find_row(connection: sqlite3.Connection, key: str) -> int | None:
    """The row of a key."""
    found = connection.execute("SELECT id FROM message WHERE key = ?", (key,)).fetchone()
    return found[0] if found else None


def find_entry(connection: sqlite3.Connection, key: str) -> Entry | None:
    """What is known of a key."""
    found = connection.execute(f"SELECT {ENTRY} FROM message WHERE key = ?", (key,)).fetchone()
    return read_entry(connection, found) if found else None


def read_entry(connection: sqlite3.Connection, found: Sequence[Any]) -> Entry:
    """The entry of a row with the columns :data:`ENTRY`."""
    row, key, message_id, sender, state, digest, size, attempts, due, queued, changed = found
    recipients = tuple(
        Recipient(
            address, "claimed" if state == "claimed" and columns[0] in WAITING else columns[0], outcome_of(columns)
        )
        for address, columns in _recipients(connection, row).values()
    )
    due = None if state in ("claimed", "dot") else due
    return Entry(key, message_id, sender, state, digest.hex(), size, attempts, due, queued, changed, recipients)


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


def _keep_content(connection: sqlite3.Connection, row: int, digest: bytes, octets: bytes) -> None:
    connection.execute("INSERT OR IGNORE INTO content (digest, octets) VALUES (?, ?)", (digest, octets))
    connection.execute(
        "UPDATE message SET content = (SELECT id FROM content WHERE digest = ?) WHERE id = ?", (digest, row)
    )


def _drop_content(connection: sqlite3.Connection, row: int) -> None:
    """Nobody waits for the octets of this message; another message with the same octets may."""
    (content,) = connection.execute("SELECT content FROM message WHERE id = ?", (row,)).fetchone()
    connection.execute("UPDATE message SET content = NULL WHERE id = ?", (row,))
    connection.execute(
        "DELETE FROM content WHERE id = ? AND NOT EXISTS (SELECT 1 FROM message WHERE content = ?)", (content, content)
    )


def _outcome_rows(claim: Claim, outcomes: Mapping[str, Outcome]) -> list[tuple[Any, ...]]:
    return [(*row_of(outcome), claim.row, claim.places[address]) for address, outcome in outcomes.items()]


def _recipients(connection: sqlite3.Connection, row: int) -> dict[int, tuple[str, tuple[Any, ...]]]:
    """By place: the address, and the columns of its outcome."""
    found = connection.execute(
        f"SELECT place, address, {COLUMNS} FROM recipient WHERE message = ? ORDER BY place", (row,)
    )
    return {place: (address, tuple(columns)) for place, address, *columns in found}
