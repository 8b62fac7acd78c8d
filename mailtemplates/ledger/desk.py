"""This process in a ledger: its number, its notes, and what it noted that is not yet in the tables."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mailtemplates.ledger.holder import Holder
from mailtemplates.ledger.leasetable import notes_of
from mailtemplates.ledger.letter import Claim
from mailtemplates.ledger.notefile import Note, NoteFile


@dataclass(slots=True)
class Desk:
    """Used by one thread at a time.

    :param number: of the holder; no other ever gets it.
    :ivar held: by row, the attempt of each message that it has.
    :ivar answered: by row, the notes that are to be carried over to the tables.
    """

    number: int
    notes: NoteFile
    process: int = field(default_factory=os.getpid)
    held: dict[int, int] = field(default_factory=dict)
    answered: dict[int, Note] = field(default_factory=dict)

    @classmethod
    def open(cls, connection: sqlite3.Connection, ledger: Path, *, lasting: bool) -> Desk:
        """A new holder, in a transaction of the ledger."""
        cursor = connection.execute("INSERT INTO holder (place, pid, born) VALUES (?, ?, ?)", Holder.here())
        assert cursor.lastrowid is not None
        return cls(cursor.lastrowid, NoteFile(notes_of(ledger, cursor.lastrowid), lasting=lasting))

    @property
    def usable(self) -> bool:
        """Whether it is this process's, and nobody took its messages from it."""
        return self.process == os.getpid() and self.notes.goes_on

    def has(self, claim: Claim) -> bool:
        """Whether a claim is of this desk, and was not given back: not of an earlier desk, nor of a parent process."""
        ours = claim.holder == self.number and self.process == os.getpid()
        return ours and self.held.get(claim.row) == claim.attempt

    def hold(self, claims: Iterable[Claim]) -> None:
        """These are ours now."""
        self.held.update((claim.row, claim.attempt) for claim in claims)

    def forget(self, row: int) -> None:
        """A message was given back, or what was answered is in the tables."""
        self.held.pop(row, None)
        self.answered.pop(row, None)
        self.notes.forget(row)
