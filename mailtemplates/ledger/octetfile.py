"""The octets of messages that a process is about to send, in a file of its own beside the ledger.

Most messages are accepted at once, and nobody asks for their octets again. So they are written one after the other,
and the place is used again; only those of messages that go on waiting come into the ledger's tables.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

_FULL = 4 << 20


class OctetFile:
    """The file of this process, made when something is kept. Used by one thread at a time.

    :param lasting: wait for the disk when something is kept.
    """

    def __init__(self, path: Path, *, lasting: bool) -> None:
        self.path = path
        self._lasting = lasting
        self._file: int | None = None
        self._end = 0

    @property
    def full(self) -> bool:
        """Whether it is time to begin anew, see :meth:`empty`."""
        return self._end >= _FULL

    def keep(self, contents: Mapping[bytes, bytes]) -> dict[bytes, int]:
        """Keep octets by their digests; where they are. They are in the system's hands on return.

        :raises OSError: they cannot be written.
        """
        places: dict[bytes, int] = {}
        end = self._end
        for digest, octets in contents.items():
            places[digest] = end
            end += len(octets)
        self._write(b"".join(contents.values()))
        self._end = end
        return places

    def _write(self, octets: bytes) -> None:
        if self._file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, flags, 0o600)
        os.lseek(self._file, self._end, os.SEEK_SET)
        left = memoryview(octets)
        while left:
            written = os.write(self._file, left)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left = left[written:]
        if self._lasting:
            os.fsync(self._file)

    def empty(self) -> None:
        """Nobody wants what was kept any more."""
        if self._file is not None and self._end > 2 * _FULL:
            os.ftruncate(self._file, _FULL)
        self._end = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """Let go of the file, and take it away."""
        self.close()
        self.path.unlink(missing_ok=True)


def read_octets(path: Path, place: int, size: int) -> bytes:
    """So many octets of a file, from a place; fewer when it has no more, or is not there."""
    try:
        with path.open("rb") as file:
            file.seek(place)
            return file.read(size)
    except FileNotFoundError:
        return b""
