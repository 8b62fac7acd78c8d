"""Entries of the ledger as they are read: its tables, and over them what the claims say."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mailtemplates.ledger.entry import WAITING, Entry, Recipient, State, gravest, outcome_of
from mailtemplates.ledger.leasetable import CLAIMED, DOT, read_claims
from mailtemplates.ledger.tables import Columns, read_recipients

_ENTRY = "SELECT id, key, message_id, sender, digest, size, attempts, due, queued, changed FROM message"
Claims = dict[int, tuple[int, dict[int, Columns]]]


def read_some(connection: sqlite3.Connection, ledger: Path, rows: Sequence[int]) -> Iterator[Entry]:
    """What is known of some dozens of messages, in the order of their rows that is given."""
    claims = read_claims(connection, ledger, rows) if rows else {}
    for row in rows:
        yield _entry(connection, connection.execute(f"{_ENTRY} WHERE id = ?", (row,)).fetchone(), claims)


def read_entries(connection: sqlite3.Connection, ledger: Path, states: Sequence[State]) -> Iterator[Entry]:
    """The entries with a recipient in one of these states, or all; in the order they came."""
    marks = ", ".join("?" * len(states))
    among = f"id IN (SELECT message FROM recipient WHERE state IN ({marks})) OR id IN (SELECT message FROM claim)"
    claims = read_claims(connection, ledger)
    for found in connection.execute(f"{_ENTRY} WHERE {among if states else 1} ORDER BY id", states):
        entry = _entry(connection, found, claims)
        if not states or any(one.state in states for one in entry.recipients):
            yield entry


def count_states(connection: sqlite3.Connection, ledger: Path) -> dict[str, int]:
    """How many recipients are in each state that there is."""
    counts = Counter(dict(connection.execute("SELECT state, count(*) FROM recipient GROUP BY state")))
    for row, claim in read_claims(connection, ledger).items():
        for place, (_, columns) in read_recipients(connection, row).items():
            counts[columns[0]] -= 1
            counts[_state(columns, claim, place)[0]] += 1
    return {state: count for state, count in sorted(counts.items()) if count}


def _entry(connection: sqlite3.Connection, found: Sequence[Any], claims: Claims) -> Entry:
    row, key, message_id, sender, digest, size, attempts, due, queued, changed = found
    claim = claims.get(row)
    recipients = tuple(
        Recipient(address, known[0], outcome_of(known))
        for place, (address, columns) in read_recipients(connection, row).items()
        for known in (_state(columns, claim, place),)
    )
    attempts += bool(claim and claim[0] > CLAIMED)
    due = None if claim else due
    state = gravest({one.state for one in recipients})
    return Entry(key, message_id, sender, state, digest.hex(), size, attempts, due, queued, changed, recipients)


def _state(columns: Columns, claim: tuple[int, dict[int, Columns]] | None, place: int) -> Columns:
    """What is known of a recipient when the claim is heard, too."""
    if claim is None:
        return columns
    phase, said = claim
    waits = phase <= DOT and columns[0] in WAITING
    return said.get(place) or (("claimed", *columns[1:]) if waits else columns)
