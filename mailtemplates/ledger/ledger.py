"""The ledger: what is to be sent and what became of it, on disk before anything can be doubted.

Its public face (a sender that uses it is :mod:`mailtemplates.outbox.outbox`)::

    ledger = Ledger("outbox.db")
    ledger.queue([Letter("order-1", message)])       # kept with its octets; sent by nobody yet
    claims, entries = ledger.claim(letters)          # those that are ours to send; what is known of the others
    ledger.mark(claim, taken, known, done)           # durable, then the final dot may go out
    ledger.settle([Settled(claim, outcomes, due)])   # outcomes of claims
    ledger.entry(key), ledger.entries("uncertain")   # what is known
    ledger.resolve(key, "sent" or "resend")          # what a person found out about the uncertain

A message goes ``queued → claimed → dot → accepted | deferred | failed | uncertain``; each recipient has its own
outcome. A key is in the ledger once: whoever comes with it again finds what is known. A claim is a lease: when its
process has ended or the time is over, what was ``claimed`` waits again, and what was at the ``dot`` is ``uncertain``,
which nobody sends again by himself. Octets are kept by their SHA-256 until nobody waits for them, so what is sent
later is what was queued.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Literal

from mailtemplates.closing import Closing
from mailtemplates.delivery.outcome import Accepted, Outcome
from mailtemplates.errors import SettingsError
from mailtemplates.ledger import leasetable as leases
from mailtemplates.ledger import tables as tables
from mailtemplates.ledger.desk import Desk
from mailtemplates.ledger.entry import Entry, State, row_of
from mailtemplates.ledger.file import LedgerFile
from mailtemplates.ledger.keyindex import KeyIndex
from mailtemplates.ledger.letter import Claim, Letter, Settled
from mailtemplates.ledger.notefile import Note
from mailtemplates.ledger.reading import count_states, read_entries, read_some

LEASE = 900.0
"""Seconds that a claim lasts; more than a server may take for the final dot (RFC 5321 §4.5.3.2.6)."""

_CHUNK = 256
"""Messages that are queued in one transaction."""

_RENEW = "UPDATE claim SET until = ? WHERE message = ? AND holder = ?"


class Ledger(Closing):
    """A ledger in a file. Safe between threads and processes; close it, or use it as a context manager.

    :param lease: seconds that a claim lasts; also an attribute.
    :param power_safe: wait for the disk at every change, so that also a loss of power loses nothing. Without it, the
        ledger outlives any end of the process.
    :raises LedgerError: the file cannot be opened, or is no ledger.
    """

    def __init__(self, path: str | Path, *, lease: float = LEASE, power_safe: bool = False) -> None:
        self.path = Path(path)
        self._file = LedgerFile(self.path, power_safe=power_safe)
        self.lease = lease
        self._power_safe = power_safe
        self._desk: Desk | None = None
        self._keys = KeyIndex()

    def queue(self, letters: Iterable[Letter]) -> int:
        """Keep messages to be sent later; how many were new. A key that is known stays as it is.

        :raises AddressError: an envelope that nobody could mean; some of those before it are kept.
        :raises SettingsError: a key that cannot be one.
        """
        checked = (letter.check() for letter in letters)
        new = 0
        while chunk := list(islice(checked, _CHUNK)):
            with self._file.writing() as connection:
                now = time.time()
                entered, _ = self._enter(connection, chunk, now)
                wanted = [(one.row, one.digest, one.letter.message.octets) for one in entered if one.letter.waiting]
                tables.keep_contents(connection, wanted)
                tables.let_wait(connection, [row for row, _, _ in wanted], now)
                new += len(entered)
        return new

    def claim(self, letters: Iterable[Letter]) -> tuple[list[Claim], list[Entry]]:
        """Keep messages and take them to be sent at once. A key that is known is taken when somebody of it waits.

        :param letters: some dozens: they are kept in one transaction.
        :returns: the claims, with the octets that were queued first, and the entries of the others.
        :raises AddressError: an envelope that nobody could mean; nothing of the call is kept then.
        :raises SettingsError: a key that cannot be one.
        """
        return self.claim_checked([letter.check() for letter in letters])

    def claim_checked(self, letters: Sequence[Letter]) -> tuple[list[Claim], list[Entry]]:
        """See :meth:`claim`; of letters that were checked before."""
        with self._file.held():
            with self._claiming() as (connection, desk, lease):
                entered, rows = self._enter(connection, letters, lease.now)
                new = {one.letter.key: one for one in entered if one.letter.waiting}
                places = desk.octets.keep({one.digest: one.letter.message.octets for one in new.values()})
                held = {one.row: places[one.digest] for one in new.values()}
                leases.add_claims(connection, [(row, 1, place) for row, place in held.items()], lease)
                claims, others = [one.letter.claim(one.row, lease.holder) for one in new.values()], []
                for row in [rows[letter.key] for letter in letters if new.pop(letter.key, None) is None]:
                    claim = leases.take(connection, row, lease)
                    if claim:
                        claims.append(claim)
                    else:
                        others.append(row)
                entries = list(read_some(connection, self.path, others))
            desk.hold(claims, held)
            return claims, entries

    def _enter(
        self, connection: sqlite3.Connection, letters: Sequence[Letter], now: float
    ) -> tuple[list[tables.Entered], dict[str, int]]:
        """Enter letters whose keys are new, the first of each; and the rows of all by key."""
        rows = self._keys.find(connection, [letter.key for letter in letters])
        self._keys.tidy(connection)
        new: dict[str, Letter] = {}
        for letter in letters:
            if letter.key not in rows:
                new.setdefault(letter.key, letter)
        entered = tables.enter(connection, new.values(), now)
        rows.update((one.letter.key, one.row) for one in entered)
        return entered, rows

    def claim_waiting(self, limit: int, *, keys: Sequence[str] | None = None, by: float | None = None) -> list[Claim]:
        """Take messages of the ledger that wait.

        :param keys: those, whenever they are due; without it the ones that are due first.
        :param by: seconds since 1970; what is due by then, instead of by now.
        """
        with self._file.held():
            with self._claiming() as (connection, desk, lease):
                if keys is None:
                    rows = leases.due_rows(connection, lease.now if by is None else by, limit)
                else:
                    known = self._keys.find(connection, keys[:limit])
                    rows = [known[key] for key in dict.fromkeys(keys[:limit]) if key in known]
                found = [leases.take(connection, row, lease) for row in rows]
            claims = [claim for claim in found if claim is not None]
            desk.hold(claims, {})
            return claims

    def mark(
        self, claim: Claim, taken: Sequence[str], known: Mapping[str, Outcome], done: Sequence[Settled] = ()
    ) -> bool:
        """Write down that a message is about to go out to those, and what is known of others; durable on return.

        :param done: outcomes of messages before it, which are written with it.
        :returns: False when the claim is not ours any more: then the message must not go out.
        """
        with self._file.held():
            note, desk = leases.mark_note(claim, taken, known), self._desk
            if desk and desk.has(claim, *[settled.claim for settled in done]):
                answers = [leases.answer_note(settled) for settled in done]
                ours = self._write(desk, note, answers)
                if ours:
                    desk.answered.update([(answer.row, answer) for answer in answers])
                    return True
            self.settle(done)
            return self._note(claim, note)

    def settle(self, done: Iterable[Settled]) -> None:
        """Write down what became of claims; durable on return."""
        with self._file.held():
            for settled in done:
                note = leases.answer_note(settled)
                if self._note(settled.claim, note):
                    self._desk.answered[note.row] = note  # type: ignore[union-attr]
                else:
                    with self._file.writing() as connection:
                        leases.end_doubt(connection, note)

    def renew(self, claims: Iterable[Claim]) -> list[Claim]:
        """Begin the time of these claims anew; those of them that are still ours."""
        until = time.time() + self.lease
        with self._file.writing() as connection:
            return [claim for claim in claims if connection.execute(_RENEW, (until, claim.row, claim.holder)).rowcount]

    def release(self, claims: Iterable[Claim] = ()) -> None:
        """Give back claims that were not tried, so that they wait again; and bring all that was settled in order."""
        given = list(claims)
        with self._file.held():
            with self._posted() as connection:
                leases.give_back(connection, self.path, given)
            for claim in given:
                if self._desk and self._desk.has(claim):
                    self._desk.forget(claim.row)

    def recover(self) -> int:
        """Take from processes that have ended, or whose time is over, what they held; how many messages that were.

        What was claimed waits again; what was at the final dot is uncertain.
        """
        with self._file.looking() as connection:
            if not leases.find_lapsed(connection, time.time()):
                return 0
        with self._posted() as connection:
            lapsed = leases.find_lapsed(connection, time.time())
            number = leases.lapse(connection, self.path, lapsed)
        for holder in lapsed:
            leases.notes_of(self.path, holder).unlink(missing_ok=True)
            leases.octets_of(self.path, holder).unlink(missing_ok=True)
        with self._file.writing() as connection:
            leases.forget(connection, lapsed)
        return number

    def resolve(self, key: str, found: Literal["sent", "resend"], addresses: Iterable[str] | None = None) -> int:
        """Write down what a person found out about uncertain recipients; how many of them there were.

        :param found: ``sent``: they have the message; ``resend``: they have not, so that it waits again.
        :param addresses: those only; all that are uncertain when not given.
        :raises SettingsError: the ledger has no such key.
        """
        columns = row_of(Accepted("a person says that it was sent")) if found == "sent" else tables.QUEUED
        wanted = None if addresses is None else set(addresses)
        with self._posted() as connection:
            row = self._keys.find(connection, [key]).get(key)
            if row is None:
                raise SettingsError(f"the ledger {self.path} has no key {key!r}", cure="mailtpl outbox list shows them")
            known = tables.read_recipients(connection, row)
            places = [place for place, (address, _) in known.items() if wanted is None or address in wanted]
            return tables.end_doubt(connection, row, [(place, columns) for place in places])

    def entry(self, key: str) -> Entry | None:
        """What is known of a key; None when it is not in the ledger."""
        with self._file.looking() as connection:
            row = self._keys.find(connection, [key]).get(key)
            return None if row is None else next(read_some(connection, self.path, [row]))

    def entries(self, *states: State) -> Iterator[Entry]:
        """The entries, those with a recipient in one of these states when some are given, in the order they came.

        They are read as they are taken, so a ledger of any size needs little memory.
        """
        with self._file.reading() as connection:
            yield from read_entries(connection, self.path, states)

    def counts(self) -> dict[str, int]:
        """How many recipients are in each state that there is."""
        with self._file.reading() as connection:
            return count_states(connection, self.path)

    def octets(self, key: str) -> bytes | None:
        """The octets of a message; None when nobody waits for them any more, or there is no such key.

        :raises LedgerError: they are not those that were queued.
        """
        with self._file.writing() as connection:  # whoever has it cannot write over them meanwhile
            row = self._keys.find(connection, [key]).get(key)
            return None if row is None else leases.read_octets_of(connection, self.path, row)

    def close(self) -> None:
        """Let go of the file. A ledger that is used again opens it anew."""
        with self._file.held():
            desk, self._desk = self._desk, None
            if desk and desk.usable:
                self._leave(desk)
            elif desk:
                desk.close()
            self._keys = KeyIndex()
            self._file.close()

    def _leave(self, desk: Desk) -> None:
        """Bring in order what was settled; a desk that still has messages is left to be recovered."""
        with self._file.writing() as connection:
            leases.post(connection, list(desk.answered.values()), desk.number, desk.kept)
            held = connection.execute("SELECT 1 FROM claim WHERE holder = ?", (desk.number,)).fetchone()
        if held:
            desk.close()
            return
        desk.remove()
        with self._file.writing() as connection:
            leases.forget(connection, [desk.number])

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"

    @contextmanager
    def _posted(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which what was settled is in the tables."""
        with self._file.held():
            desk = self._desk if self._desk and self._desk.usable else None
            notes = list(desk.answered.values()) if desk else []
            with self._file.writing() as connection:
                if desk:
                    leases.post(connection, notes, desk.number, desk.kept)
                yield connection
            for note in notes:
                desk.forget(note.row)  # type: ignore[union-attr]

    @contextmanager
    def _claiming(self) -> Iterator[tuple[sqlite3.Connection, Desk, leases.Lease]]:
        """The same, for a desk from which nobody can take anything before the transaction is over."""
        while True:
            desk, lease = self._lease()
            with self._posted() as connection:
                if desk.usable:
                    yield connection, desk, lease
                    return

    def _lease(self) -> tuple[Desk, leases.Lease]:
        """The desk of this process, with room for more octets, and the terms on which it has messages from now on."""
        with self._file.held():
            if self._desk is None or not self._desk.usable:
                with self._file.writing() as connection:
                    desk = Desk.open(connection, self.path, lasting=self._power_safe)
                if self._desk:
                    self._desk.close()
                self._desk = desk
            elif self._desk.octets.full:
                with self._posted() as connection:
                    leases.keep_octets(connection, self.path, self._desk.number)
                self._desk.begin_anew()
            now = time.time()
            return self._desk, leases.Lease(self._desk.number, now, now + self.lease)

    def _note(self, claim: Claim, note: Note) -> bool:
        """Write a note of a claim; False when it is not ours any more."""
        desk = self._desk
        if desk is None or not desk.has(claim):
            return False
        ours = self._write(desk, note)
        if ours is not None:
            return ours
        with self._file.writing() as connection:
            return leases.keep_long(connection, note, desk.number)

    def _write(self, desk: Desk, note: Note, others: Sequence[Note] = ()) -> bool | None:
        """See :meth:`~mailtemplates.ledger.notefile.NoteFile.write`."""
        try:
            return desk.notes.write(note, others)
        except OSError as error:
            raise self._file.error(error) from error
