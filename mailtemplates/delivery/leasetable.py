"""The ledger's table of claims: who has a message, and what he said of it that is not yet in the other tables.

It is small, so that what must be durable before every final dot costs the write of one page. :func:`post` carries
what was said over to the recipients, for many messages at once.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mailtemplates.delivery import ledgertables as tables
from mailtemplates.delivery.holder import Holder
from mailtemplates.delivery.ledgerentry import OPEN, WAITING, outcome_of, row_of
from mailtemplates.delivery.ledgertables import Columns
from mailtemplates.delivery.letter import Claim, Settled
from mailtemplates.delivery.outcome import Outcome, Uncertain
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message

CLAIMED, DOT, OPEN_STILL, CLOSED = range(4)
"""Phases of a claim: taken; at the final dot; answered, with octets that are still wanted, or not."""

_DOUBT = row_of(Uncertain("dot", "the process that sent it ended between the final dot and the reply"))
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AT_DOT = ("dot", *[None] * 8)
_CLAIM = f"INSERT INTO claim VALUES (?, ?, ?, {CLAIMED}, NULL, NULL)"
_MARK = f"UPDATE claim SET phase = {DOT}, said = ? WHERE message = ? AND holder = ? AND phase <= {DOT}"
_ANSWER = "UPDATE claim SET phase = ?, until = ?, due = ?, said = ? WHERE message = ? AND holder = ? AND phase <= 1"
_FREE = (
    "SELECT id, message_id, sender, smtputf8, attempts FROM message"
    " WHERE key = ? AND NOT EXISTS (SELECT 1 FROM claim WHERE message = message.id)"
)
_DUE = (
    "SELECT key FROM message WHERE due IS NOT NULL AND due <= ?"
    " AND NOT EXISTS (SELECT 1 FROM claim WHERE message = message.id) ORDER BY due LIMIT ?"
)


class Lease(NamedTuple):
    """Who takes messages, now, and until when."""

    holder: int
    now: float
    until: float


def add_claims(connection: sqlite3.Connection, rows: Iterable[int], lease: Lease) -> None:
    """Claim messages that nobody has."""
    connection.executemany(_CLAIM, [(row, lease.holder, lease.until) for row in rows])


def take(connection: sqlite3.Connection, key: str, lease: Lease) -> Claim | None:
    """The claim of a key that is in the ledger, when somebody of it waits and nobody has it."""
    found = connection.execute(_FREE, (key,)).fetchone()
    if not found:
        return None
    row, message_id, sender, smtputf8, attempts = found
    recipients = tables.read_recipients(connection, row)
    waiting = tuple(address for address, columns in recipients.values() if columns[0] in WAITING)
    octets = tables.read_content(connection, row) if waiting else None
    if octets is None:
        return None
    add_claims(connection, [row], lease)
    known = {address: outcome_of(columns) for address, columns in recipients.values() if columns[0] not in WAITING}
    return Claim(
        row,
        key,
        Message(octets, Envelope(sender, waiting, bool(smtputf8)), message_id),
        attempts + 1,
        {address: outcome for address, outcome in known.items() if outcome},
        {address: place for place, (address, _) in recipients.items()},
    )


def due_keys(connection: sqlite3.Connection, by: float, limit: int) -> list[str]:
    """The keys of messages that are due by a time and that nobody has, the first due first."""
    return [key for (key,) in connection.execute(_DUE, (by, limit))]


def mark(
    connection: sqlite3.Connection, claim: Claim, holder: int, taken: Sequence[str], known: Mapping[str, Outcome]
) -> bool:
    """Write down that a claim is about to go out to those; False when it is not this holder's any more."""
    said = _encode([*_rows(claim, known), *([claim.places[address]] for address in taken)])
    return connection.execute(_MARK, (said, claim.row, holder)).rowcount > 0


def answer(connection: sqlite3.Connection, settled: Settled, holder: int) -> None:
    """Write down what became of a claim."""
    claim, outcomes = settled.claim, settled.outcomes
    states = {outcome.state for outcome in (*outcomes.values(), *claim.known.values())}
    if len(outcomes) < len(claim.message.envelope.recipients):
        states.add("queued")
    phase = OPEN_STILL if states.intersection(OPEN) else CLOSED
    due = settled.due if states.intersection(WAITING) else None
    said = _encode(_rows(claim, outcomes))
    changed = connection.execute(_ANSWER, (phase, time.time(), due, said, claim.row, holder))
    if not changed.rowcount:
        _answer_late(connection, settled)


def _answer_late(connection: sqlite3.Connection, settled: Settled) -> None:
    """Somebody took the message from us since we were slow. What we know for sure is still worth more than a doubt."""
    said = [(place, tuple(columns)) for place, *columns in _rows(settled.claim, settled.outcomes)]
    tables.end_doubt(connection, settled.claim.row, said)


def post(connection: sqlite3.Connection) -> None:
    """Carry what was answered over to the recipients, and end these claims."""
    answered = connection.execute(f"SELECT message, phase, until, due, said FROM claim WHERE phase > {DOT}").fetchall()
    if not answered:
        return
    tables.write_outcomes(
        connection, [(row, place, columns) for row, _, _, _, said in answered for place, columns in _read(said)]
    )
    connection.executemany(
        "UPDATE message SET attempts = attempts + 1, due = ?, changed = ? WHERE id = ?",
        [(due, at, row) for row, _, at, due, _ in answered],
    )
    tables.drop_contents(connection, [row for row, phase, *_ in answered if phase == CLOSED])
    connection.execute(f"DELETE FROM claim WHERE phase > {DOT}")


def lapse(connection: sqlite3.Connection, now: float) -> int:
    """End the claims of holders that have ended, and those whose time is over; how many."""
    rows, gone = find_lapsed(connection, now)
    for row, said in rows:
        columns_of = dict(_read(said)) if said else {}
        doubt = [(row, place, _DOUBT if columns[0] == "dot" else columns) for place, columns in columns_of.items()]
        tables.write_outcomes(connection, doubt)
        connection.execute("DELETE FROM claim WHERE message = ?", (row,))
        if doubt:
            connection.execute("UPDATE message SET attempts = attempts + 1 WHERE id = ?", (row,))
            tables.summarize(connection, row)
    connection.executemany("DELETE FROM holder WHERE id = ?", [(holder,) for holder in gone])
    return len(rows)


def find_lapsed(connection: sqlite3.Connection, now: float) -> tuple[list[tuple[int, str | None]], list[int]]:
    """The messages that :func:`lapse` would free, with what was said of them; and the holders that have ended."""
    holders = connection.execute("SELECT id, place, pid, born FROM holder")
    gone = [row for row, *rest in holders if Holder(*rest).gone]
    held = connection.execute(f"SELECT message, said, holder, until FROM claim WHERE phase <= {DOT}")
    return [(row, said) for row, said, holder, until in held if holder in gone or until <= now], gone


def read_claims(connection: sqlite3.Connection, row: int | None = None) -> dict[int, tuple[int, dict[int, Columns]]]:
    """By message, of all or of one: the phase of its claim, and what was said of its recipients, by place."""
    which = "" if row is None else f" WHERE message = {row:d}"
    found = connection.execute(f"SELECT message, phase, said FROM claim{which}")
    return {message: (phase, dict(_read(said)) if said else {}) for message, phase, said in found}


def _rows(claim: Claim, outcomes: Mapping[str, Outcome]) -> list[list[Any]]:
    return [[claim.places[address], *row_of(outcome)] for address, outcome in outcomes.items()]


def _read(said: str) -> list[tuple[int, Columns]]:
    return [(place, tuple(columns) or _AT_DOT) for place, *columns in json.loads(said)]
