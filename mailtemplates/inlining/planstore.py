"""Engines' answers on disk, so that a new process need not start an engine.

One file an answer, in a folder that may be deleted at any time and that many processes may use at once. A file
begins with the digest of its key and its answer: one that is damaged, or stands under another's name, is no answer.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from mailtemplates.digest import digest_of
from mailtemplates.pattern import pattern

_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_DIGEST = 64
_KEY = pattern(r"[0-9a-f]{16,128}")


class FileStore:
    """Keeps up to about ``limit`` answers in ``folder``, which is made when the first one comes; the oldest leave."""

    def __init__(self, folder: Path, limit: int = 1000, suffix: str = ".json") -> None:
        self._folder = folder
        self._limit = limit
        self._suffix = suffix

    def get(self, key: str) -> bytes | None:
        """The bytes kept under ``key`` (hexadecimal digits); None when there are none, or not those that were put."""
        try:
            octets = self._path(key).read_bytes()
        except OSError:
            return None
        value = octets[_DIGEST:]
        return value if octets[:_DIGEST] == _digest(key, value) else None

    def put(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key``: whole or not at all. Does nothing where the folder cannot be written."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._folder / f"{key[:16]}-{os.getpid()}-{get_ident()}-{time.time_ns()}.new"
            try:
                with os.fdopen(os.open(new, _NEW, 0o600), "wb") as file:
                    file.write(_digest(key, value) + value)
                new.replace(self._path(key))
            finally:
                new.unlink(missing_ok=True)
            if key[0] == "0":
                self._prune()

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a key: hexadecimal digits are wanted")
        return self._folder / f"{key}{self._suffix}"

    def _prune(self) -> None:
        """Remove the oldest files over the limit, and what a process left behind when it was stopped."""
        aged = []
        for entry in os.scandir(self._folder):
            with suppress(OSError):
                aged.append((entry.stat().st_mtime, entry.path))
        for _, path in sorted(aged)[: -self._limit]:
            Path(path).unlink(missing_ok=True)


def _digest(key: str, value: bytes) -> bytes:
    return digest_of(key.encode(), value).encode()
