"""This process in a ledger: its number, its notes, and what it noted that is not yet in the tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailtemplates.ledger.holder import Holder
from mailtemplates.ledger.leasetable import Kept, notes_of, octets_of
from mailtemplates.ledger.letter import Claim
from mailtemplates.ledger.notefile import Note, NoteFile
from mailtemplates.ledger.octetfile import OctetFile


@dataclass(slots=True)
class Desk:
    """Used by one thread at a time.

    :param number: of the holder; no other ever gets it.
    :ivar held: by row, the attempt of each message that it has.
    :ivar places: by row, where in the file of octets those of a message are, of messages that it was the first to have.
    :ivar answered: by row, the notes that are to be carried over to the tables.
    """

    number: int
    notes: NoteFile
    octets: OctetFile
    process: int = field(default_factory=os.getpid)
    held: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    answered: dict[int, Note] = field(default_factory=dict)

    @classmethod
    def open(cls, connection: sqlite3.Connection, ledger: Path, *, lasting: bool) -> Desk:
        """A new holder, in a transaction of the ledger."""
        cursor = connection.execute("INSERT INTO holder (place, pid, born) VALUES (?, ?, ?)", Holder.here())
        number = cursor.lastrowid
        assert number is not None
        notes = NoteFile(notes_of(ledger, number), lasting=lasting)
        return cls(number, notes, OctetFile(octets_of(ledger, number), lasting=lasting))

    @property
    def usable(self) -> bool:
        """Whether it is this process's, and nobody took its messages from it."""
        return self.process == os.getpid() and self.notes.goes_on

    @property
    def kept(self) -> Kept:
        """The octets that it keeps."""
        return Kept(self.octets.path, self.places)

    def has(self, *claims: Claim) -> bool:
        """Whether claims are of this desk, and were not given back: not of an earlier desk, nor of a parent process."""
        if self.process != os.getpid():
            return False
        return not [one for one in claims if one.holder != self.number or self.held.get(one.row) != one.attempt]

    def hold(self, claims: Iterable[Claim], places: Mapping[int, int]) -> None:
        """These are ours now; and where the octets of those are that it keeps."""
        self.held.update([(claim.row, claim.attempt) for claim in claims])
        self.places.update(places)

    def begin_anew(self) -> None:
        """The octets of all messages are in the tables."""
        self.places.clear()
        self.octets.empty()

    def forget(self, row: int) -> None:
        """A message was given back, or what was answered is in the tables."""
        self.held.pop(row, None)
        self.places.pop(row, None)
        self.answered.pop(row, None)
        self.notes.forget(row)

    def close(self) -> None:
        """Let go of its files, which tell others what it had."""
        self.notes.close()
        self.octets.close()

    def remove(self) -> None:
        """It has nothing any more: take its files away."""
        self.notes.remove()
        self.octets.remove()
