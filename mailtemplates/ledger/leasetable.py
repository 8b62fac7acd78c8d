"""The ledger's table of claims: who has a message, and until when.

What happens to a claim is noted elsewhere first (:mod:`mailtemplates.ledger.notefile`); :func:`post` carries it over
to the recipients, for many messages at once, and :func:`lapse` does so for processes that have ended.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mailtemplates.delivery.outcome import Failed, Outcome, Uncertain
from mailtemplates.ledger import tables as tables
from mailtemplates.ledger.entry import OPEN, WAITING, outcome_of, row_of
from mailtemplates.ledger.holder import Holder
from mailtemplates.ledger.letter import Claim, Settled
from mailtemplates.ledger.notefile import Note, columns_of, forbid, latest, read_notes
from mailtemplates.ledger.octetfile import read_octets
from mailtemplates.ledger.tables import Columns
from mailtemplates.message.envelope import Envelope
from mailtemplates.message.message import Message

CLAIMED, DOT, OPEN_STILL, CLOSED = range(4)
"""Phases of a claim: taken; at the final dot; answered, with octets that are still wanted, or not."""

_DOUBT = row_of(Uncertain("dot", "the process that sent it ended between the final dot and the reply"))
_GONE = row_of(Failed(0, "", "", "its octets are gone: the file beside the ledger was taken away"))
_AT_DOT = ("dot", *[None] * 8)
_FREE = (
    "SELECT key, message_id, sender, smtputf8, attempts FROM message"
    " WHERE id = ? AND NOT EXISTS (SELECT 1 FROM claim WHERE message = message.id)"
)
_DUE = (
    "SELECT id FROM message WHERE due IS NOT NULL AND due <= ?"
    " AND NOT EXISTS (SELECT 1 FROM claim WHERE message = message.id) ORDER BY due LIMIT ?"
)
_ALL = "SELECT message, holder, attempt, until, note, place FROM claim"
_KEPT = (
    "SELECT holder, place, size, digest FROM claim JOIN message ON message.id = claim.message"
    " WHERE message.id = ? AND place IS NOT NULL"
)


class Lease(NamedTuple):
    """Who takes messages, now, and until when."""

    holder: int
    now: float
    until: float


class Kept(NamedTuple):
    """Octets that a holder keeps.

    :param path: its file.
    :param places: by row, where in it they begin. Of other messages the octets are in the tables.
    """

    path: Path
    places: Mapping[int, int]


class _Row(NamedTuple):
    message: int
    holder: int
    attempt: int
    until: float
    note: str | None
    place: int | None

    def latest(self, notes: Mapping[tuple[int, int], Note]) -> Note | None:
        """What was last said of the claim: in the file of notes, or in the table when it was long."""
        found = [note for note in (notes.get((self.message, self.attempt)), self._long()) if note]
        return latest(*found) if found else None

    def _long(self) -> Note | None:
        return Note.read(self.note) if self.note else None


def notes_of(ledger: Path, holder: int) -> Path:
    """The file of a holder's notes, beside the ledger itself, whatever links lead to it."""
    return Path(f"{os.path.realpath(ledger)}-notes-{holder}")


def octets_of(ledger: Path, holder: int) -> Path:
    """The file of octets that a holder keeps, beside the ledger itself."""
    return Path(f"{os.path.realpath(ledger)}-octets-{holder}")


def add_claims(connection: sqlite3.Connection, claims: Iterable[tuple[int, int, int | None]], lease: Lease) -> None:
    """Claim messages that nobody has: the row and the attempt of each, and where its holder keeps its octets, if he
    does."""
    connection.executemany(
        "INSERT INTO claim VALUES (?, ?, ?, ?, NULL, ?)",
        [(row, lease.holder, attempt, lease.until, place) for row, attempt, place in claims],
    )


def take(connection: sqlite3.Connection, row: int, lease: Lease) -> Claim | None:
    """The claim of a message that is in the ledger, when somebody of it waits and nobody has it."""
    found = connection.execute(_FREE, (row,)).fetchone()
    if not found:
        return None
    key, message_id, sender, smtputf8, attempts = found
    recipients = tables.read_recipients(connection, row)
    waiting = tuple(address for address, columns in recipients.values() if columns[0] in WAITING)
    octets = tables.read_content(connection, row) if waiting else None
    if octets is None:
        return None
    add_claims(connection, [(row, attempts + 1, None)], lease)
    known = {address: outcome_of(columns) for address, columns in recipients.values() if columns[0] not in WAITING}
    return Claim(
        lease.holder,
        row,
        key,
        Message(octets, Envelope(sender, waiting, bool(smtputf8)), message_id),
        attempts + 1,
        {address: outcome for address, outcome in known.items() if outcome},
        {address: place for place, (address, _) in recipients.items()},
    )


def due_rows(connection: sqlite3.Connection, by: float, limit: int) -> list[int]:
    """The messages that are due by a time and that nobody has, the first due first."""
    return [row for (row,) in connection.execute(_DUE, (by, limit))]


def mark_note(claim: Claim, taken: Sequence[str], known: Mapping[str, Outcome]) -> Note:
    """The note that a claim is about to go out to those."""
    said = [[claim.places[address]] for address in taken]
    if known:
        said += _rows(claim, known)
    return Note(claim.row, claim.attempt, DOT, int(time.time()), None, said)


def answer_note(settled: Settled) -> Note:
    """The note of what became of a claim."""
    claim, outcomes, due = settled
    states: set[str] = {outcome.state for outcome in outcomes.values()}
    if claim.known:
        states.update(outcome.state for outcome in claim.known.values())
    if len(outcomes) < len(claim.message.envelope.recipients):
        states.add("queued")
    phase = CLOSED if states.isdisjoint(OPEN) else OPEN_STILL
    due = None if states.isdisjoint(WAITING) else due
    return Note(claim.row, claim.attempt, phase, int(time.time()), due, _rows(claim, outcomes))


def keep_long(connection: sqlite3.Connection, note: Note, holder: int) -> bool:
    """Keep a note that is too long for the file; False when the claim is not this holder's any more."""
    statement = "UPDATE claim SET note = ? WHERE message = ? AND holder = ?"
    return connection.execute(statement, (note.text, note.row, holder)).rowcount > 0


def post(connection: sqlite3.Connection, notes: Sequence[Note], holder: int, kept: Kept) -> None:
    """Carry answers over to the recipients, and end their claims. When somebody took the messages from us since we were
    slow, what we know for sure is still worth more than a doubt."""
    if not notes:
        return
    claims = [(note.row, holder) for note in notes]
    ended = connection.executemany("DELETE FROM claim WHERE message = ? AND holder = ?", claims)
    if ended.rowcount == len(notes):
        _carry_over(connection, notes, kept)
    else:
        for note in notes:
            end_doubt(connection, note)


def end_doubt(connection: sqlite3.Connection, note: Note) -> None:
    """An answer that comes late: it holds for those who are uncertain.

    When there was another attempt since, the doubt is about that one, and only a yes ends it.
    """
    found = connection.execute("SELECT attempts FROM message WHERE id = ?", (note.row,)).fetchone()
    known = columns_of(note, _AT_DOT).items()
    same = found is not None and found[0] == note.attempt
    tables.end_doubt(connection, note.row, [one for one in known if same or one[1][0] == "accepted"])


def give_back(connection: sqlite3.Connection, ledger: Path, claims: Iterable[Claim]) -> None:
    """End claims of messages that were not tried."""
    for claim in claims:
        mine = claim.row, claim.holder
        for (place,) in connection.execute("SELECT place FROM claim WHERE message = ? AND holder = ?", mine).fetchall():
            connection.execute("DELETE FROM claim WHERE message = ?", (claim.row,))
            places = {} if place is None else {claim.row: place}
            _wait_again(connection, [claim.row], Kept(octets_of(ledger, claim.holder), places))


def keep_octets(connection: sqlite3.Connection, ledger: Path, holder: int) -> None:
    """Bring all octets that a holder keeps into the tables."""
    mine = "WHERE holder = ? AND place IS NOT NULL"
    places = dict(connection.execute(f"SELECT message, place FROM claim {mine}", (holder,)).fetchall())
    _wait_again(connection, places, Kept(octets_of(ledger, holder), places))
    connection.execute(f"UPDATE claim SET place = NULL {mine}", (holder,))


def read_octets_of(connection: sqlite3.Connection, ledger: Path, row: int) -> bytes | None:
    """The octets of a message, wherever they are kept; None when they are not.

    :raises LedgerError: they are not those that were queued.
    """
    found = connection.execute(_KEPT, (row,)).fetchone()
    if found is None:
        return tables.read_content(connection, row)
    holder, place, size, digest = found
    return tables.checked(read_octets(octets_of(ledger, holder), place, size), digest)


def _wait_again(connection: sqlite3.Connection, rows: Iterable[int], kept: Kept) -> None:
    """These messages were not tried. Those that are new wait from now on, the others as before."""
    tables.let_wait(connection, move_octets(connection, rows, kept), time.time())


def move_octets(connection: sqlite3.Connection, rows: Iterable[int], kept: Kept) -> list[int]:
    """Bring octets of these messages that a holder keeps into the tables; of which messages that were."""
    found = []
    for row in rows:
        if row in kept.places:
            digest, size = connection.execute("SELECT digest, size FROM message WHERE id = ?", (row,)).fetchone()
            octets = read_octets(kept.path, kept.places[row], size)
            if hashlib.sha256(octets).digest() == digest:
                found.append((row, digest, octets))
            else:  # somebody took the file away
                tables.give_up(connection, row, _GONE)
    tables.keep_contents(connection, found)
    return [row for row, _, _ in found]


def _carry_over(connection: sqlite3.Connection, notes: Sequence[Note], kept: Kept) -> None:
    said = ((note.row, columns_of(note, _DOUBT)) for note in notes)
    tables.write_outcomes(connection, [(row, *one) for row, known in said for one in known.items()])
    connection.executemany(
        "UPDATE message SET attempts = attempts + 1, due = ?, changed = ? WHERE id = ?",
        [(note.due, note.at, note.row) for note in notes],
    )
    tables.drop_contents(connection, [one.row for one in notes if one.phase == CLOSED and one.row not in kept.places])
    move_octets(connection, [one.row for one in notes if one.phase != CLOSED], kept)
    for note in notes:
        if note.phase == DOT:
            tables.summarize(connection, note.row)


def find_lapsed(connection: sqlite3.Connection, now: float) -> set[int]:
    """The holders that have ended, and those of whom a claim is over its time."""
    holders = {row: Holder(*rest) for row, *rest in connection.execute("SELECT id, place, pid, born FROM holder")}
    claims = connection.execute("SELECT holder, min(until) FROM claim GROUP BY holder")
    late = {holder for holder, until in claims if until <= now or holder not in holders}
    return late.union(row for row, holder in holders.items() if holder.gone)


def forget(connection: sqlite3.Connection, holders: Iterable[int]) -> None:
    """These holders have no claims, nor files: they come to an end. Who is stopped before leaves them to the next."""
    connection.executemany("DELETE FROM holder WHERE id = ?", [(holder,) for holder in holders])


def lapse(connection: sqlite3.Connection, ledger: Path, holders: Iterable[int]) -> int:
    """Take all claims from holders; how many. What was at the final dot is uncertain, what was not waits again."""
    number = 0
    for holder in holders:
        path = notes_of(ledger, holder)
        forbid(path)
        notes = read_notes(path)
        rows = [_Row(*row) for row in connection.execute(f"{_ALL} WHERE holder = ?", (holder,))]
        kept = Kept(octets_of(ledger, holder), {row.message: row.place for row in rows if row.place is not None})
        said = [_said(connection, row, notes) for row in rows]
        connection.execute("DELETE FROM claim WHERE holder = ?", (holder,))
        _carry_over(connection, [note for note in said if note], kept)
        _wait_again(connection, [row.message for row, note in zip(rows, said, strict=True) if not note], kept)
        number += len(rows)
    return number


def _said(connection: sqlite3.Connection, row: _Row, notes: Mapping[tuple[int, int], Note] | None) -> Note | None:
    """What was last said of a claim. Where its note cannot be read, whoever waited may have got the message."""
    note = None if notes is None else row.latest(notes)
    if notes is not None and (note is None or note.said is not None):
        return note
    recipients = tables.read_recipients(connection, row.message)
    said = [[place] for place, (_, columns) in recipients.items() if columns[0] in WAITING]
    return Note(row.message, row.attempt, DOT, int(row.until), None, said)


def read_claims(
    connection: sqlite3.Connection, ledger: Path, rows: Sequence[int] | None = None
) -> dict[int, tuple[int, dict[int, Columns]]]:
    """By message, of all or of some dozens: the phase of its claim, and what was said of its recipients, by place.

    All the notes of a process are read for one of its claims, so that claims are asked for together.
    """
    which = "" if rows is None else f" WHERE message IN ({', '.join('?' * len(rows))})"
    claims = defaultdict(list)
    for found in connection.execute(f"{_ALL}{which}", rows or ()):
        claims[found[1]].append(_Row(*found))
    said: dict[int, tuple[int, dict[int, Columns]]] = {}
    for holder, held in claims.items():
        notes = read_notes(notes_of(ledger, holder)) or {}
        for one in held:
            note = one.latest(notes)
            said[one.message] = (note.phase, columns_of(note, _AT_DOT)) if note else (CLAIMED, {})
    return said


def _rows(claim: Claim, outcomes: Mapping[str, Outcome]) -> list[list[Any]]:
    return [[claim.places[address], *row_of(outcome)] for address, outcome in outcomes.items()]
