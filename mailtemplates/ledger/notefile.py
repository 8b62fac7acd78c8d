"""What a process notes of the messages that it has, in a small file of its own beside the ledger.

A transaction before every final dot would cost more than the message. Each message has a block, and what is noted is
one write of one block: that the message goes out, and what became of those before it. It is in the system's hands when
the write returns, whatever becomes of the process then; and the block is used again. Another process
that wants the messages of this one forbids it to go on first (:func:`forbid`): who writes a note looks at that after
the write, so of two processes one always sees the other.
"""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from mailtemplates.ledger.tables import Columns
from mailtemplates.pattern import pattern

BLOCK = 1024
"""Octets that are written at once; a page of memory is a multiple, so that a write of one is never cut in two."""

_GO_ON, _FORBIDDEN = b"0", b"1"
_BEGUN = pattern(rb"\((\d+), (\d+), ")


def _seek_and_write(file: int, octets: bytes, place: int) -> int:
    os.lseek(file, place, os.SEEK_SET)
    return os.write(file, octets)


def _seek_and_read(file: int, count: int, place: int) -> bytes:
    os.lseek(file, place, os.SEEK_SET)
    return os.read(file, count)


_write = getattr(os, "pwrite", _seek_and_write)
_read = getattr(os, "pread", _seek_and_read)


class Note(NamedTuple):
    """What was said of a claim.

    :param phase: a phase of :mod:`mailtemplates.ledger.leasetable`.
    :param at: when, in seconds since 1970; ``due`` is when those who are put off are due.
    :param said: places of recipients with what is known of them; of those at the final dot the place alone. None when
        the note cannot be read: then nobody knows.
    """

    row: int
    attempt: int
    phase: int
    at: int
    due: float | None
    said: Sequence[Sequence[Any]] | None

    @property
    def text(self) -> str:
        """The note as a line of text. It is Python's own notation, which is written three times as fast as JSON."""
        return repr(tuple(self))

    @classmethod
    def read(cls, text: str) -> Note:
        """The note of a line.

        :raises ValueError: it is not whole.
        """
        try:
            return cls(*ast.literal_eval(text))
        except (SyntaxError, TypeError) as error:
            raise ValueError("a note that is not whole") from error


class NoteFile:
    """The notes of this process. Used by one thread at a time.

    :param lasting: wait for the disk at every note.
    """

    def __init__(self, path: Path, *, lasting: bool) -> None:
        self.path = path
        self._lasting = lasting
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        os.write(self._file, _GO_ON)
        self._blocks: dict[int, int] = {}
        self._beside: dict[int, str] = {}
        self._free: list[int] = []

    def write(self, note: Note, others: Sequence[Note] = ()) -> bool | None:
        """Write the note of a message, over an older one of it, and notes of others beside it, which stay there.

        :returns: False when this process may not go on; None when the notes are too long, so that nothing was written.
        :raises OSError: they cannot be written.
        """
        row = note.row
        beside = self._beside.get(row, "")
        for one in others:
            beside += f"{one.text}\n"
        octets = f"{note.text}\n{beside}\n".encode()
        size = len(octets)
        if size > BLOCK:
            return None
        if beside:
            self._beside[row] = beside
        block = self._blocks.get(row)
        if block is None:
            block = self._blocks[row] = self._free.pop() if self._free else len(self._blocks) + 1
        if _write(self._file, octets, block * BLOCK) < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._lasting:
            os.fsync(self._file)
        return self.goes_on

    @property
    def goes_on(self) -> bool:
        """Whether nobody forbade it."""
        return _read(self._file, 1, 0) == _GO_ON

    def forget(self, row: int) -> None:
        """The block of a message is of no use any more, nor are the notes beside its own."""
        self._beside.pop(row, None)
        block = self._blocks.pop(row, None)
        if block is not None:
            self._free.append(block)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def remove(self) -> None:
        """Let go of the file, and take it away."""
        self.close()
        self.path.unlink(missing_ok=True)


def forbid(path: Path) -> None:
    """Forbid the process of these notes to go on. What it noted before can be read then, and nothing counts after."""
    with suppress(FileNotFoundError), path.open("r+b", buffering=0) as file:
        file.write(_FORBIDDEN)


def read_notes(path: Path) -> dict[tuple[int, int], Note] | None:
    """The last notes by row and attempt, old ones among them; None when there is no such file."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return None
    found: dict[tuple[int, int], Note] = {}
    for start in range(BLOCK, len(octets), BLOCK):
        for note in _notes(octets[start : start + BLOCK]):
            of = note.row, note.attempt
            found[of] = latest(note, found.get(of, note))
    return found


def latest(*notes: Note) -> Note:
    """Of notes about one attempt the last; one that can be read, when they are about the same phase."""
    return max(notes, key=lambda note: (note.phase, note.said is not None, note.at))


def _notes(block: bytes) -> Iterator[Note]:
    for line in block.split(b"\n"):
        try:
            yield Note.read(line.decode())
        except ValueError:  # the end; or it is read while it is written, over older notes
            begun = _BEGUN.match(line)
            if begun:
                yield Note(int(begun[1]), int(begun[2]), 1, 0, None, None)
            return


def columns_of(note: Note, at_dot: Columns) -> dict[int, Columns]:
    """What a note says, by place; ``at_dot`` of those at the final dot."""
    return {place: tuple(columns) or at_dot for place, *columns in note.said or ()}
